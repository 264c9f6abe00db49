// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Processes
import TestKit
import Testing
import Vocabulary

@Suite("A key that is made on the device") struct DeviceKeyTests {
    /// The shop's key has been made elsewhere until today.
    private func arena(_ change: (inout Arena.Setting) -> Void = { _ in }) async throws -> Arena {
        let arena = try await Arena.made(change)
        try arena.edit("shop.yaml") {
            $0.replacing(#/privateKey: \{file: .*\}/#, with: "privateKey: {endpoint: edge-1}")
        }
        try await arena.commit("Have the shop's key made where it is used")
        try await arena.reconcile(exits: 0)
        return arena
    }

    private func request(_ arena: Arena, _ more: String...) async throws -> JSONValue {
        try await arena.countersign(
            arena.globals(of: .gateway) + ["csr", Arena.certificate, "--format", "json"] + more, as: .gateway, exits: 0
        ).json
    }

    @Test("stays there: only the request and the certificate travel, and people sign as ever")
    func story() async throws {
        let arena = try await arena()
        let live = try arena.slotFiles()
        let made = try await request(arena)
        #expect(made["isNewKey"] == true && made["device"] == "edge-1" && made["keyType"] == "p256")
        #expect(made["names"]?.array?.compactMap(\.string) == [Arena.host, "www.\(Arena.host)"])
        #expect(try arena.slotFiles() == live, "what is in use is not touched")
        // Asked again, it is the same key; a new one only where that is wanted.
        let again = try await request(arena)
        #expect(again["isNewKey"] == false && again["spki"] == made["spki"])
        let other = try await request(arena, "--new-key")
        #expect(other["isNewKey"] == true && other["spki"] != made["spki"])
        let text = try #require(made["request"]?.string)
        try arena.folder.write(text, to: "shop.csr")
        let said = try await run(
            "openssl", "req", "-in", arena.folder.file("shop.csr"), "-noout", "-text", "-verify"
        ).outputText
        #expect(
            said.contains("DNS:\(Arena.host), DNS:www.\(Arena.host)") && said.contains("TLS Web Server Authentication"))

        // A chain for any other key waits, whoever signs.
        let stranger = try await arena.authority.issue("stranger", days: 47)
        try await arena.declare(stranger, because: "The wrong one")
        let wrong = try #require(try await arena.plan()["workOrders"]?.array?.first)
        #expect(wrong["state"] == "Blocked" && wrong["reason"]?["code"] == "KeyMismatch")
        #expect(wrong["reason"]?["message"]?.string?.contains("countersign csr \(Arena.certificate)") == true)

        let issued = try await arena.authority.sign(text, "issued", days: 47)
        #expect(issued.spki == made["spki"]?.string)
        try arena.folder.write(issued.chain, to: "issued.pem")
        let key = try arena.folder.write(stranger.key, to: "stranger.key", mode: 0o600)
        try await arena.git(.alice, "checkout", "-q", "main")
        let renew = ["renew", Arena.certificate, "--chain", arena.folder.file("issued.pem")]
        try await arena.countersign(arena.globals(of: .alice) + renew + ["--key", key], as: .alice, exits: 1)
        try await arena.countersign(arena.globals(of: .alice) + renew, as: .alice, exits: 0)
        let digest = try await arena.digest()
        try await arena.approve(digest)
        try await arena.implement(digest)
        try await arena.reconcile(exits: 0)
        #expect(try await arena.served() == issued.leaf)
        let slot = try SlotFile(arena.slot.key)
        #expect(slot.mode == 0o600)
        try await noByteTravelled(arena, key: String(decoding: slot.bytes, as: UTF8.self))

        // What was replaced is kept; the key that is in use is no longer one that waits.
        let next = try await request(arena)
        #expect(next["isNewKey"] == false && next["spki"] == other["spki"], "the other one still waits")
        let audit = try await arena.audited(exits: 0)
        #expect(audit["workOrders"]?.array?.allSatisfy { $0["proven"] == true } == true)
    }

    /// Not a line of it lies anywhere but below the slot's folder.
    private func noByteTravelled(_ arena: Arena, key: String) async throws {
        let line = Data(try #require(key.split(separator: "\n").dropFirst().first).utf8)
        let raw = Data(try CertificateAuthority.der(ofPEM: key)[36..<68])
        var count = 0
        for name in FileManager.default.enumerator(atPath: arena.folder.path)?.allObjects as? [String] ?? [] {
            guard !name.hasPrefix("slot/"), let bytes = FileManager.default.contents(atPath: arena.folder.file(name))
            else {
                continue
            }
            count += 1
            #expect(bytes.range(of: line) == nil && bytes.range(of: raw) == nil, "\(name)")
        }
        #expect(count > 50)
    }

    @Test("is exchanged only when the new certificate is proven: a reload that fails brings key and certificate back")
    func undone() async throws {
        let place = try TemporaryFolder("reload")
        let reload = try place.write(
            "#!/bin/sh\n[ ! -e '\(place.path)/fails' ] || exit 1\nexec \"$@\"\n", to: "reload", mode: 0o755)
        let arena = try await arena { $0.reloadThrough = [reload] }
        let live = try arena.slotFiles()
        let issued = try await arena.authority.sign(
            try #require(try await request(arena)["request"]?.string), "issued", days: 47)
        try await arena.declare(issued, because: "Renew")
        func sign() async throws {
            let digest = try await arena.digest()
            try await arena.approve(digest)
            try await arena.implement(digest)
        }
        try await sign()
        try place.write("", to: "fails")
        try await arena.reconcile(exits: 4)
        #expect(try arena.slotFiles().map(\.bytes) == live.map(\.bytes))
        #expect(try await arena.served() == arena.old.leaf)
        // The key still waits: the same chain is pushed once more, signed anew.
        try FileManager.default.removeItem(atPath: place.file("fails"))
        try await arena.reconcile(exits: 2)
        try await sign()
        try await arena.reconcile(exits: 0)
        #expect(try await arena.served() == issued.leaf)
    }

    @Test("is of the kind and for the names that are declared, also before there is a chain")
    func declared() async throws {
        let arena = try await Arena.made()
        try await arena.reconcile(exits: 0)
        try arena.edit("shop.yaml") {
            $0.replacing(
                #/chain: certificates/shop.pem\n  privateKey: \{file: .*\}/#,
                with: """
                    chain: certificates/made.pem
                      privateKey: {endpoint: edge-1}
                      request: {names: ["\(Arena.host)", "*.shop.example.com"], keyType: rsa2048, usages: [serverAuth, clientAuth]}
                    """)
        }
        try await arena.git(.alice, "checkout", "-q", "-b", "made")
        try await arena.git(.alice, "add", "-A")
        try await arena.git(.alice, "commit", "-q", "-m", "Have the key made there")
        try await arena.git(.alice, "push", "-q", "origin", "made")
        let invalid = try await arena.countersign(as: .alice, "validate", "--ref", "made", exits: 1).errors
        #expect(invalid.contains("countersign csr \(Arena.certificate) asks for it"), "\(invalid)")
        let made = try await request(arena, "--ref", "origin/made")
        #expect(made["keyType"] == "rsa2048" && made["chain"] == "certificates/made.pem")
        try arena.folder.write(try #require(made["request"]?.string), to: "shop.csr")
        let said = try await run("openssl", "req", "-in", arena.folder.file("shop.csr"), "-noout", "-text").outputText
        for words in [
            "2048 bit", "DNS:\(Arena.host), DNS:*.shop.example.com",
            "TLS Web Server Authentication, TLS Web Client Authentication",
            "Digital Signature, Key Encipherment",
        ] { #expect(said.contains(words), "\(said)") }
    }

    @Test("is refused with the reason: elsewhere, unbound, of another source, where nobody may touch, in a cloud")
    func refused() async throws {
        let arena = try await arena()
        func refusal(_ name: String = Arena.certificate) async throws -> String {
            let refused = try await arena.refusal(as: .gateway, "csr", name)
            return "\(refused.code): \(refused.said)"
        }
        #expect(try await arena.refusal(as: .bob, "csr", Arena.certificate).code == "NotTheGateway")
        #expect(try await refusal("shop-example-con").hasPrefix("UnknownName: no certificate is named"))
        let shop = try arena.folder.readText("clones/alice/shop.yaml")
        let devices = try arena.folder.readText("clones/alice/devices.yaml")
        func change(_ why: String, _ edit: (String) -> String, devices other: String? = nil) async throws -> String {
            try arena.write(edit(shop), to: "shop.yaml")
            try arena.write(other ?? devices, to: "devices.yaml")
            try await arena.commit(why)
            return try await refusal()
        }
        let unbound = try await change(
            "Unbind",
            {
                String(
                    $0.prefix(
                        upTo: $0.range(of: "---\napiVersion: countersign/v1\nkind: Binding")?.lowerBound ?? $0.endIndex)
                )
            })
        #expect(unbound.hasPrefix("NoConnector: "), "\(unbound)")
        let other = try await change(
            "Another source", { $0.replacing("{endpoint: edge-1}", with: "{installed: true}") })
        #expect(other.hasPrefix("NotMadeOnDevice: "), "\(other)")
        let cloud = """
            ---
            apiVersion: countersign/v1
            kind: Device
            metadata: {name: cloud-1}
            spec: {kind: aws-acm, zone: default, transport: {local: {}}, aws-acm: {region: eu-central-1}}

            """
        let inCloud = try await change(
            "In a cloud", { $0.replacing("{endpoint: edge-1}", with: "{endpoint: cloud-1}") }, devices: devices + cloud)
        #expect(inCloud.hasPrefix("CloudConnector: ") && inCloud.contains("makes no keys"), "\(inCloud)")
        let validated = try await arena.countersign(as: .alice, "validate", exits: 1).errors
        #expect(validated.contains("is a cloud connector (aws-acm), which makes no keys"), "\(validated)")
    }
}
