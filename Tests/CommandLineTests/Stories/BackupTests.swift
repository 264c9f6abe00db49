// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestKit
import Testing
import Vocabulary

@Suite("A backup of a gateway") struct BackupTests {
    private func lose(_ arena: Arena) throws {
        try FileManager.default.removeItem(atPath: arena.state(of: .gateway))
    }

    private func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    @Test("brings a lost host back as it was, where nothing was published since: what is signed goes on")
    func current() async throws {
        let (arena, renewed, digest) = try await Arena.asked { $0.hasRecipient = true }
        try await arena.reconcile(exits: 2)
        let backup = arena.folder.file("backup")
        let kept = try await arena.countersign(as: .gateway, "backup", backup, "--format", "json", exits: 0).json
        #expect(
            kept["files"]?.array?.compactMap(\.string) == [
                "journal.sqlite", "recipient", "recipient.pem", "recorder", "recorder.pub", "secret", "backup.json",
            ])
        #expect(try mode(backup) == 0o700)
        for file in ["journal.sqlite", "recipient", "recorder", "secret", "backup.json"] {
            #expect(try mode("\(backup)/\(file)") == 0o600, "\(file)")
        }
        #expect(try await arena.refusal(as: .gateway, "backup", backup).code == "NotEmpty")
        #expect(try await arena.refusal(as: .gateway, "restore", backup).code == "StateExists")

        try lose(arena)
        #expect(try await arena.refusal(as: .gateway, "restore", arena.folder.file("slot")).code == "NotABackup")
        let back = try await arena.countersign(as: .gateway, "restore", backup, "--format", "json", exits: 0).json
        #expect(back["journal"] == true && back["trusted"]?.string == arena.trusted)
        #expect(try mode(arena.state(of: .gateway) + "/journal.sqlite") == 0o600)
        try await arena.approve(digest)
        try await arena.implement(digest)
        try await arena.reconcile(exits: 0)
        #expect(try await arena.served() == renewed.leaf)
        try await arena.expectAtRest()
    }

    @Test(
        "that is older than what was published brings the keys back, and the journal is rebuilt: nothing is pushed twice"
    )
    func older() async throws {
        let (arena, first, _) = try await Arena.signed()
        let backup = arena.folder.file("backup")
        try await arena.countersign(as: .gateway, "backup", backup, exits: 0)
        try await arena.reconcile(exits: 0)
        let recorder = try arena.folder.read("state/gateway/recorder")
        let files = try arena.slotFiles()
        try lose(arena)
        let said = try await arena.countersign(as: .gateway, "restore", backup, exits: 0).output
        #expect(
            said.contains("was left out") && said.contains("countersign trust \(arena.trusted) --recover"), "\(said)")
        #expect(try arena.folder.read("state/gateway/recorder") == recorder)
        #expect(try await arena.refusal(as: .gateway, "reconcile").code == "NotTrusted")
        try await arena.countersign(as: .gateway, "trust", arena.trusted, "--recover", exits: 0)
        let pass = try await arena.reconcile(exits: 0)
        #expect(pass["pushes"] == [])
        #expect(try arena.slotFiles() == files)
        #expect(try await arena.served() == first.leaf)

        // Another repository's is none of ours.
        var manifest = try arena.folder.readText("backup/backup.json")
        manifest = manifest.replacing(arena.repositoryID, with: UUID().uuidString.lowercased())
        try arena.folder.write(manifest, to: "backup/backup.json", mode: 0o600)
        try lose(arena)
        #expect(try await arena.refusal(as: .gateway, "restore", backup).code == "OtherRepository")
    }
}
