// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import TestKit
import Testing
import Vocabulary

@Suite("A repository that `init` made") struct FirstRepositoryTests {
    @Test("is valid, can be trusted and reconciled by one person alone, and says that one person decides")
    func alone() async throws {
        let erin = try await Newcomer()
        let made = try await erin.types("countersign", "init", "certs", exits: 0)
        #expect(made.output.contains("trial policy: one person decides alone"))
        #expect(try await erin.types("git", "rev-parse", "-q", "--verify", "HEAD", in: "certs").code == 1)

        // Before anything is committed there is nothing to check, and that is said.
        let early = try await erin.types("countersign", "validate", in: "certs", exits: 1)
        #expect(early.errors.contains("git add . && git commit"))

        try await erin.types("git", "add", ".", in: "certs", exits: 0)
        try await erin.types("git", "commit", "-q", "-S", "-m", "Begin", in: "certs", exits: 0)
        #expect(try await erin.types("countersign", "validate", in: "certs", exits: 0).errors.contains("is valid"))

        let trusted = try await erin.types("countersign", "trust", "HEAD", in: "certs", exits: 0)
        #expect(trusted.output.contains("trust set sha256:"))
        #expect(trusted.output.contains("trial policy"))
        // Again is no mistake.
        #expect(
            try await erin.types("countersign", "trust", "HEAD", in: "certs", exits: 0).output.contains("already"))

        try await erin.types("countersign", "reconcile", in: "certs", exits: 0)
        let plan = try await erin.types("countersign", "plan", in: "certs", exits: 0)
        #expect(plan.output.contains("trial policy: one person decides alone"))
        let status = try await erin.types("countersign", "status", in: "certs", exits: 0)
        #expect(status.output.contains("trial policy: one person decides alone"))
    }

    @Test("for a team has two levels and says who is missing")
    func team() async throws {
        let erin = try await Newcomer()
        let made = try await erin.types("countersign", "init", "--team", "certs", exits: 0)
        #expect(made.output.contains("missing: pki and netops hold only erin"))
        #expect(!made.output.contains("trial policy"))
        try await erin.types("git", "add", ".", in: "certs", exits: 0)
        try await erin.types("git", "commit", "-q", "-S", "-m", "Begin", in: "certs", exits: 0)
        let validated = try await erin.types("countersign", "validate", in: "certs", exits: 0)
        // It validates, and it is warned that nobody could complete both levels.
        #expect(validated.errors.contains("warning"))
    }

    @Test("is made in a folder that holds only .git")
    func besideGit() async throws {
        let erin = try await Newcomer()
        try await erin.types("git", "init", "-q", "-b", "trunk", "certs", exits: 0)
        try await erin.types("countersign", "init", "certs", exits: 0)
        try await erin.types("git", "add", ".", in: "certs", exits: 0)
        try await erin.types("git", "commit", "-q", "-m", "Begin", in: "certs", exits: 0)
        try await erin.types("countersign", "validate", in: "certs", exits: 0)
        #expect(try erin.folder.readText("work/certs/countersign.yaml").contains("branch: trunk"))
    }

    @Test("is never made over anything of anybody's")
    func notEmpty() async throws {
        let erin = try await Newcomer()
        try erin.folder.write("mine\n", to: "work/certs/notes.txt")
        let refused = try await erin.types("countersign", "init", "certs", exits: 1)
        #expect(refused.output.isEmpty)
        #expect(refused.errors.contains("is not empty: it holds notes.txt"))
        #expect(try await erin.types("ls", "-A", "certs").output == "notes.txt\n")
        let file = try await erin.types("countersign", "init", "certs/notes.txt", exits: 1)
        #expect(file.errors.contains("notes.txt"))
    }
}
