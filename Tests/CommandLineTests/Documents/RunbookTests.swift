// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Processes
import TestKit
import Testing
import Vocabulary

/// What each runbook's bad day takes beside the usual world.
private enum BadDay {
    static func setting(_ page: String) -> (inout Arena.Setting) -> Void {
        { setting in
            switch page {
            case "leaked-key.md":
                setting.policy = [
                    "freezes: [{from: 2020-01-01T00:00:00Z, until: 2099-01-01T00:00:00Z, reason: \"sale\"}]",
                    "emergency: {approvers: [group:netops], count: 2, ignores: [windows, limits]}",
                ]
            case "approver-leaves.md":
                // Enough people without bob.
                (setting.pki, setting.netops) = ([.alice, .bob, .dave], [.bob, .dave, .mallory])
            case "device-down.md":
                setting.reach = .ssh
                setting.policy = ["attendedFor: 20s"]
            case "new-intermediate.md", "many-renewals.md":
                setting.documents = [StandingTests.approval.replacing("maxPerHour: 2", with: "maxPerHour: 1")]
            default: break
            }
        }
    }

    static func events(_ reader: inout Reader) {
        reader.events["bob has signed a change that waits"] = { arena in
            try await arena.renew()
            try await arena.approve(try await arena.digest())
            try await reconcile(arena, exits: 2)
        }
        reader.events["the device is down"] = { try await $0.sshd?.halt() }
        reader.events["two days pass"] = { _ in
            // As long as an attended implementation is good for in this world.
            let later = Date() + 21
            try await eventually(within: .seconds(60), "two days") { Date() > later }
        }
        reader.events["the device is up again"] = { try await $0.sshd?.restart() }
        reader.events["what lies there was adopted"] = { arena in
            let digest = try await arena.digest(of: "adopt")
            try await arena.approve(digest)
            try await arena.implement(digest)
            try await reconcile(arena, exits: 0)
        }
        reader.events["the CA issues under another intermediate"] = { arena in
            let other = try await CertificateAuthority(in: arena.folder, named: "New CA")
            var last = arena.old.issued
            for (label, days) in [("next", 60), ("after", 61)] {
                let former = last
                try await eventually("the next second") { Int64(Date().timeIntervalSince1970) > former }
                let issued = try await other.issue(label, days: days)
                last = issued.issued
                try arena.keep(keyOf: issued)
                try arena.folder.write(issued.chain, to: "home/alice/new/\(label).pem")
                let parts = issued.chain.components(separatedBy: "-----END CERTIFICATE-----\n")
                try arena.folder.write(parts[1] + "-----END CERTIFICATE-----\n", to: "home/alice/new/intermediate.pem")
            }
        }
        reader.events["a renewal comes"] = { try await $0.renew(days: 55) }
        reader.events["another renewal comes"] = { try await $0.renew(days: 56) }
    }

    private static func reconcile(_ arena: Arena, exits code: Int32) async throws {
        try await arena.countersign(["reconcile", "--repo", arena.clone(of: .gateway)], as: .gateway, exits: code)
    }
}

@Suite("A runbook for a bad day") struct RunbookTests {
    @Test("does what it says", arguments: try ExampleTests.names(in: "docs/runbooks").filter { $0 != "README.md" })
    func does(name: String) async throws {
        let arena = try await DocumentTests.team(BadDay.setting(name))
        var reader = Reader(arena, as: .alice) { arena.clone(of: $0) }
        DocumentTests.events(&reader)
        BadDay.events(&reader)
        try await reader.read("docs/runbooks/\(name)")
    }
}
