// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import TestKit
import Testing
import Vocabulary

/// Two of alice, bob and dave may go by an emergency; alice asks for everything.
@Suite("An emergency, audited", AuditWorld(hasEmergency: true)) struct AuditEmergencyTests {
    @Test("is proven by both auditors, its quorum named beside the levels that were not complete")
    func proven() async throws {
        let clone = try await AuditorsClone()
        let report = try await clone.audit(exits: 0)
        let push = try #require(report["workOrders"]?.array?.last)
        #expect(push["digest"]?.string == clone.history.secondDigest && push["proven"] == true)
        let levels = try #require(push["levels"]?.array)
        #expect(levels.compactMap { $0["name"]?.string } == ["approve", "implement", "emergency"])
        #expect(Set(levels.last?["given"]?.array?.compactMap { $0["person"]?.string } ?? []) == ["bob", "dave"])
        #expect(levels[0]["given"] == [] && levels[1]["given"] == [])
    }

    @Test("that the recorder's thief invents goes by what people signed, and by nothing else", arguments: Forged.all)
    func invented(_ forged: Forged) async throws {
        let clone = try await AuditorsClone().renewed(signed: forged.records, began: forged.began)
        // The connector's file still tells of the push before: the thief would change that too.
        let found = try await clone.findings(exits: 2).subtracting(["SequenceHole"])
        #expect(forged.codes.isEmpty ? found.isEmpty : found.isSuperset(of: forged.codes), "\(found.sorted())")
    }

    struct Forged: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var records: [InventedRecord]
        var codes: Set<String>
        var began: Int64 = 0

        init(_ words: String, _ records: [InventedRecord], _ codes: Set<String>, began: Int64 = 0) {
            (testDescription, self.records, self.began) = (words, records, began)
            // A record that does not count is told of beside what is missing for it.
            self.codes = codes.isEmpty || codes == ["OutsideWindow"] ? codes : codes.union(["NotApproved"])
            if !self.codes.subtracting(["NotApproved", "OutsideWindow", "Withdrawn"]).isEmpty {
                self.codes.insert("Refused")
            }
        }

        private static func plain(_ actor: Arena.Actor, _ level: String, _ decision: String = "approve")
            -> InventedRecord
        {
            InventedRecord(actor: actor, level: level) { $0.decision = decision }
        }

        static let all = [
            Forged("by two with a reason", [.emergency(.bob), .emergency(.dave)], []),
            Forged("by one", [.emergency(.bob)], ["NotApproved"]),
            Forged(
                "by one, twice", [.emergency(.bob), .emergency(.bob) { $0.comment = "Again" }], ["SamePersonTwice"]),
            Forged("by who asked for it, and one more", [.emergency(.alice), .emergency(.dave)], ["SelfApproval"]),
            Forged(
                "by one who gives no reason", [.emergency(.bob), .emergency(.dave) { $0.comment = "" }], ["Malformed"]),
            Forged("by a stranger and one more", [.emergency(.mallory), .emergency(.dave)], ["UnknownKey"]),
            Forged(
                "at another level", [.emergency(.bob) { $0.level = "approve" }, .emergency(.dave)], ["UnknownLevel"]),
            Forged("without its class", [plain(.bob, "emergency"), .emergency(.dave)], ["UnknownLevel"]),
            Forged(
                "by one, and by another at a level of the policy", [.emergency(.bob), plain(.dave, "implement")],
                ["TooEarly"]),
            Forged(
                "that one took back", [.emergency(.bob), .emergency(.dave), plain(.bob, "emergency", "revoke")],
                ["Revoked"]),
            Forged(
                "that one took back at another level",
                [.emergency(.bob), .emergency(.dave), plain(.bob, "approve", "revoke")], ["Revoked"]),
            Forged(
                "by one, and the review of another", [.emergency(.bob), plain(.dave, "emergency", "review")],
                ["UnknownLevel"]),
            Forged("five hours late", [.emergency(.bob), .emergency(.dave)], ["OutsideWindow"], began: 5 * 3600),
        ]
    }

    @Test("that somebody had rejected was withdrawn")
    func rejected() async throws {
        let reject = InventedRecord(actor: .bob, level: "approve") { $0.decision = "reject" }
        let clone = try await AuditorsClone().renewed(signed: [.emergency(.bob), .emergency(.dave), reject])
        #expect(try await clone.findings(exits: 2).contains("Withdrawn"))
    }
}
