// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Foundation
internal import Synchronization

/// Looks all the time, while something goes on, whether private keys are to be seen where every user of a machine may look: in the
/// arguments of processes (what `ps` shows) and in their environments.
package final class KeyWatch: Sendable {
    private let needles: [Data]
    private let state = Mutex(State())

    private struct State {
        var rounds = 0
        var isOver = false
        var found: Set<String> = []
    }

    /// - Parameter keys: PEM. Sought are the lines of their body, and the bytes that those are: also in hex, with any case.
    package init(_ keys: [String]) { needles = keys.flatMap(Self.needles) }

    private static func needles(of key: String) -> [Data] {
        let lines = key.split(separator: "\n").filter { !$0.hasPrefix("-----") }
        // Of PKCS#8 with P-256 the first line is the same in every key up to its last letters, and the third is public: sought is the second.
        let body = Data(base64Encoded: lines.joined()) ?? Data()
        let secret = body.count > 68 ? body[36..<68] : body
        let hex = secret.map { (($0 < 16) ? "0" : "") + String($0, radix: 16) }.joined()
        return lines.dropFirst().prefix(1).map { Data($0.utf8) } + [
            secret, Data(hex.utf8), Data(hex.uppercased().utf8),
        ]
    }

    /// How often all processes were looked at.
    package var rounds: Int { state.withLock { $0.rounds } }

    /// What holds one of the keys: `/proc/PID/cmdline: PROGRAM`.
    package func found<Value>(during body: () async throws -> Value) async rethrows -> (Value, Set<String>) {
        let thread = Thread { [self] in
            while state.withLock({ !$0.isOver }) {
                look()
                // Nothing tells of a process that begins: looked at as often as leaves the machine to what is watched.
                usleep(2_000)
            }
        }
        thread.start()
        defer { state.withLock { $0.isOver = true } }
        let value = try await body()
        return (value, state.withLock { $0.found })
    }

    private func look() {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        for process in names where process.allSatisfy(\.isNumber) {
            for name in ["cmdline", "environ"] {
                let path = "/proc/\(process)/\(name)"
                guard let content = FileManager.default.contents(atPath: path), holdsKey(content) else { continue }
                let program = (try? String(contentsOfFile: "/proc/\(process)/comm", encoding: .utf8)) ?? "?"
                state.withLock { _ = $0.found.insert("\(path): \(program)") }
            }
        }
        state.withLock { $0.rounds += 1 }
    }

    /// Whether one of the keys is in these bytes.
    package func holdsKey(_ content: Data) -> Bool { needles.contains { content.range(of: $0) != nil } }

    /// Regular files below a folder that hold one of the keys, as paths below it.
    package func files(below root: String) -> [String] {
        let all = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
        return all.filter { name in
            let path = root + "/" + name
            guard let kind = try? FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType,
                kind == .typeRegular, let content = FileManager.default.contents(atPath: path)
            else { return false }
            return holdsKey(content)
        }.sorted()
    }
}
