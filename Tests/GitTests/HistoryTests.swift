// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Git
import TestKit
import Testing
import Vocabulary

@Suite("History") struct HistoryTests {
    @Test("is walked from a tip down to its bases, commits before their parents") func walk() async throws {
        let fixture = try await GitFixture.make()
        let base = try id(await fixture.commit("base"))
        try await fixture.git("branch", "side")
        let first = try id(await fixture.commit("first"))
        try await fixture.git("checkout", "-q", "side")
        let side = try id(await fixture.commit("side"))
        try await fixture.git("checkout", "-q", "main")
        try await fixture.git("merge", "-q", "--no-ff", "-m", "merge", "side")
        let repository = try fixture.open()
        let tip = try repository.commitID(of: "main")

        let all = try repository.commits(reachableFrom: tip)
        #expect(Set(all.map(\.id)) == [tip, first, side, base])
        var seen = Set<ObjectID>()
        for commit in all {
            #expect(seen.isDisjoint(with: commit.parents))
            seen.insert(commit.id)
        }
        #expect(all.first?.parents == [first, side])
        #expect(Set(try repository.commits(reachableFrom: tip, butNotFrom: [base]).map(\.id)) == [tip, first, side])
        #expect(Set(try repository.commits(reachableFrom: tip, butNotFrom: [first]).map(\.id)) == [tip, side])
        #expect(try repository.commits(reachableFrom: tip, butNotFrom: [tip]).isEmpty)
        #expect(await code { _ = try repository.commits(reachableFrom: tip, limit: 3) } == .tooLarge)

        #expect(try repository.isAncestor(base, of: tip))
        #expect(try repository.isAncestor(tip, of: tip))
        #expect(try !repository.isAncestor(tip, of: base))
        #expect(try !repository.isAncestor(first, of: side))
        // Side came in by a merge: it is behind the tip, and not on its own line.
        #expect(try repository.isFirstParentAncestor(base, of: tip) && repository.isFirstParentAncestor(tip, of: tip))
        #expect(
            try !repository.isFirstParentAncestor(side, of: tip) && !repository.isFirstParentAncestor(tip, of: base))
        #expect(try repository.mergeBases(first, side) == [base])
        let stranger = try id(await fixture.commitTree(all[0].tree.hex, message: "alone"))
        #expect(try repository.mergeBases(first, stranger) == [])
        #expect(try !repository.isAncestor(stranger, of: tip))
    }

    @Test("is cut by a base, whatever the clocks of those who committed say") func clocks() async throws {
        let fixture = try await GitFixture.make()
        func commit(_ message: String, at seconds: Int) async throws -> ObjectID {
            try id(await fixture.commit(message, environment: ["GIT_COMMITTER_DATE": "@\(seconds) +0000"]))
        }
        let root = try await commit("root", at: 2_000_000_000)
        for index in 0..<20 { _ = try await commit("old \(index)", at: 1_000 + index) }
        let base = try await commit("base", at: 10)
        let tip = try await commit("tip", at: 5)
        let repository = try fixture.open()
        #expect(try repository.commits(reachableFrom: tip, butNotFrom: [base]).map(\.id) == [tip])
        #expect(try repository.isAncestor(root, of: tip))
    }

    @Test("says which paths differ between two trees") func changes() async throws {
        let fixture = try await GitFixture.make()
        try fixture.write("a", to: "folder/a")
        try fixture.write("b", to: "folder/b")
        try fixture.write("x", to: "swap")
        try await fixture.commit("first")
        try await fixture.git("rm", "-q", "folder/b", "swap")
        try fixture.write("changed", to: "folder/a")
        try fixture.write("x", to: "swap/inside")
        try await fixture.commit("second")
        let repository = try fixture.open()
        let old = try repository.commit(repository.commitID(of: "HEAD~1")).tree
        let new = try repository.commit(repository.commitID(of: "HEAD")).tree
        let changes = try repository.changes(from: old, to: new)
        let names = try await fixture.git("diff", "--name-only", "--no-renames", "HEAD~1", "HEAD")
        #expect(Set(changes.map(\.path)) == Set(names.split(separator: "\n").map(String.init)))
        #expect(changes.map(\.path) == ["folder/a", "folder/b", "swap", "swap/inside"])
        #expect(changes.map { $0.old != nil } == [true, true, true, false])
        #expect(changes.map { $0.new != nil } == [true, false, false, true])
        #expect(try repository.changes(from: new, to: new).isEmpty)
        #expect(try repository.changes(from: nil, to: old).map(\.path) == repository.files(of: old).map(\.path))
    }
}
