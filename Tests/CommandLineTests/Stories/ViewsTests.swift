// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestKit
import Testing
import Vocabulary

@Suite("Looking after a push") struct ViewsAfterPushTests {
    @Test(
        "the topology, the inventory, the explanation and the report tell what was pushed, what it replaced and by whom"
    )
    func told() async throws {
        let (arena, renewed, digest) = try await Arena.signed()
        try await arena.reconcile(exits: 0)
        let (new, old, id) = (renewed.leaf.prefix(8), arena.old.leaf.prefix(8), HandmadeRecord.id(of: digest))

        let tree = try await arena.countersign(as: .bob, "topology", Arena.certificate, exits: 0).output
        let lines = tree.split(separator: "\n").map(String.init)
        #expect(lines[1].hasPrefix("shop-example-com  \(new)  blue: 46 days left  issuer CN=Example CA"))
        #expect(lines[2].contains("├─ edge-1-shop"))
        #expect(lines[2].contains("In Sync") && lines[2].contains("REQ-") && lines[2].contains("\(id) Completed"))
        #expect(lines[2].hasSuffix("by dave"))
        #expect(lines[3].contains("127.0.0.1:\(arena.nginx.port) shop.example.com  \(new) served"))
        #expect(lines[4].contains("└─ old \(old)  yellow: "))
        #expect(lines[4].contains("Out of Sync: Superseded by \(new)"))

        // The old leaf's installation is out of sync, the new one's in sync; the gateway says the same as a reader.
        for actor in [Arena.Actor.bob, .gateway] {
            let inventory = try await arena.countersign(as: actor, "certificates", "--format", "json", exits: 0).json
            let shop = try #require(inventory["certificates"]?.first(where: "name", is: Arena.certificate))
            #expect(shop["colour"] == "blue")
            let installations = try #require(shop["installations"]?.array)
            #expect(installations.map { $0["leaf"]?.string } == [renewed.leaf, arena.old.leaf])
            #expect(installations.map { $0["sync"] } == ["InSync", "OutOfSync"])
            #expect(installations[1]["syncReason"] == "Superseded")
            #expect(installations[1]["colour"] == "yellow")
        }
        let status = try await arena.status()
        #expect(status["certificates"]?.array?.first?["installations"]?.array?.count == 2)

        let explained = try await arena.countersign(as: .bob, "explain", id, "--format", "json", exits: 0).json
        #expect(explained["kind"] == "finished")
        #expect(explained["state"] == "Completed")
        #expect(explained["given"]?.array?.map { $0["person"] } == ["bob", "dave"])
        #expect(explained["given"]?.array?.map { $0["level"] } == ["approve", "implement"])
        let request = try #require(explained["request"]?.string)
        let whole = try await arena.countersign(as: .bob, "explain", request, "--format", "json", exits: 0).json
        #expect(whole["workOrders"] == [.string(id)])
    }

    @Test("an old certificate that stays in the inventory is out of sync where a new one took its place")
    func twoCertificates() async throws {
        let arena = try await Arena.made()
        try await arena.reconcile(exits: 0)
        let renewed = try await arena.authority.issue("next", days: 60)
        try arena.keep(keyOf: renewed)
        try arena.write(renewed.chain, to: "certificates/next.pem")
        try arena.edit("shop.yaml") { shop in
            shop.replacing("spec: {certificate: shop-example-com,", with: "spec: {certificate: shop-next,") + """
                ---
                apiVersion: countersign/v1
                kind: Certificate
                metadata: {name: shop-next}
                spec: {chain: certificates/next.pem, privateKey: {file: "\(arena.folder.file("private"))/{spki}.key"}}

                """
        }
        try await arena.commit("Bind the next certificate")
        let digest = try await arena.digest()
        try await arena.approve(digest)
        try await arena.implement(digest)
        try await arena.reconcile(exits: 0)

        let inventory = try await arena.countersign(as: .bob, "certificates", "--format", "json", exits: 0).json
        let old = try #require(inventory["certificates"]?.first(where: "name", is: Arena.certificate))
        #expect(old["declared"] == true)
        #expect(old["state"] == "NoConnector")
        let gone = try #require(old["installations"]?.array?.first)
        #expect(gone["connector"]?.string == Arena.connector)
        #expect((gone["sync"], gone["syncReason"]) == ("OutOfSync", "Superseded"))
        #expect(gone["supersededBy"]?.string == renewed.leaf)
        let next = try #require(inventory["certificates"]?.first(where: "name", is: "shop-next"))
        #expect(next["installations"]?.array?.map { $0["sync"] } == ["InSync"])
    }

    @Test("the report has each push once, and its share; asked again it begins where it ended")
    func reported() async throws {
        let (arena, _, digest) = try await Arena.signed()
        let before = try await arena.countersign(as: .gateway, "report", "--format", "json", exits: 0).json
        #expect(before["summary"] == ["total": 0, "successful": 0, "failed": 0, "successfulPercent": .null])
        try await arena.reconcile(exits: 0)
        let report = try await arena.countersign(as: .gateway, "report", "--format", "json", exits: 0).json
        #expect(report["summary"] == ["total": 1, "successful": 1, "failed": 0, "successfulPercent": 100])
        let push = try #require(report["pushes"]?.array?.first)
        #expect(push["digest"]?.string == digest)
        #expect(push["validation"] == "matched")
        let again = try await arena.countersign(as: .gateway, "report", exits: 0).output
        #expect(again.contains("No push."))
        let all = try await arena.countersign(
            as: .gateway, "report", "--since", "2020-01-01T00:00:00Z", "--format", "markdown", exits: 0
        ).output
        #expect(all.hasPrefix("**1 push: 1 successful (100 %), 0 failed (0 %)**"))
    }

    @Test("a failed push counts as one, with what the device said")
    func failed() async throws {
        // Reload says that it worked and does nothing: the old certificate is served, and the push is undone.
        let (arena, _, _) = try await Arena.signed { $0.reload = ["/bin/true"] }
        try await arena.reconcile(exits: 4)
        let report = try await arena.countersign(as: .gateway, "report", "--format", "json", exits: 0).json
        #expect(report["summary"]?["failed"] == 1)
        #expect(report["pushes"]?.array?.first?["successful"] == false)
        #expect(report["pushes"]?.array?.first?["message"]?.string?.isEmpty == false)
        let tree = try await arena.countersign(as: .bob, "topology", exits: 0).output
        #expect(tree.contains("gray: push failed"))
    }

    @Test("verify asks the endpoints now: 0 where all serve what was pushed, 2 where one does not or cannot be reached")
    func verified() async throws {
        let (arena, renewed, _) = try await Arena.signed()
        try await arena.reconcile(exits: 0)
        let good = try await arena.countersign(as: .bob, "verify", "--format", "json", exits: 0).json
        #expect(good["summary"] == ["total": 1, "matched": 1, "differed": 0, "unreachable": 0])
        #expect(good["endpoints"]?.array?.first?["served"]?.string == renewed.leaf)

        // A renewal that waits for signatures makes nothing wrong.
        try await arena.renew(days: 60)
        #expect(try await arena.countersign(as: .bob, "verify", exits: 0).output.contains("1 matched, 0 differed"))

        try arena.folder.write(arena.old.chain, to: "slot/shop.crt")
        try arena.folder.write(arena.old.key, to: "slot/shop.key", mode: 0o600)
        try await arena.nginx.halt()
        let away = try await arena.countersign(as: .bob, "verify", "--format", "json", exits: 2).json
        #expect(away["summary"] == ["total": 1, "matched": 0, "differed": 0, "unreachable": 1])
        #expect(away["endpoints"]?.array?.first?["reason"]?["code"] == "refused")
        try await arena.nginx.restart()
        let other = try await arena.countersign(as: .bob, "verify", "--format", "json", exits: 2).json
        let report = arena.folder.file("verify.xml")
        try await arena.countersign(as: .bob, "verify", "--junit", report, exits: 2)
        let suites = try arena.folder.readText("verify.xml")
        #expect(suites.contains("<testsuites name=\"countersign verify\" tests=\"1\" failures=\"1\" errors=\"0\">"))
        #expect(suites.contains("<testcase classname=\"edge-1-shop\" name=\"127.0.0.1:\(arena.nginx.port) shop.example.com\">"))
        #expect(suites.contains("<failure message=\"differed\">\(arena.old.leaf.prefix(8)) served, expected"))
        let endpoint = try #require(other["endpoints"]?.array?.first)
        #expect(endpoint["verdict"] == "differed")
        #expect(endpoint["expected"]?.string == renewed.leaf)
        #expect(endpoint["served"]?.string == arena.old.leaf)
    }

    @Test("show tells where a resource stands, what it names and what names it")
    func shown() async throws {
        let arena = try await Arena.made()
        let text = try await arena.countersign(as: .bob, "show", Arena.connector, exits: 0).output
        #expect(text.hasPrefix("AppConnector/edge-1-shop  shop.yaml:8\n"))
        #expect(text.contains("  refers to\n    Device/edge-1\n"))
        #expect(text.contains("  referred to by\n    Binding/shop-edge\n"))
        let group = try await arena.countersign(as: .bob, "show", "group/pki", "--format", "json", exits: 0).json
        let resource = try #require(group["resources"]?.array?.first)
        #expect(resource["inForce"] == true)
        #expect(resource["referredBy"]?.array?.first?["how"] == "approves at level approve")
        let refused = try await arena.refusal(as: .bob, "show", "edge-1-shp")
        #expect(refused.code == "UnknownName")
        #expect(refused.said.contains("did you mean edge-1-shop?"))
    }
}

@Suite("The inventory") struct InventoryTests {
    @Test("is chosen by what ends soon and by labels, and told as CSV, old leaves and undeclared ones with it")
    func chosen() async throws {
        let (arena, renewed, _) = try await Arena.signed()
        try await arena.reconcile(exits: 0)
        try arena.edit("shop.yaml") {
            $0.replacing(
                "metadata: {name: shop-example-com}",
                with: "metadata: {name: shop-example-com, labels: {team: payments}}")
        }
        try await arena.commit("Say whose it is")
        func names(_ arguments: String...) async throws -> [String] {
            let answer = try await arena.countersign(
                arena.globals(of: .bob) + ["certificates", "--format", "json"] + arguments, as: .bob, exits: 0)
            return try answer.json["certificates"]?.array?.compactMap { $0["name"]?.string } ?? []
        }
        #expect(try await names() == [Arena.certificate])
        #expect(try await names("--expiring", "30d").isEmpty)
        #expect(try await names("--expiring", "48d") == [Arena.certificate])
        #expect(try await names("--label", "team=payments") == [Arena.certificate])
        #expect(try await names("--label", "team") == [Arena.certificate])
        #expect(try await names("--label", "team=others").isEmpty)
        #expect(try await names("--label", "team", "--expiring", "1h").isEmpty)
        for wrong in [["--expiring", "30"], ["--expiring", "-1d"], ["--expiring", "soon"], ["--label", "=x"]] {
            try await arena.countersign(arena.globals(of: .bob) + ["certificates"] + wrong, as: .bob, exits: 64)
        }

        // Somebody lays another one into the slot: nobody has declared it.
        let stray = try await arena.authority.issue("stray", days: 5, names: ["=cmd()", Arena.host])
        try arena.folder.write(stray.chain, to: "slot/shop.crt")
        try arena.folder.write(stray.key, to: "slot/shop.key", mode: 0o600)
        try await arena.reconcile(exits: 2)
        let whole = try await arena.countersign(as: .bob, "certificates", "--format", "json", exits: 0).json
        let found = try #require(whole["found"]?.array?.first)
        #expect(found["leaf"]?.string == stray.leaf && found["colour"] == "orange" && found["key"] == "P-256")
        #expect(found["places"]?.array?.first?["connector"]?.string == Arena.connector)
        #expect(found["places"]?.array?.first?["path"]?.string == arena.slot.certificate)
        let text = try await arena.countersign(as: .bob, "certificates", exits: 0).output
        #expect(text.contains("Found, and declared by nobody") && text.contains(String(stray.leaf.prefix(8))))

        let csv = try await arena.countersign(as: .bob, "certificates", "--format", "csv", exits: 0).output
        let lines = csv.components(separatedBy: "\r\n").dropLast().map { $0.components(separatedBy: ",") }
        let heading = try #require(lines.first)
        #expect(lines.allSatisfy { $0.count == heading.count }, "\(csv)")
        func column(_ name: String, _ line: [String]) throws -> String {
            line[try #require(heading.firstIndex(of: name))]
        }
        let states = try lines.dropFirst().map { try column("status", $0) }
        #expect(states.contains("old") && states.contains("found"), "\(states)")
        let foundLine = try #require(try lines.first { try column("status", $0) == "found" })
        #expect(try column("leaf", foundLine) == stray.leaf && column("names", foundLine).hasPrefix("'=cmd()"))
        #expect(csv.contains(renewed.leaf) || csv.contains(arena.old.leaf))
        let declared = try #require(try lines.first { try column("certificate", $0) == Arena.certificate })
        #expect(try column("labels", declared) == "team=payments")
    }

    @Test("shows one certificate whole: what is in it and where it is") func shown() async throws {
        let (arena, renewed, _) = try await Arena.signed()
        try await arena.reconcile(exits: 0)
        let text = try await arena.countersign(as: .bob, "show", Arena.certificate, exits: 0).output
        for part in [
            "issuer  CN=Example CA", "names  shop.example.com www.shop.example.com", "key  P-256, SHA-256 \(renewed.spki)",
            "sha256  \(renewed.leaf)", "edge-1-shop on edge-1, \(arena.slot.certificate): \(renewed.leaf.prefix(8)), blue",
            "old \(arena.old.leaf.prefix(8)) on edge-1-shop",
        ] {
            #expect(text.contains(part), "no \"\(part)\" in \(text)")
        }
        let json = try await arena.countersign(as: .bob, "show", Arena.certificate, "--format", "json", exits: 0).json
        let shop = try #require(json["resources"]?.array?.first?["certificate"])
        #expect(shop["leaf"]?.string == renewed.leaf && shop["spki"]?.string == renewed.spki)
        #expect(shop["installations"]?.array?.count == 2)
        let device = try await arena.countersign(as: .bob, "show", "device/edge-1", "--format", "json", exits: 0).json
        #expect(device["resources"]?.array?.first?["certificate"] == .null)
    }
}
