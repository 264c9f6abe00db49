// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Git
import TestKit
import Testing
import Vocabulary

@Suite("Fetching and pushing") struct TransportTests {
    private func pair() async throws -> (origin: GitFixture, clone: GitFixture, repository: Repository) {
        let origin = try await GitFixture.make("origin.git", bare: true)
        let seed = try await GitFixture.make("seed", in: origin.folder)
        try seed.write("x", to: "a")
        try await seed.commit("first")
        try await seed.git("push", "-q", origin.path, "main")
        let clone = try await GitFixture.clone(of: origin, to: "clone")
        return (origin, clone, try clone.open())
    }

    @Test("brings what is there and takes away what has gone; no tags, no FETCH_HEAD") func fetch() async throws {
        let (origin, _, repository) = try await pair()
        let first = try #require(try repository.reference("refs/remotes/origin/main"))
        try await origin.git("tag", "v1", first.hex)
        try await origin.git("update-ref", "refs/heads/approvals/WO-1/bob-1", first.hex)
        let refspec = ["+refs/heads/approvals/*:refs/remotes/origin/approvals/*"]
        try await repository.fetch("origin", refspec, prune: true)
        let name = "refs/remotes/origin/approvals/WO-1/bob-1"
        #expect(try repository.reference(name) == first)
        #expect(try repository.references(under: "refs/tags/").isEmpty)
        #expect(!FileManager.default.fileExists(atPath: repository.directory + "FETCH_HEAD"))
        try await origin.git("update-ref", "-d", "refs/heads/approvals/WO-1/bob-1")
        try await repository.fetch("origin", refspec)
        #expect(try repository.reference(name) == first)
        try await repository.fetch("origin", refspec, prune: true)
        #expect(try repository.reference(name) == nil)
    }

    @Test("says when the remote is not there, and when the ref is not") func missing() async throws {
        let (_, clone, repository) = try await pair()
        #expect(await code { try await repository.fetch("nowhere", ["main"]) } == .unreachable)
        #expect(await code { try await repository.fetch("origin", ["refs/heads/nowhere"]) } == .notFound)
        #expect(await code { try await repository.fetch("--upload-pack=touch x", ["main"]) } == .invalid)
        #expect(await code { try await repository.fetch("origin", ["--prune"]) } == .invalid)
        try await clone.git("config", "remote.origin.url", "http://user:hunter2@127.0.0.1:1/x")
        do {
            try await repository.fetch("origin", ["main"])
            Issue.record("it was there")
        } catch {
            #expect(error.code == .unreachable)
            #expect(!error.description.contains("hunter2"))
        }
    }

    @Test("refuses objects that fsck refuses") func fsck() async throws {
        let (origin, _, repository) = try await pair()
        let blob = try id(await origin.store([], type: "blob"))
        let tree = try await origin.store(Array("100644 .git\0".utf8) + blob.bytes, type: "tree")
        let commit = try await origin.commitTree(tree, message: "evil")
        try await origin.git("update-ref", "refs/heads/evil", commit)
        #expect(await code { try await repository.fetch("origin", ["+refs/heads/evil:refs/evil"]) } == .corrupt)
        #expect(try repository.reference("refs/evil") == nil)
    }

    @Test("pushes where a ref is as expected, and says when it has moved") func push() async throws {
        let (origin, clone, repository) = try await pair()
        let first = try #require(try repository.reference("refs/remotes/origin/main"))
        let second = try id(await clone.commit("second"))
        let name = "refs/heads/countersign/status/default"
        func push(_ id: ObjectID?, _ expected: ObjectID?) async throws {
            try await repository.push([PushedReference(id: id, name: name, expected: expected)], to: "origin")
        }
        try await push(first, nil)
        #expect(try await origin.git("rev-parse", name) == first.hex)
        #expect(await code { try await push(second, nil) } == .moved)
        #expect(await code { try await push(second, second) } == .moved)
        try await push(second, first)
        try await push(first, second)
        #expect(try await origin.git("rev-parse", name) == first.hex)
        #expect(
            try await repository.remoteReferences("origin", ["refs/heads/countersign/*"])
                == [Reference(name: name, id: first)])
        try await push(nil, first)
        #expect(try await repository.remoteReferences("origin", ["refs/heads/countersign/*"]) == [])
    }

    @Test("pushes all refs or none") func atomic() async throws {
        let (origin, clone, repository) = try await pair()
        let second = try id(await clone.commit("second"))
        let references = [
            PushedReference(id: second, name: "refs/heads/approvals/a", expected: nil),
            PushedReference(id: second, name: "refs/heads/main", expected: nil),
        ]
        #expect(await code { try await repository.push(references, to: "origin") } == .moved)
        #expect(try await origin.git("for-each-ref", "refs/heads/approvals") == "")
    }

    @Test("says when the remote refuses, and runs no hook of ours") func refused() async throws {
        let (origin, clone, repository) = try await pair()
        let first = try #require(try repository.reference("refs/remotes/origin/main"))
        let reference = [PushedReference(id: first, name: "refs/heads/protected", expected: nil)]
        try origin.folder.write("#!/bin/sh\nexit 1\n", to: "clone/.git/hooks/pre-push", mode: 0o755)
        try origin.folder.write("#!/bin/sh\necho no >&2; exit 1\n", to: "origin.git/hooks/update", mode: 0o755)
        do {
            try await repository.push(reference, to: "origin")
            Issue.record("it was taken")
        } catch {
            #expect(error.code == .refused)
            #expect(error.detail.contains("hook declined"))
        }
        try FileManager.default.removeItem(atPath: origin.path + "/hooks/update")
        try await repository.push(reference, to: "origin")
        #expect(try await clone.git("ls-remote", "origin", "refs/heads/protected").hasPrefix(first.hex))
    }

    @Test("does not wait for ever for a remote that says nothing") func deadline() async throws {
        let (_, clone, repository) = try await pair()
        try await clone.git("config", "core.sshCommand", "sleep 60 #")
        try await clone.git("config", "remote.origin.url", "ssh://example.invalid/x")
        #expect(
            await code { try await repository.fetch("origin", ["main"], deadline: .milliseconds(500)) } == .deadline)
    }

    @Test("tells a moved ref from a dead remote also where git talks to the terminal") func interactive() async throws {
        let (_, clone, quiet) = try await pair()
        let first = try #require(try quiet.reference("refs/remotes/origin/main"))
        let second = try id(await clone.commit("second"))
        let repository = try Repository(
            at: clone.path, userGit: UserGit(environment: clone.environment, isInteractive: true))
        let moved = [PushedReference(id: second, name: "refs/heads/main", expected: nil)]
        #expect(await code { try await repository.push(moved, to: "origin") } == .moved)
        try await repository.push([PushedReference(id: second, name: "refs/heads/main", expected: first)], to: "origin")
        #expect(await code { try await repository.fetch("nowhere", ["main"]) } == .unreachable)
    }

    @Test("needs git") func noGit() async throws {
        let fixture = try await GitFixture.make()
        let repository = try Repository(at: fixture.path, userGit: UserGit(program: "countersign-no-git"))
        #expect(await code { try await repository.fetch("origin", []) } == .noGit)
    }

    @Test("packs refs and keeps every object") func maintenance() async throws {
        let (_, clone, repository) = try await pair()
        let commit = try id(await clone.commit("more"))
        try await repository.maintain()
        #expect(try repository.reference("refs/heads/main") == commit)
        #expect(!FileManager.default.fileExists(atPath: repository.directory + "refs/heads/main"))
    }
}
