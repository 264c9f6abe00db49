// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Planning
import Testing
import Vocabulary

@Suite("What is known of a revocation") struct RevocationTests {
    static let now = World.start
    static let revoked = RevocationAnswer.Revoked(at: now - .days(1), reason: "keyCompromise")

    private static func answer(
        _ revoked: RevocationAnswer.Revoked? = nil, of thisUpdate: Timestamp = now, until: Timestamp? = now + .hours(4)
    ) -> RevocationAnswer {
        RevocationAnswer(revoked: revoked, source: .ocsp, thisUpdate: thisUpdate, nextUpdate: until)
    }

    @Test("is kept until the answer's own nextUpdate, and asked from that second on") func kept() {
        let known = Revocation.after(Self.answer(), former: nil, at: Self.now)
        #expect(known.status == .good && known.since == Self.now && known.source == .ocsp)
        let end = Self.now + .hours(4)
        #expect(!known.isDue(at: end - 1) && known.isDue(at: end))
        #expect(known.lapsed(at: end - 1).status == .good)
        #expect(known.lapsed(at: end).status != .good && known.lapsed(at: end).since == end)
    }

    @Test("is asked after a week at the latest, and after an hour where an answer says no time") func asked() {
        let long = Revocation.after(Self.answer(until: Self.now + .days(400)), former: nil, at: Self.now)
        #expect(long.askAgain == Self.now + .days(7) && long.goodUntil == Self.now + .days(400))
        let open = Revocation.after(Self.answer(until: nil), former: nil, at: Self.now)
        #expect(open.askAgain == Self.now + .hours(1) && open.goodUntil == Self.now + .days(1))
    }

    @Test("stays good through a failure until it lapses, and is unknown since then") func soft() {
        let known = Revocation.after(Self.answer(), former: nil, at: Self.now)
        let (early, end) = (Self.now + .hours(4) - 1, Self.now + .hours(4))
        let still = Revocation.after(failure: "no answer", former: known, at: early)
        #expect(still.status == .good && still.since == Self.now && still.askAgain == end)
        let gone = Revocation.after(failure: "no answer", former: still, at: end + .hours(1))
        #expect(gone.status == .unknown("no answer") && gone.since == end)
        #expect(gone.askAgain == end + .hours(1) + .minutes(15))
        // The first reason stands: nothing changes while nobody answers.
        let later = Revocation.after(failure: "another reason", former: gone, at: end + .hours(2))
        #expect(later.status == gone.status && later.since == gone.since)
        let back = Revocation.after(
            Self.answer(of: end + .hours(3), until: end + .hours(9)), former: later, at: end + .hours(3))
        #expect(back.status == .good && back.since == end + .hours(3))
    }

    @Test("begins as unknown where nobody ever answered") func never() {
        let known = Revocation.after(failure: "refused", former: nil, at: Self.now)
        #expect(known.status == .unknown("refused") && known.since == Self.now && known.source == nil)
        #expect(!known.isDue(at: Self.now + .minutes(15) - 1) && known.isDue(at: Self.now + .minutes(15)))
    }

    @Test("once revoked stays so, whatever fails, and whatever older word is shown") func revokedStays() {
        let known = Revocation.after(Self.answer(Self.revoked), former: nil, at: Self.now)
        #expect(known.isRevoked)
        let year = Self.now + .days(365)
        #expect(Revocation.after(failure: "no answer", former: known, at: year).isRevoked)
        #expect(known.lapsed(at: year).isRevoked)
        let older = Self.answer(of: Self.now - 1, until: Self.now + .days(3))
        #expect(Revocation.after(older, former: known, at: Self.now + 60).isRevoked)
        let same = Self.answer(until: Self.now + .days(3))
        #expect(Revocation.after(same, former: known, at: Self.now + 60).isRevoked)
        // Taken off hold: its authority says so later than it said the other.
        let lifted = Self.answer(of: Self.now + 1, until: Self.now + .days(3))
        #expect(Revocation.after(lifted, former: known, at: Self.now + 60).status == .good)
    }

    @Test("makes a connector black, blocks its certificate, and is told of an old leaf, too") func shown() async throws {
        var world = try await SyncTests.pushed()
        let leaf = try #require(try world.view("shop").holding?.leaf)
        world.history.revocations[leaf] = .after(Self.answer(Self.revoked), former: nil, at: world.now)
        #expect(try world.view("shop").colour == .black)
        world.history.revocations[leaf] = .after(failure: "no answer", former: nil, at: world.now)
        #expect(try world.view("shop").colour == .yellow)
        #expect(try world.view("shop").revocation?.status == .unknown("no answer"))
        try world.certificate("shop", leaf: "renewed")
        #expect(try !world.blocks("shop").contains(.certificateRevoked))
        world.history.revocations[try world.mill.leaf("renewed")] = .after(
            Self.answer(Self.revoked), former: nil, at: world.now)
        #expect(try world.blocks("shop").contains(.certificateRevoked))
    }
}

@Suite("Where revocation is asked") struct AskingRuleTests {
    struct Row: Sendable {
        var address: String
        var named: [String]
        var mayBeAsked: Bool
    }
    static let rows: [Row] =
        ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"].map { Row(address: $0, named: [], mayBeAsked: true) }
        + [
            "10.0.0.5", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "192.0.2.2", "198.18.0.1", "240.0.0.1",
            "fd00::2", "2001:db8::1", "64:ff9b::a00:5", "2002:a00:5::1", "::ffff:10.0.0.5",
        ].flatMap { [Row(address: $0, named: [], mayBeAsked: false), Row(address: $0, named: ["ocsp.example"], mayBeAsked: true)] }
        + [
            "127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1", "169.254.169.254", "fe80::1", "0.0.0.0", "::", "224.0.0.1",
            "255.255.255.255", "ff02::1",
        ].map { Row(address: $0, named: ["ocsp.example", $0], mayBeAsked: false) }
        + [
            Row(address: "172.32.0.1", named: [], mayBeAsked: true), Row(address: "172.15.255.255", named: [], mayBeAsked: true),
            Row(address: "10.0.0.5", named: ["10.0.0.5"], mayBeAsked: true),
            Row(address: "10.0.0.5", named: ["OCSP.Example"], mayBeAsked: true),
            Row(address: "10.0.0.5", named: ["crl.example"], mayBeAsked: false),
        ]

    @Test("is public, or named by the zone, and never this machine or its link", arguments: rows)
    func row(_ row: Row) throws {
        let address = try #require(IPAddress(row.address))
        let objection = AskingRule(revocationHosts: row.named).objection(to: address, of: "ocsp.example")
        #expect((objection == nil) == row.mayBeAsked, "\(row): \(objection ?? "")")
    }
}
