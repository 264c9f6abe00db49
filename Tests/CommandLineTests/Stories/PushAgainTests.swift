// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import TestKit
import Testing
import Vocabulary

@Suite("Push to Device") struct PushAgainTests {
    @Test("is not offered without a connector: the topology says so, and asking for it says how to add one")
    func noConnector() async throws {
        let arena = try await Arena.made()
        let spare = try await arena.authority.issue("spare", days: 80, names: ["spare.example.com"])
        try arena.write(spare.chain, to: "certificates/spare.pem")
        try arena.write(
            """
            apiVersion: countersign/v1
            kind: Certificate
            metadata: {name: spare-example-com}
            spec: {chain: certificates/spare.pem, privateKey: {file: "\(arena.folder.file("private"))/{spki}.key"}}

            """, to: "spare.yaml")
        try await arena.commit("Declare a spare certificate")
        try await arena.reconcile(exits: nil)
        let tree = try await arena.countersign(as: .bob, "topology", "spare-example-com", exits: 0).output
        #expect(tree.contains("spare-example-com  \(spare.leaf.prefix(8))  blue: "))
        #expect(tree.contains("└─ no connector"))
        #expect(tree.contains("kind: Binding"))
        #expect(try await arena.countersign(as: .bob, "certificates", exits: 0).output.contains("no connector"))
        let refused = try await arena.refusal(as: .alice, "push", "spare-example-com")
        #expect(refused.code == "NoConnector")
        #expect(refused.said.contains("kind: Binding"))
        #expect(refused.said.contains("certificate: spare-example-com"))
    }

    @Test(
        "asked for again is a signed commit with a comment, needs signatures like any other, and leaves no trace in the work tree"
    )
    func again() async throws {
        let (arena, renewed, _) = try await Arena.signed()
        try await arena.reconcile(exits: 0)
        let answer = try await arena.countersign(
            as: .alice, "push", Arena.certificate, "-m", "The reload hung last night", "--format", "json", exits: 0
        ).json
        #expect(answer["raised"]?.array == [["kind": "Binding", "name": "shop-edge", "push": 1]])
        let commit = try #require(answer["commit"]?.string)
        #expect(try await arena.tip(of: "main") == commit)
        #expect(try await arena.git(.alice, "status", "--porcelain") == "")
        #expect(try await arena.git(.alice, "rev-parse", "HEAD") == commit)
        #expect(try await arena.git(.alice, "diff", "--stat", "HEAD~1", "HEAD").contains("shop.yaml | 2 +-"))
        #expect(try await arena.git(.alice, "cat-file", "commit", commit).contains("gpgsig "))

        let order = try #require(try await arena.plan(as: .bob)["workOrders"]?.array?.first)
        #expect(order["action"] == "replace")
        #expect(order["replaces"]?.string == renewed.leaf)
        #expect(order["requesters"] == ["alice"])
        #expect(order["comment"]?.string?.hasPrefix("The reload hung last night") == true)
        let digest = try #require(order["digest"]?.string)
        // Who asked may not approve; the others push it.
        #expect(try await arena.refusal(as: .alice, "approve", digest, "--yes").code == "SelfApproval")
        try await arena.approve(digest)
        try await arena.implement(digest)
        let pass = try await arena.reconcile(exits: 0)
        #expect(pass["pushes"]?.array?.first?["outcome"] == "Completed")
        try await arena.expectAtRest()
    }

    @Test("to one connector raises that connector's number, and one that is not bound is refused by name")
    func oneConnector() async throws {
        let arena = try await Arena.made()
        let refused = try await arena.refusal(as: .alice, "push", Arena.certificate, "--connector", "edge-1-shp")
        #expect(refused.code == "NoConnector")
        #expect(refused.said.contains("did you mean edge-1-shop?"))
        let answer = try await arena.countersign(
            as: .alice, "push", Arena.certificate, "--connector", Arena.connector, "--format", "json", exits: 0
        ).json
        #expect(answer["raised"]?.array == [["kind": "AppConnector", "name": "edge-1-shop", "push": 1]])
    }

    @Test("never overwrites what its author is editing, and pushes no commit that was not asked for")
    func editing() async throws {
        let arena = try await Arena.made()
        try arena.edit("shop.yaml") { "# half written\n" + $0 }
        let answer = try await arena.countersign(
            as: .alice, "push", Arena.certificate, "--format", "json", exits: 0
        ).json
        #expect(answer["notices"]?.array?.count == 1)
        #expect(try arena.folder.readText("clones/alice/shop.yaml").hasPrefix("# half written\n"))
        #expect(try await arena.tip(of: "main") == answer["commit"]?.string)

        try await arena.git(.bob, "pull", "-q")
        try await arena.git(.bob, "commit", "-q", "--allow-empty", "-m", "Not to be published yet")
        let refused = try await arena.refusal(as: .bob, "push", Arena.certificate)
        #expect(refused.code == "NotPushed")
        #expect(try await arena.tip(of: "main") == answer["commit"]?.string)
    }
}
