// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestKit
import Testing
import Vocabulary

/// `doctor` on hosts that are well, and on hosts that are not.
@Suite("The doctor") struct DoctorTests {
    @Test("finds a gateway and an approver well, and says what each can do")
    func well() async throws {
        let (arena, _, _) = try await Arena.asked()
        let gateway = try await arena.countersign(as: .gateway, "doctor", "--format", "json", exits: 0).json
        for subject in ["git", "repository", "origin", "state", "trust", "recorder", "device edge-1"] {
            #expect(try verdict(subject, gateway) == "well")
        }
        let bob = try await arena.countersign(as: .bob, "doctor", exits: 0).output
        #expect(bob.contains("✓ signing key: ssh SHA256:") && bob.contains("bob's"))
        #expect(bob.contains("This host is well"))
    }

    @Test("says of a broken gateway all that is wrong, each with the next step")
    func ill() async throws {
        let (arena, _, _) = try await Arena.asked()
        try await arena.nginx.halt()
        let origin = arena.folder.file("origin.git")
        try FileManager.default.moveItem(atPath: origin, toPath: origin + ".away")
        try FileManager.default.removeItem(atPath: arena.folder.file("slot"))
        try FileManager.default.createSymbolicLink(atPath: arena.folder.file("slot"), withDestinationPath: "slot")
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: arena.folder.file("private"))
        let answer = try await arena.countersign(as: .gateway, "doctor", "--format", "json", exits: 1).json
        #expect(try verdict("origin", answer) == "ill")
        #expect(try verdict("key root", answer) == "ill")
        #expect(try verdict("device edge-1", answer) == "ill")
        #expect(try verdict("recorder", answer) == "well")
        #expect(answer["findings"]?.first(where: "subject", is: "key root")?["hint"]?.string?.contains("chmod go-w") == true)
        let text = try await arena.countersign(as: .gateway, "doctor", exits: 1).output
        #expect(text.contains("× origin: ") && text.contains("3 things are not well"))
    }

    @Test(
        "looks at what channels stand on: programs that can be run, keys and secret URLs that are nobody else's to read"
    )
    func channels() async throws {
        let arena = try await Arena.made {
            $0.repository = [
                "channels:", "  pager: {command: [FOLDER/page]}", "  gone: {command: [FOLDER/gone]}",
                "  plain: {command: [FOLDER/plain]}", "  folder: {command: [FOLDER/home]}",
                "  pki: {mail: {to: [pki@example.com], from: gateway@example.com, sendmail: [FOLDER/sendmail]}}",
                "  chat: {webhook: {urlFile: FOLDER/url, body: chat}}",
                "  wrong: {webhook: {urlFile: FOLDER/plain-url}}",
                "  ops: {webhook: {url: \"https://hooks.example.com/x\", secretFile: FOLDER/key}}",
                "  open: {webhook: {url: \"https://hooks.example.com/x\", secretFile: FOLDER/open}}",
            ]
        }
        try arena.folder.write("#!/bin/sh\nexit 0\n", to: "page", mode: 0o755)
        try arena.folder.write("#!/bin/sh\nexit 0\n", to: "plain", mode: 0o644)
        try arena.folder.write("https://hooks.example.com/T0/hunter2\n", to: "url", mode: 0o600)
        try arena.folder.write("http://hooks.example.com/T0/hunter2\n", to: "plain-url", mode: 0o600)
        try arena.folder.write("0123456789abcdef\n", to: "key", mode: 0o600)
        try arena.folder.write("0123456789abcdef\n", to: "open", mode: 0o640)
        let answer = try await arena.countersign(as: .gateway, "doctor", "--format", "json", exits: 1)
        for (channel, expected) in [
            ("pager", "well"), ("gone", "ill"), ("plain", "ill"), ("folder", "ill"), ("pki", "ill"), ("chat", "well"),
            ("wrong", "ill"), ("ops", "well"), ("open", "ill"),
        ] {
            #expect(try verdict("channel \(channel)", answer.json) == expected, "\(channel): \(answer)")
        }
        #expect(!answer.output.contains("hunter2"))
        let open = try #require(try answer.json["findings"]?.first(where: "subject", is: "channel open"))
        #expect(open["detail"]?.string?.contains("others may read it") == true)
        #expect(open["hint"]?.string?.contains("mode 0600") == true)
    }

    @Test("needs no repository to say that there is none, and no trust to say that it is missing")
    func nothing() async throws {
        let arena = try await Arena.made()
        let none = try await arena.countersign(["doctor", "--repo", arena.folder.file("home")], as: .bob, exits: 1)
        #expect(none.output.contains("× repository: ") && none.output.contains("✓ git: git "))
        let untrusted = try await arena.countersign(
            ["doctor", "--repo", arena.clone(of: .bob), "--state", arena.folder.file("state/nobody")], as: .bob, exits: 1)
        #expect(untrusted.output.contains("× trust: ") && untrusted.output.contains("countersign trust"))
    }

    private func verdict(_ subject: String, _ answer: JSONValue) throws -> String? {
        try #require(answer["findings"]?.first(where: "subject", is: subject), "\(subject) in \(answer)")["verdict"]?.string
    }
}
