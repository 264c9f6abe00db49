// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import TestKit
import Testing
import Vocabulary

@Suite("What was signed for one zone") struct OtherZoneTests {
    /// A second zone whose slot is to hold the same certificate.
    private func twoZones() async throws -> Arena {
        try await Arena.withSecondZone { arena in
            for file in ["shop.crt", "shop.key"] {
                try arena.folder.write(try arena.folder.read("slot/\(file)"), to: "slot-2/\(file)", mode: 0o600)
            }
            try arena.edit("devices.yaml") { text in
                text + "\n---\n"
                    + text.replacing("name: edge-1", with: "name: edge-2").replacing(
                        "zone: default", with: "zone: dmz"
                    )
                    .replacing(arena.folder.file("slot"), with: arena.folder.file("slot-2"))
            }
            try arena.edit("shop.yaml") { text in
                let connector = text.split(separator: "---\n").first { $0.contains("kind: AppConnector") } ?? ""
                return text.replacing("[\(Arena.connector)]", with: "[\(Arena.connector), edge-2-shop]") + "---\n"
                    + String(connector).replacing("edge-1", with: "edge-2")
                    .replacing(arena.folder.file("slot"), with: arena.folder.file("slot-2"))
            }
        }
    }

    private func order(_ pass: JSONValue) -> JSONValue? {
        pass["plan"]?["workOrders"]?.array?.first { $0["connector"] == "edge-2-shop" && $0["action"] == "replace" }
    }

    @Test("is pushed there, and is nothing in another, whatever its refs are called")
    func otherZone() async throws {
        let arena = try await twoZones()
        try await arena.reconcile(exits: 0)
        #expect(try await arena.dmzPass()["pushes"] == [])
        try await arena.renew()
        let digest = try await arena.digest()
        try await arena.approve(digest)
        try await arena.implement(digest)
        let theirs = try #require(order(try await arena.dmzPass())?["digest"]?.string)
        #expect(theirs != digest)

        // The same records under the other's name, and with the other's digest in place of their own.
        for actor in [Arena.Actor.bob, .dave] {
            try await arena.git(actor, "fetch", "-q", "origin")
            let record = try await arena.git(
                actor, "for-each-ref", "--format=%(objectname)",
                "refs/remotes/origin/approvals/\(HandmadeRecord.id(of: digest))/\(actor.rawValue)-*")
            try await arena.publish(record, as: actor, named: "\(actor)-again", for: theirs)
            let text = String(decoding: try await arena.raw(record, as: actor), as: UTF8.self)
            let turned = text.replacing(
                HandmadeRecord.workOrderLine(digest), with: HandmadeRecord.workOrderLine(theirs))
            try await arena.publish(
                try await arena.store(Array(turned.utf8), as: actor), as: actor, named: "\(actor)-turned", for: theirs)
        }
        let met = try await arena.dmzPass()
        #expect(met["pushes"] == [])
        let open = try #require(order(met))
        #expect(open["state"] == "Requested")
        #expect(open["levels"]?.array?.allSatisfy { $0["given"] == [] } ?? false)
        let codes = (open["refused"]?.array ?? []).compactMap { $0["code"]?.string }
        #expect(codes == ["BadSignature", "BadSignature"])

        let home = try await arena.reconcile(exits: nil)
        #expect(home["pushes"]?.array?.compactMap { $0["connector"]?.string } == [Arena.connector])
        #expect(try await arena.dmzPass()["pushes"] == [])
    }

    @Test("is a policy change for both: what one accepts the other follows by its evidence, whichever was first")
    func followed() async throws {
        let arena = try await twoZones()
        try await arena.reconcile(exits: 0)
        #expect(try await arena.dmzPass()["pushes"] == [])
        try await propose(2, in: arena)
        #expect(try await arena.reconcile(exits: nil)["accepted"] != .null)
        try await forgetApprovals(in: arena)
        #expect(try await arena.dmzPass()["accepted"] != .null)

        try await propose(3, in: arena)
        #expect(try await arena.dmzPass()["accepted"] != .null)
        try await forgetApprovals(in: arena)
        #expect(try await arena.reconcile(exits: nil)["accepted"] != .null)
        #expect(try await arena.dmzPass()["accepted"] == .null)
        #expect(try await arena.change() == nil)
        let report = try await arena.audited(exits: 2)
        #expect(report["findings"] == [], "\(report)")
    }

    /// A change of the policy that bob and dave have signed.
    private func propose(_ version: Int, in arena: Arena) async throws {
        try arena.edit("policy.yaml") {
            $0.replacing(
                /metadata: {name: default}\nspec:\n(  version: [0-9]+\n)?/,
                with: "metadata: {name: default}\nspec:\n  version: \(version)\n")
        }
        try await arena.commit("Policy \(version)")
        let digest = try await arena.changeDigest()
        for actor in [Arena.Actor.bob, .dave] { try await arena.approve(digest, as: actor) }
    }

    /// Takes away all refs of records.
    private func forgetApprovals(in arena: Arena) async throws {
        let refs = try await arena.git(
            .alice, "--git-dir", arena.origin, "for-each-ref", "--format=%(refname)", "refs/heads/approvals")
        let records = refs.split(separator: "\n").map(String.init).filter { $0.contains("/POL-") }
        #expect(!records.isEmpty)
        for ref in records {
            try await arena.git(.alice, "--git-dir", arena.origin, "update-ref", "-d", ref)
        }
    }
}
