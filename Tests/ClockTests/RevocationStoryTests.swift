// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Operations
import Planning
import Processes
import Reconciler
import TestKit
import Testing
import Vocabulary

/// One certificate of an authority that can take it back, pushed to a real nginx; the authority's servers listen at an address of
/// the interface lo beyond loopback, which the zone names: what is of loopback is never asked.
private struct Shop {
    let timeline: Timeline
    let authority: RevocationAuthority
    let address: String
    let port: UInt16
    let certificate: IssuedCertificate

    static func pushed(
        responder: (String, UInt16) -> String? = { _, _ in nil }, list: (String, UInt16) -> String? = { _, _ in nil },
        hosts: [String] = [], isUnderIntermediate: Bool = false
    ) async throws -> Shop {
        let address = try addressBeyondLoopback.required
        let asked = ([address] + hosts).map { "\"\($0)\"" }.joined(separator: ", ")
        let timeline = try await Timeline.make { $0.zone = ["revocationHosts: [\(asked)]"] }
        let (arena, port) = (timeline.arena, try freePort())
        let authority = try await RevocationAuthority(in: arena.folder)
        try await timeline.pass()
        let names = [Arena.host, "www.\(Arena.host)"]
        let issued: IssuedCertificate
        if isUnderIntermediate {
            try await authority.issueIntermediate("intermediate", list: "http://\(address):\(port)/ca.crl")
            issued = try await authority.issue("shop", names: names, under: "intermediate")
        } else {
            issued = try await authority.issue(
                "shop", names: names, responder: responder(address, port), list: list(address, port))
        }
        try arena.keep(keyOf: issued)
        try await arena.declare(issued, because: "Have the shop's certificate from another authority")
        let digest = try await timeline.order().digest.required
        try await timeline.approve(digest)
        try await timeline.implement(digest)
        try await timeline.expectPushed()
        return Shop(timeline: timeline, authority: authority, address: address, port: port, certificate: issued)
    }

    /// What the next pass knows.
    func look() async throws -> ConnectorView {
        let report = try await timeline.pass()
        #expect(report.problems.isEmpty, "\(report.words)")
        return try report.plan.plan.connectors.first.required
    }

    func questions() -> Int {
        let log = (try? authority.text("ocsp.log")) ?? ""
        return log.components(separatedBy: "Received request").count - 1
    }
}

@Suite(
    "A certificate that its authority takes back",
    .enabled(if: addressBeyondLoopback != nil, "lo has no address beyond loopback: scripts/test gives it one"))
struct RevocationStoryTests {
    @Test("is unknown while nobody answers, kept for as long as an answer is good, and black once it is revoked")
    func responder() async throws {
        let shop = try await Shop.pushed(responder: { "http://\($0):\($1)/ocsp" })
        let (timeline, authority) = (shop.timeline, shop.authority)
        let arena = timeline.arena

        // Nobody listens there: said, and nothing else is held up.
        let unknown = try await shop.look()
        let began = try unknown.revocation.required
        guard case .unknown(let why) = began.status else { throw FixtureError("\(began)") }
        #expect(began.since == timeline.start && why.contains(shop.address) && unknown.sync == .inSync)
        #expect(unknown.colour == .blue)
        let topology = try await arena.countersign(as: .dave, "topology", exits: 0).output
        #expect(topology.contains("revocation unknown since "), "\(topology)")

        // Asked again after a quarter of an hour, not before.
        let first = try await authority.serve(port: shop.port, minutes: 600)
        try timeline.move(to: .minutes(15) - 1)
        #expect(try await shop.look().revocation == began)
        #expect(shop.questions() == 0)
        try timeline.move(to: .minutes(15))
        let good = try await shop.look()
        let known = try good.revocation.required
        #expect(known.status == .good && known.source == .ocsp && shop.questions() == 1, "\(known)")

        // Revoked meanwhile: nobody asks before the answer's own nextUpdate, and at that second everybody knows.
        first.stop()
        try await authority.revoke("shop")
        let second = try await authority.serve(port: shop.port, minutes: 6000)
        try timeline.move(toTime: try known.goodUntil.required - 1)
        #expect(try await shop.look().revocation?.status == .good)
        #expect(shop.questions() == 0)
        try timeline.move(toTime: try known.goodUntil.required)
        let black = try await shop.look()
        #expect(black.revocation?.isRevoked == true && black.colour == .black)
        second.stop()

        let status = try await arena.status()
        let connector = try #require(status["connectors"]?.array?.first)
        #expect(connector["colour"] == "black")
        let told = try #require(connector["revocation"])
        #expect(told["status"] == "revoked" && told["reason"] == "keyCompromise" && told["source"] == "ocsp")
        #expect(told["revokedAt"]?.string == RevocationAuthority.revokedAt)
        let inventory = try await arena.countersign(as: .bob, "certificates", "--format", "json", exits: 0).json
        let item = try #require(inventory["certificates"]?.first(where: "name", is: Arena.certificate))
        #expect(item["colour"] == "black" && item["revocation"]?["status"] == "revoked")
        let tree = try await arena.countersign(as: .bob, "topology", Arena.certificate, exits: 0).output
        #expect(tree.contains("black: revoked"))
        #expect(tree.contains("revoked at 2026-01-02 03:04 UTC (keyCompromise), says its OCSP responder"), "\(tree)")

        // It is put nowhere any more, whoever asks for it.
        try await arena.countersign(as: .alice, "push", Arena.certificate, "-m", "Once more", exits: 0)
        let order = try await timeline.order()
        #expect(order.blocks.map(\.code) == [.certificateRevoked], "\(order.blocks)")
    }

    @Test("is told by the response that its server staples, before anybody is asked") func stapled() async throws {
        let shop = try await Shop.pushed(responder: { "http://\($0):\($1)/ocsp" })
        let (timeline, authority, folder) = (shop.timeline, shop.authority, shop.timeline.arena.folder)
        func staple(_ response: [UInt8]) async throws {
            try folder.write(response, to: "slot/staple.der")
            try await run(timeline.arena.nginx.reload)
            let (host, port) = (timeline.arena.nginx.address, timeline.arena.nginx.port)
            let wanted = try authority.isRevoked("shop") ? "Cert Status: revoked" : "Cert Status: good"
            try await eventually("nginx staples it") {
                try await run("openssl", "s_client", "-connect", "\(host):\(port)", "-servername", Arena.host, "-status")
                    .outputText.contains(wanted)
            }
        }
        try timeline.arena.nginx.edit {
            $0.replacing(
                "ssl_certificate_key", with: "ssl_stapling on; ssl_stapling_file \(folder.file("slot/staple.der")); ssl_certificate_key")
        }
        try await staple(try await authority.response(about: "shop", minutes: 6000))
        let good = try await shop.look().revocation
        #expect(good?.status == .good && good?.source == .stapled, "\(String(describing: good))")

        // What a server sends is believed where it is newer, without waiting for the old one's end.
        try await authority.revoke("shop", because: "cessationOfOperation")
        let begun = Int64(Date().timeIntervalSince1970)
        try await eventually("the next second") { Int64(Date().timeIntervalSince1970) > begun }
        try await staple(try await authority.response(about: "shop", minutes: 6000))
        let black = try await shop.look()
        #expect(black.colour == .black && black.revocation?.source == .stapled)

        // A stapled response of a stranger says nothing.
        try await authority.restore("shop")
        try await staple(try await authority.response(about: "shop", minutes: 6000, signer: "stranger"))
        #expect(try await shop.look().colour == .black)
        #expect(shop.questions() == 0)
    }

    @Test("is told by the CRL where no responder answers") func listed() async throws {
        let shop = try await Shop.pushed(
            responder: { host, _ in "http://\(host):9/ocsp" }, list: { "http://\($0):\($1)/ca.crl" })
        let (timeline, authority) = (shop.timeline, shop.authority)
        try await authority.list(hours: 48)
        let web = try await authority.publish(at: shop.address, port: shop.port)
        let good = try await shop.look().revocation.required
        #expect(good.status == .good && good.source == .crl, "\(good)")
        try await authority.revoke("shop", because: "superseded")
        try await authority.list(hours: 480)
        try timeline.move(toTime: try good.goodUntil.required)
        let black = try await shop.look()
        #expect(black.colour == .black && black.revocation?.source == .crl)
        withExtendedLifetime(web) {}
    }

    @Test("is black, too, where what issued it was taken back, which is named, and is pushed nowhere")
    func intermediate() async throws {
        let shop = try await Shop.pushed(isUnderIntermediate: true)
        let (timeline, authority, arena) = (shop.timeline, shop.authority, shop.timeline.arena)
        let unknown = try await shop.look()
        #expect(
            unknown.revocation == nil && unknown.colour == .blue,
            "that nobody answers for its issuer says nothing of it")
        try await authority.list(hours: 48)
        let web = try await authority.publish(at: shop.address, port: shop.port)
        try timeline.move(to: .minutes(15))
        #expect(try await shop.look().revocation == nil)

        try await authority.revoke("intermediate", because: "cACompromise")
        try await authority.list(hours: 480)
        try timeline.move(to: .hours(49))
        let black = try await shop.look()
        let issuer = Fingerprint(hashing: try authority.der("intermediate.pem"))
        #expect(black.colour == .black && black.revocation?.isRevoked == true && black.revocation?.issuer == issuer)
        let tree = try await arena.countersign(as: .bob, "topology", Arena.certificate, exits: 0).output
        #expect(
            tree.contains(
                "its issuer \(issuer.short) was revoked at 2026-01-02 03:04 UTC (cACompromise), says its CRL"),
            "\(tree)")
        let inventory = try await arena.countersign(as: .bob, "certificates", "--format", "json", exits: 0).json
        let item = try #require(inventory["certificates"]?.first(where: "name", is: Arena.certificate))
        #expect(item["colour"] == "black" && item["revocation"]?["issuer"]?.string == issuer.hex)
        try await arena.countersign(as: .alice, "push", Arena.certificate, "-m", "Once more", exits: 0)
        let order = try await timeline.order()
        #expect(order.blocks.map(\.code) == [.certificateRevoked], "\(order.blocks)")
        withExtendedLifetime(web) {}
    }

    @Test("is not asked about at loopback, whatever the certificate and the zone say") func loopback() async throws {
        let shop = try await Shop.pushed(
            responder: { "http://127.0.0.1:\($1)/ocsp" }, list: { "http://127.0.0.1:\($1)/ca.crl" }, hosts: ["127.0.0.1"])
        let responder = try await shop.authority.serve(port: shop.port)
        let known = try await shop.look().revocation.required
        guard case .unknown(let why) = known.status else { throw FixtureError("\(known)") }
        #expect(why.contains("127.0.0.1 is never asked") && shop.questions() == 0)
        withExtendedLifetime(responder) {}
    }
}
