// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import TestKit
import Testing
import Vocabulary

@Suite("A certificate that somebody installed by hand") struct AdoptTests {
    @Test("is shown as drift, is adopted by a commit and two signatures, and the device is not touched")
    func adopted() async throws {
        let (arena, _, _) = try await Arena.signed()
        try await arena.reconcile(exits: 0)
        let byHand = try await arena.authority.issue("by-hand", days: 40)
        try arena.folder.write(byHand.chain, to: "slot/shop.crt")
        try arena.folder.write(byHand.key, to: "slot/shop.key", mode: 0o600)
        try await run(arena.nginx.reload)
        try await arena.reconcile(exits: 2)
        let drift = try #require(try await arena.plan(as: .bob)["drift"]?.array?.first)
        #expect(drift["found"]?.string == byHand.leaf)
        let live = try arena.slotFiles()

        let answer = try await arena.countersign(
            as: .alice, "adopt", Arena.connector, "-m", "Installed on the phone with the vendor", "--format", "json",
            exits: 0
        ).json
        #expect(answer["leaf"]?.string == byHand.leaf)
        #expect(answer["notices"] == [])
        #expect(try arena.folder.readText("clones/alice/certificates/shop.pem") == byHand.chain)
        #expect(try await arena.git(.alice, "status", "--porcelain") == "")

        try arena.keep(keyOf: byHand)
        let order = try #require(try await arena.plan(as: .bob)["workOrders"]?.array?.first)
        #expect(order["action"] == "adopt")
        #expect(order["comment"]?.string?.hasPrefix("Installed on the phone") == true)
        let digest = try #require(order["digest"]?.string)
        try await arena.approve(digest)
        try await arena.implement(digest)
        try await arena.reconcile(exits: 0)
        #expect(try arena.slotFiles() == live)
        let connector = try #require(try await arena.status()["connectors"]?.array?.first)
        #expect(connector["sync"] == "InSync")
        #expect(connector["syncReason"] == .null)
    }

    @Test("is not adopted where there is nothing to adopt, or its chain is known by its hash only")
    func refused() async throws {
        let arena = try await Arena.made()
        try await arena.reconcile(exits: 0)
        #expect(try await arena.refusal(as: .alice, "adopt", Arena.connector).code == "NothingToAdopt")
        #expect(try await arena.refusal(as: .alice, "adopt", "edge-1-shp").said.contains("did you mean edge-1-shop?"))
        let stranger = try await CertificateAuthority(in: arena.folder, named: "Other CA").issue("theirs", days: 40)
        try arena.folder.write(stranger.chain, to: "slot/shop.crt")
        try arena.folder.write(stranger.key, to: "slot/shop.key", mode: 0o600)
        try await run(arena.nginx.reload)
        try await arena.reconcile(exits: nil)
        let unknown = try await arena.refusal(as: .alice, "adopt", Arena.connector)
        #expect(unknown.code == "ChainUnknown")
    }
}
