// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Git
import TestKit
import Testing
import Vocabulary

@Suite("Writing") struct WritingTests {
    private func names(_ repository: Repository, _ tree: ObjectID) throws -> [String] {
        try repository.files(of: tree).map(\.path)
    }

    @Test("makes the very objects that git makes") func sameAsGit() async throws {
        let fixture = try await GitFixture.make()
        for path in ["a.b/x", "a/x", "a0", "README"] { try fixture.write(path, to: path) }
        try await fixture.commit("all")
        let expected = try await fixture.git("rev-parse", "HEAD^{tree}")
        let empty = try await GitFixture.make("other", in: fixture.folder)
        let repository = try empty.open()
        let tree = try repository.write { (writer) throws(GitError) in
            var updates: [TreeUpdate] = []
            for path in ["README", "a/x", "a0", "a.b/x"] {
                updates.append(TreeUpdate(path, try writer.blob(Array(path.utf8))))
            }
            return try writer.tree(basedOn: nil, updates)
        }
        #expect(tree.hex == expected)
        #expect(try await empty.git("fsck", "--strict", "--no-dangling") == "")
    }

    @Test("changes what it is told and leaves the rest, down to the ids") func updates() async throws {
        let fixture = try await GitFixture.make()
        for path in ["keep/deep/file", "change/file", "change/other", "gone/file", "top", "was-file"] {
            try fixture.write(path, to: path)
        }
        try await fixture.commit("all")
        let repository = try fixture.open()
        let base = try repository.commit(repository.commitID(of: "HEAD")).tree
        let tree = try repository.write { (writer) throws(GitError) in
            let blob = try writer.blob(Array("new".utf8))
            return try writer.tree(
                basedOn: base,
                [
                    TreeUpdate("change/file", blob), TreeUpdate("new/in/depth", blob), TreeUpdate("gone/file", nil),
                    TreeUpdate("top", nil), TreeUpdate("nowhere/at/all", nil), TreeUpdate("was-file/now", blob),
                ])
        }
        #expect(
            try names(repository, tree)
                == ["change/file", "change/other", "keep/deep/file", "new/in/depth", "was-file/now"])
        let changed = try repository.changes(from: base, to: tree).map(\.path)
        #expect(changed == ["change/file", "gone/file", "new/in/depth", "top", "was-file", "was-file/now"])
        let same = try repository.write { (writer) throws(GitError) in
            try writer.tree(basedOn: base, [TreeUpdate("nowhere", nil), TreeUpdate("top/below", nil)])
        }
        #expect(same == base)
    }

    @Test("stores a thousand objects in one pack, and reads them at once") func pack() async throws {
        let fixture = try await GitFixture.make(bare: true)
        let repository = try fixture.open()
        let (tree, ids) = try repository.write { (writer) throws(GitError) in
            var updates: [TreeUpdate] = []
            for index in 0..<1000 {
                updates.append(TreeUpdate("\(index % 7)/\(index)", try writer.blob(Array("\(index)".utf8))))
            }
            return (try writer.tree(basedOn: nil, updates), updates.compactMap(\.blob))
        }
        #expect(try repository.blobs(ids, limit: 10).count == 1000)
        let counts = try await fixture.git("count-objects", "-v")
        #expect(counts.contains("count: 0\n") && counts.contains("packs: 1\n"))
        #expect(try await fixture.git("fsck", "--strict", "--no-dangling", tree.hex) == "")
    }

    @Test("leaves nothing behind where it fails") func failure() async throws {
        let fixture = try await GitFixture.make(bare: true)
        let repository = try fixture.open()
        let error = await code {
            try repository.write { (writer) throws(GitError) in
                for index in 0..<100 { _ = try writer.blob([UInt8(index)]) }
                _ = try writer.tree(basedOn: nil, [TreeUpdate("../out", nil)])
            }
        }
        #expect(error == .invalid)
        #expect(try await fixture.git("count-objects", "-v").contains("count: 0\nsize: 0\nin-pack: 0\n"))
    }

    @Test(
        "refuses paths that lead elsewhere",
        arguments: ["", "/a", "a//b", "a/", "../a", "a/../b", "./a", ".git/config", "a/.GIT/b", "a\0b"])
    func paths(path: String) async throws {
        let fixture = try await GitFixture.make(bare: true)
        let repository = try fixture.open()
        let error = await code {
            _ = try repository.write { (writer) throws(GitError) in
                try writer.tree(basedOn: nil, [TreeUpdate(path, try writer.blob([]))])
            }
        }
        #expect(error == .invalid)
    }

    @Test("refuses a path that is changed twice, or is a file and a folder") func twice() async throws {
        let fixture = try await GitFixture.make(bare: true)
        let repository = try fixture.open()
        for (one, other) in [("a", "a"), ("a", "a/b"), ("a/b", "a")] {
            let error = await code {
                _ = try repository.write { (writer) throws(GitError) in
                    let blob = try writer.blob([])
                    return try writer.tree(basedOn: nil, [TreeUpdate(one, blob), TreeUpdate(other, blob)])
                }
            }
            #expect(error == .invalid)
        }
    }
}

@Suite("Refs") struct ReferenceTests {
    @Test("move only from where they were expected to be") func compareAndSwap() async throws {
        let fixture = try await GitFixture.make()
        let first = try id(await fixture.commit("first"))
        let second = try id(await fixture.commit("second"))
        let repository = try fixture.open()
        let name = "refs/heads/countersign/status/default"
        try repository.update(name, to: first, expecting: nil)
        #expect(await code { try repository.update(name, to: second, expecting: nil) } == .moved)
        #expect(await code { try repository.update(name, to: second, expecting: second) } == .moved)
        #expect(try repository.reference(name) == first)
        try repository.update(name, to: second, expecting: first)
        #expect(try repository.reference(name) == second)
        #expect(await code { try repository.delete(name, expecting: first) } == .moved)
        try repository.delete(name, expecting: second)
        #expect(try repository.reference(name) == nil)
        #expect(await code { try repository.update(name, to: second, expecting: first) } == .moved)
        #expect(await code { try repository.update("refs/heads/a..b", to: first, expecting: nil) } == .invalid)
    }

    @Test("are listed by prefix, loose and packed, by name, with what they point at") func listing() async throws {
        let fixture = try await GitFixture.make()
        let commit = try id(await fixture.commit("first"))
        for name in ["b", "a", "c"] { try await fixture.git("branch", "approvals/WO-1/\(name)") }
        try await fixture.git("pack-refs", "--all")
        try await fixture.git("branch", "approvals/WO-2/z")
        try await fixture.git("tag", "-a", "-m", "x", "v1")
        // git refuses a tag below refs/heads/; whoever pushes to a forge may find one that does not.
        try fixture.write(await fixture.git("rev-parse", "v1") + "\n", to: ".git/refs/heads/approvals/WO-3/tag")
        let repository = try fixture.open()
        let found = try repository.references(under: "refs/heads/approvals/")
        #expect(
            found.map(\.name)
                == ["WO-1/a", "WO-1/b", "WO-1/c", "WO-2/z", "WO-3/tag"].map { "refs/heads/approvals/\($0)" })
        #expect(found.dropLast().allSatisfy { $0.id == commit })
        #expect(try found.last.map { try repository.kind(of: $0.id) } == .tag)
        #expect(try repository.headBranch() == "refs/heads/main")
    }
}
