// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Git
import TestKit
import Testing
import Vocabulary

@Suite("A repository") struct OpeningTests {
    @Test("is opened at its root, from a folder inside it, and bare") func opens() async throws {
        let fixture = try await GitFixture.make()
        try fixture.write("x", to: "a/b/c.yaml")
        let commit = try await fixture.commit("first")
        let bare = try await GitFixture.clone(of: fixture, to: "bare.git", "--bare")
        for path in [fixture.path, fixture.path + "/a/b", bare.path] {
            #expect(try Repository(at: path).commitID(of: "main").hex == commit)
        }
        #expect(try Repository(at: bare.path).workTree == nil)
        #expect(try Repository(at: fixture.path + "/a").workTree == fixture.path + "/")
    }

    @Test("must be there") func notThere() async throws {
        let folder = try TemporaryFolder()
        let error = try #require(throws: GitError.self) { try Repository(at: folder.path) }
        #expect(error.code == .notARepository)
        #expect(error.hint?.contains("--repo") == true)
    }

    @Test("must have all of its history") func shallow() async throws {
        let fixture = try await GitFixture.make()
        try await fixture.commit("first")
        try await fixture.commit("second")
        let shallow = try await GitFixture.clone(of: fixture, to: "shallow", "--depth=1")
        #expect(await code { _ = try shallow.open() } == .shallow)
        try await shallow.git("worktree", "add", "-q", "../linked", "HEAD")
        #expect(await code { _ = try Repository(at: fixture.folder.file("linked")) } == .shallow)
        try await shallow.git("fetch", "-q", "--unshallow")
        #expect(await code { _ = try shallow.open() } == nil)
    }

    @Test("must have no grafts") func grafts() async throws {
        let fixture = try await GitFixture.make()
        let commit = try await fixture.commit("first")
        try fixture.write(commit + "\n", to: ".git/info/grafts")
        #expect(await code { _ = try fixture.open() } == .grafted)
    }

    @Test("may be a sparse checkout or a partial clone", arguments: ["sparse", "partial"])
    func extensions(kind: String) async throws {
        let fixture = try await GitFixture.make()
        try fixture.write("x", to: "a/b.yaml")
        let commit = try await fixture.commit("first")
        switch kind {
        case "sparse": try await fixture.git("sparse-checkout", "set", "a")
        default:
            try await fixture.git("config", "core.repositoryFormatVersion", "1")
            try await fixture.git("config", "extensions.partialClone", "origin")
        }
        #expect(try fixture.open().commitID(of: "HEAD").hex == commit)
    }

    @Test("must have SHA-1 ids") func sha256() async throws {
        let folder = try TemporaryFolder()
        try await run(
            ["git", "init", "-q", "--object-format=sha256", folder.file("r")],
            environment: GitFixture.environment(home: folder.path))
        let error = try #require(throws: GitError.self) { try Repository(at: folder.file("r")) }
        #expect(error.code == .unsupported)
    }

    @Test("of another user is not opened, and the hint says what to do", .enabled(if: getuid() == 0, "needs root"))
    func otherOwner() async throws {
        let fixture = try await GitFixture.make()
        try await fixture.commit("first")
        try await run("chown", "-R", "65534", fixture.path)
        let error = try #require(throws: GitError.self) { try fixture.open() }
        #expect(error.code == .notOwned)
        #expect(error.hint?.contains("safe.directory") == true)
    }

    @Test("that is linked shares refs and objects with the main one") func linked() async throws {
        let fixture = try await GitFixture.make()
        let commit = try await fixture.commit("first")
        try await fixture.git("worktree", "add", "-q", "-b", "side", "../linked")
        let repository = try Repository(
            at: fixture.folder.file("linked"), userGit: UserGit(environment: fixture.environment))
        #expect(try repository.reference("refs/heads/main")?.hex == commit)
        #expect(try repository.headBranch() == "refs/heads/side")
        #expect(try await repository.workTreeDifferences(from: id(commit)) == [])
        let blob = try repository.write { (writer) throws(GitError) in try writer.blob([1, 2, 3]) }
        #expect(try fixture.open().blobs([blob], limit: 3) == [.bytes([1, 2, 3])])
    }
}
