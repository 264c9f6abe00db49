// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Glibc
internal import Processes

/// A real server in a folder of the test's own, on free loopback ports, ended by its own process id with the last owner.
package final class OwnServer: Sendable {
    package let folder: TemporaryFolder
    /// By what each port is for: `tls`, `imap` …
    package let ports: [String: UInt16]
    /// Its configuration: a file, or with Postfix a folder.
    package let configuration: String
    /// Argv that makes what lies in the files live; a script of the test's own that can be told to lie, or to fail.
    package let reload: [String]
    /// Where it keeps its process id, on the first line.
    private let pidFile: String
    private let start: [String]
    private let address: UInt32

    /// - Parameter address: at which it listens.
    init(
        in folder: TemporaryFolder, ports: [String: UInt16], configuration: String, pidFile: String, start: [String],
        reload: [String], address: String = "127.0.0.1"
    ) throws {
        self.address = inet_addr(address)
        (self.folder, self.ports, self.configuration) = (folder, ports, configuration)
        (self.pidFile, self.start) = (pidFile, start)
        let words = reload.map { "'\($0)'" }.joined(separator: " ")
        self.reload = [
            try folder.write(
                """
                #!/bin/sh
                echo reload >>'\(folder.file("reloads"))'
                if [ -e '\(folder.file("lie"))' ]; then exit 0; fi
                if [ -e '\(folder.file("fail"))' ]; then echo 'told to fail' >&2; exit 1; fi
                if [ -e '\(folder.file("hang"))' ]; then exec sleep 600; fi
                exec \(words)

                """, to: "reload", mode: 0o755)
        ]
        // Servers give up root and must still reach what is theirs.
        chmod(folder.path, 0o711)
    }

    deinit { stop() }

    package enum Behaviour: String, Sendable { case lie, fail, hang }

    /// From now on the reload returns 0 and does nothing, or returns 1, or never returns.
    package func reloads(by behaviour: Behaviour) throws { try folder.write("", to: behaviour.rawValue) }
    package func reloadsAgain() {
        for behaviour in [Behaviour.lie, .fail, .hang] { unlink(folder.file(behaviour.rawValue)) }
    }

    /// Of a place with blanks, quotes and signs in its name.
    package static let oddName = "it's an odd name; (100%)"

    package var reloads: Int { (try? folder.readText("reloads").split(separator: "\n").count) ?? 0 }

    package func begin() async throws {
        try await run(start)
        try await eventually(within: .seconds(60), "the server listens") { ports.values.allSatisfy(isListening) }
    }

    /// nil unless it is ours: a pid file that a crash has left could name somebody else by now.
    package var processID: Int32? {
        guard let text = try? String(contentsOfFile: pidFile, encoding: .utf8),
            let pid = Int32(text.split(separator: "\n").first?.filter { $0 != " " } ?? ""), pid > 1
        else { return nil }
        let title = (try? String(contentsOfFile: "/proc/\(pid)/cmdline", encoding: .utf8)) ?? ""
        let place = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/cwd")) ?? ""
        return title.contains(folder.path) || place.hasPrefix(folder.path) ? pid : nil
    }

    package func stop() {
        guard let pid = processID else { return }
        kill(pid, SIGTERM)
        // It is no child of ours that could be waited for: five seconds, then it is ended.
        for _ in 0..<500 where kill(pid, 0) == 0 { usleep(10_000) }
        kill(pid, SIGKILL)
    }

    package func edit(_ name: String, _ change: (String) -> String) throws {
        try folder.write(change(try folder.readText(name)), to: name)
    }

    private func isListening(_ port: UInt16) -> Bool {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard socket >= 0 else { return false }
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = self.address
        address.sin_port = port.bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    /// Where the first of these programs is; nil: not installed.
    package static func program(_ paths: String...) -> String? { paths.first { access($0, X_OK) == 0 } }
}
