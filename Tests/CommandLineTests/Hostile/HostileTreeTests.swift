// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Processes
import TestKit
import Testing

/// The built binary's `validate` on each, with a limit of 1 GB and of 5 s.
@Suite("A hostile or mistaken tree") struct HostileTreeTests {
    private struct Verdict: Sendable {
        var tree: HostileTree
        var code: Int32?
        var status: String
        var errors: [UInt8]
    }

    @Test("is refused at its place and in words, within its limits, without moving anybody's cursor")
    func refused() async throws {
        let folder = try TemporaryFolder("hostile")
        let authority = try await CertificateAuthority(in: folder)
        var keys: [String] = []
        for name in ["recorder", "alice", "bob"] { keys.append(try await SSHKey(name, in: folder).key) }
        let (shop, other) = (try await authority.issue("shop", days: 30), try await authority.issue("other", days: 30))
        let trees = HostileTree.all(shop, other: other, keys: keys)
        #expect(trees.count >= 200)

        let repository = folder.file("repository.git")
        try await run("git", "init", "-q", "--bare", "-b", "main", repository)
        var stream = WrittenTree.good(shop, keys: keys).stream("main")
        for (place, hostile) in trees.enumerated() { stream += hostile.tree.stream("case-\(place)") }
        try await run(
            ["git", "-C", repository, "fast-import", "--quiet", "--force"], input: stream + Array("done\n".utf8))

        // What they were made from is good, so that each is refused for what was done to it.
        let good = try await BuiltBinary.run("validate", "--repo", repository, "--ref", "main")
        #expect(good.code == 0, "\(good.errors)")

        let verdicts = try await withThrowingTaskGroup(of: Verdict.self) { group in
            var waiting = trees.enumerated().makeIterator()
            var verdicts: [Verdict] = []
            func enqueue() {
                guard let (place, tree) = waiting.next() else { return }
                group.addTask { try await Self.judge(tree, "case-\(place)", in: repository) }
            }
            for _ in 0..<4 { enqueue() }
            while let verdict = try await group.next() {
                verdicts.append(verdict)
                enqueue()
            }
            return verdicts
        }
        #expect(verdicts.count == trees.count)
        for verdict in verdicts { Self.expectRefused(verdict) }
    }

    private static func judge(_ tree: HostileTree, _ name: String, in repository: String) async throws -> Verdict {
        // Address space, not what is resident: the stricter of the two. Seconds of the processor: what waits for other tests is
        // no fault of the tree's.
        let limited = ["sh", "-c", "ulimit -v 1048576 && ulimit -t 5 && exec \"$@\"", "sh", BuiltBinary.path]
        let result = try await outcome(
            of: limited + ["validate", "--repo", repository, "--ref", name, "--color", "never"], deadline: .seconds(30))
        var code: Int32?
        if case .exited(let exit) = result.status { code = exit }
        return Verdict(
            tree: tree, code: code, status: "\(result.status)", errors: Array(result.errorText.utf8))
    }

    private static func expectRefused(_ verdict: Verdict) {
        let name = Comment(rawValue: verdict.tree.testDescription.prefix(120).debugDescription)
        let text = String(decoding: verdict.errors, as: UTF8.self)
        #expect(verdict.code == 1, "\(name): \(verdict.status)\n\(text.prefix(600))")
        let place = #/^[^:]+:\d+:\d+: error: .+ \[[a-z-]+\]$/#
        #expect(text.split(separator: "\n").contains { $0.contains(place) }, "\(name): \(text.prefix(600))")
        let raw = text.unicodeScalars.filter { scalar in
            scalar.value < 0x20 && scalar != "\n" || (0x7f...0x9f).contains(scalar.value)
                || (0x202a...0x202e).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
        }
        #expect(raw.isEmpty, "\(name): \(raw.map { String($0.value, radix: 16) })")
    }
}
