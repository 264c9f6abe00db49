// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Git
import Processes
import TestKit
import Testing
import Vocabulary

@Suite("A commit signed by the user's git") struct SigningTests {
    private func fixture() async throws -> (fixture: GitFixture, key: SSHKey, tree: ObjectID, parent: ObjectID) {
        let fixture = try await GitFixture.make()
        try fixture.write("x", to: "a")
        let parent = try id(await fixture.commit("first"))
        let key = try await SSHKey("bob", in: fixture.folder)
        try await fixture.git("config", "gpg.format", "ssh")
        try await fixture.git("config", "user.signingKey", key.path)
        return (fixture, key, try id(await fixture.git("rev-parse", "HEAD^{tree}")), parent)
    }

    @Test("holds exactly what was shown, moves nothing and runs no hook") func signs() async throws {
        let (fixture, key, tree, parent) = try await fixture()
        for hook in ["pre-commit", "commit-msg", "prepare-commit-msg", "post-commit", "reference-transaction"] {
            try fixture.folder.write("#!/bin/sh\nexit 1\n", to: "repository/.git/hooks/\(hook)", mode: 0o755)
        }
        try await fixture.git("config", "i18n.commitEncoding", "ISO-8859-1")
        let message = "Approve é\n\n# not a comment\n\nCountersign-Record: approval/v1\n"
        let commit = try await fixture.open().signCommit(tree: tree, parents: [parent], message: message)
        #expect(commit.tree == tree)
        #expect(commit.parents == [parent])
        let text = String(decoding: commit.bytes, as: UTF8.self)
        #expect(text.hasSuffix("\n\n" + message))
        #expect(!text.contains("\nencoding "))
        #expect(try await fixture.git("rev-parse", "HEAD") == parent.hex)

        try fixture.folder.write("fixture@example.com \(key.key)\n", to: "allowed")
        let verified = try await outcome(
            of: [
                "git", "-c", "gpg.ssh.allowedSignersFile=\(fixture.folder.file("allowed"))", "verify-commit",
                commit.id.hex,
            ], in: fixture.path, environment: fixture.environment)
        #expect(verified.succeeded, "\(verified.errorText)")
    }

    @Test("cannot be made without a key, and the hint says how to set one") func noKey() async throws {
        let (fixture, _, tree, parent) = try await fixture()
        try await fixture.git("config", "--unset", "user.signingKey")
        let repository = try fixture.open()
        do {
            _ = try await repository.signCommit(tree: tree, parents: [parent], message: "x")
            Issue.record("it was signed")
        } catch {
            #expect(error.code == .notSigned)
            #expect(error.hint?.contains("user.signingKey") == true)
        }
        #expect(try await repository.configuration("user.signingKey") == nil)
        #expect(try await repository.configuration("gpg.format") == "ssh")
    }

    @Test("cannot be made by nobody") func noIdentity() async throws {
        let (fixture, _, tree, parent) = try await fixture()
        var environment = fixture.environment
        for name in ["GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL", "GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "EMAIL"] {
            environment.updateValue(nil, forKey: name)
        }
        let repository = try Repository(at: fixture.path, userGit: UserGit(environment: environment))
        #expect(
            await code { _ = try await repository.signCommit(tree: tree, parents: [parent], message: "x") }
                == .noIdentity)
        try await fixture.git("config", "user.name", "Bob")
        try await fixture.git("config", "user.email", "bob@example.com")
        #expect(try await repository.committer() == "Bob <bob@example.com>")
    }

    @Test("is read back by a repository that nobody else has changed in between") func workTree() async throws {
        let (fixture, _, _, parent) = try await fixture()
        let repository = try fixture.open()
        #expect(try await repository.workTreeDifferences(from: parent) == [])
        try fixture.write("changed", to: "a")
        try fixture.write("new", to: "folder/é ü")
        try fixture.write("ignored\n", to: ".gitignore")
        try fixture.write("x", to: "ignored")
        #expect(try await repository.workTreeDifferences(from: parent) == [".gitignore", "a", "folder/é ü"])
        #expect(await code { _ = try await repository.workTreeDifferences(from: parent, outputLimit: 3) } == .tooLarge)
    }
}
