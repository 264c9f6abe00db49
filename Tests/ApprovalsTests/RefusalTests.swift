// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Approvals
import Declarations
import Testing
import Vocabulary

@Suite("A record that does not count") struct RefusalTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var code: Refusal.Code
        var what: String
        var message: String
        var arrange: @Sendable (inout Stage) -> Void
        var testDescription: String { "\(code.rawValue): \(what)" }
    }

    static let saturday = Stage.window(40 * hour, 44 * hour)

    /// In each, exactly one record is refused, an hour after the start.
    static let rows: [Row] = [
        Row(code: .unknownKey, what: "a stranger's key", message: "is no key of anybody in the trust set in force") {
            $0.sign("stranger", "approve", seen: 0)
        },
        Row(code: .unknownKey, what: "the recorder's key", message: "the recorder's key of zone default") {
            $0.sign("recorder", "approve", seen: 0)
        },
        Row(code: .unknownKey, what: "a forge's key", message: "the key of the forge hub") {
            $0.sign("hub", "approve", seen: 0)
        },
        Row(
            code: .unknownKey, what: "a key that the tip took away",
            message: "bob's in the trust set in force, but no longer"
        ) {
            $0.tip = Stage.set { $0.people[name("bob")] = nil }
            $0.sign("bob", "approve", seen: 0)
        },
        Row(
            code: .unknownKey, what: "a key that only the tip gives",
            message: "is no key of anybody in the trust set in force"
        ) {
            $0.tip = Stage.set { $0.people[name("bob")]?.spec.keys.append(Stage.key("new")) }
            $0.sign("new", "approve", seen: 0)
        },
        Row(code: .unknownKey, what: "a key that two people declare", message: "is no key of anybody") {
            $0.inForce = Stage.set { $0.people[name("dave")]?.spec.keys.append(Stage.key("bob")) }
            $0.sign("bob", "approve", seen: 0)
        },
        Row(code: .unknownKey, what: "a key that the tip gives to another", message: "no longer in the branch's tip") {
            $0.tip = Stage.set {
                $0.people[name("bob")]?.spec.keys = [Stage.key("else")]
                $0.people[name("dave")]?.spec.keys = [Stage.key("bob")]
            }
            $0.sign("bob", "approve", seen: 0)
        },
        Row(code: .keyNotValidAtFirstSeen, what: "a key from tomorrow", message: "bob's key is valid from") {
            $0.inForce = Stage.set {
                $0.people[name("bob")]?.spec.keys = [Stage.key("bob", notBefore: Stage.start + 1)]
            }
            $0.sign("bob", "approve", seen: 0)
        },
        Row(
            code: .keyNotValidAtFirstSeen, what: "a key of yesterday, in the tip alone",
            message: "bob's key was valid until"
        ) {
            $0.tip = Stage.set { $0.people[name("bob")]?.spec.keys = [Stage.key("bob", notAfter: Stage.start - 1)] }
            // A committer date within its time changes nothing.
            $0.sign("bob", "approve", seen: 0, committed: -hour)
        },
        Row(code: .keyRevoked, what: "a revoked key", message: "bob's key is revoked from") {
            $0.tip = Stage.set { $0.people[name("bob")]?.spec.keys = [Stage.key("bob", revokedFrom: Stage.start)] }
            $0.sign("bob", "approve", seen: 0)
        },
        Row(code: .notOnStatus, what: "not on the status branch", message: "no status commit: it is not signed") {
            let refusal = Placement.refusal(
                of: Stage.record("bob", "approve", seen: 0).signed.record, on: .other("it is not signed"))
            $0.records.append(Stage.record("bob", "approve", seen: 0, placement: refusal))
        },
        Row(code: .notTreeIdentical, what: "with another tree", message: "its tree is not that of its parent") {
            let refusal = Placement.refusal(
                of: Stage.record("bob", "approve", seen: 0).signed.record, on: .statusCommit(tree: Stage.id("evil")))
            $0.records.append(Stage.record("bob", "approve", seen: 0, placement: refusal))
        },
        Row(code: .malformed, what: "dated ahead", message: "counts once that time has come") {
            $0.sign("bob", "approve", seen: nil, committed: hour + 301)
        },
        Row(code: .wrongRepository, what: "for another repository", message: "which is not this one") {
            $0.records.append(
                Stage.record("bob", "approve", seen: 0, repository: "6f1c2a0e-0000-4000-8000-00000000ffff"))
        },
        Row(code: .alreadyUsed, what: "after the push had begun", message: "came after the push had begun") {
            $0.subject.implementingSince = Stage.start - 1
            $0.sign("bob", "approve", seen: 0)
        },
        Row(code: .alreadyUsed, what: "after the end", message: "came after it had been decided") {
            $0.subject.endedAt = Stage.start - 1
            $0.sign("bob", "approve", .revoke, seen: 0)
        },
        Row(code: .alreadyUsed, what: "after a rejection", message: "came after dave had rejected it") {
            $0.sign("dave", "approve", .reject, seen: -1)
            $0.sign("bob", "approve", seen: 0)
        },
        Row(
            code: .unknownLevel, what: "a level that there is not",
            message: "no level `aprove`; it has approve and implement; did you mean approve?"
        ) {
            $0.sign("bob", "aprove", seen: 0)
        },
        Row(code: .unknownLevel, what: "a review without an emergency", message: "no emergency to review") {
            $0.sign("bob", "approve", .review, seen: 0)
        },
        Row(code: .unknownLevel, what: "an emergency", message: "signed as an emergency") {
            $0.records.append(Stage.record("bob", "approve", seen: 0, emergency: true))
        },
        Row(
            code: .notInGroup, what: "of somebody else's level",
            message: "carol is not among group:pki, who sign approve"
        ) {
            $0.sign("carol", "approve", seen: 0)
        },
        Row(code: .notInGroup, what: "of one whom the tip took out of the group", message: "bob is not among group:pki")
        {
            $0.tip = Stage.set { $0.groups[group("pki")]?.spec.members = [name("dave")] }
            $0.sign("bob", "approve", seen: 0)
        },
        Row(
            code: .notInGroup, what: "of one whom only the tip put into the group",
            message: "carol is not among group:pki"
        ) {
            $0.tip = Stage.set { $0.groups[group("pki")]?.spec.members.append(name("carol")) }
            $0.sign("carol", "approve", seen: 0)
        },
        Row(code: .notInGroup, what: "a robot's", message: "rob is a robot") { $0.sign("rob", "approve", seen: 0) },
        Row(code: .notInGroup, what: "a robot's revoke", message: "rob is a robot") {
            $0.sign("rob", "approve", .revoke, seen: 0)
        },
        Row(
            code: .notInGroup, what: "a reject by the requester who may not approve",
            message: "may not approve this at any level"
        ) {
            $0.inForce = Stage.set { $0.groups[group("pki")]?.spec.members = [name("bob")] }
            $0.sign("alice", "approve", .reject, seen: 0)
        },
        Row(code: .notInGroup, what: "a cancel by an outsider", message: "neither asked for this") {
            $0.subject.levels[1].approvers = [.person(name("carol"))]
            $0.sign("erin", "approve", .cancel, seen: 0)
        },
        Row(
            code: .selfApproval, what: "the requester's",
            message: "alice signed the commit that changed certificates/shop.pem (\(Stage.id("the change").short))"
        ) { $0.sign("alice", "approve", seen: 0) },
        Row(code: .samePersonTwice, what: "twice at one level", message: "bob has signed approve already") {
            $0.sign("bob", "approve", seen: 0)
            $0.sign("bob", "approve", seen: 1)
        },
        Row(code: .samePersonTwice, what: "one person at both levels", message: "max has signed approve already") {
            $0.sign("max", "approve", seen: 0)
            $0.sign("max", "implement", seen: 1)
        },
        Row(
            code: .tooEarly, what: "implement before approve",
            message: "carol signed implement when approve was not complete"
        ) {
            $0.sign("carol", "implement", seen: 0)
            $0.sign("bob", "approve", seen: 1)
        },
        Row(code: .approvalExpired, what: "a backdated one", message: "bob's signature expired") {
            $0.sign("bob", "approve", seen: 0, committed: -72 * hour)
        },
        Row(
            code: .approvalExpired, what: "one whose window is over",
            message: "the time for which bob signed approve is over"
        ) {
            $0.sign("bob", "approve", seen: 0, .scheduled(Stage.window(60, 3600)))
        },
        Row(code: .scheduleWidened, what: "a wider window", message: "carol signed for") {
            $0.sign("bob", "approve", seen: 0, .scheduled(saturday))
            $0.sign("carol", "implement", seen: 1, .scheduled(Stage.window(40 * hour, 44 * hour + 1)))
        },
        Row(
            code: .scheduleWidened, what: "at once, outside the approved window",
            message: "carol signed to push at once"
        ) {
            $0.sign("bob", "approve", seen: 0, .scheduled(saturday))
            $0.sign("carol", "implement", seen: 1)
        },
        Row(code: .scheduleWidened, what: "two of one level that never meet", message: "which never meets") {
            $0.subject.levels[0].count = 2
            $0.sign("bob", "approve", seen: 0, .scheduled(saturday))
            $0.sign("dave", "approve", seen: 1, .scheduled(Stage.window(64 * hour, 68 * hour)))
        },
        Row(code: .revoked, what: "taken back", message: "bob took it back") {
            $0.sign("bob", "approve", seen: 0)
            $0.sign("bob", "implement", .revoke, seen: 1)
        },
    ]

    @Test("is refused with its code and one sentence", arguments: rows)
    func refused(row: Row) throws {
        var stage = Stage()
        row.arrange(&stage)
        let judgement = stage.judged(at: hour)
        #expect(judgement.codes == [row.code])
        let message = try #require(judgement.refused.first).refusal.message
        #expect(message.contains(row.message), "\(message)")
        #expect(!judgement.isComplete)
    }

    @Test("by a stranger, or for another repository, is just that, whatever digest he names")
    func fault() {
        var stage = Stage()
        stage.sign("stranger", "approve", seen: 0, subject: .workOrders([Stage.other]))
        stage.sign("stranger", "approve", .revoke, seen: 0, subject: .workOrders([Stage.other]))
        stage.sign("bob", "approve", seen: 0, subject: .workOrders([Stage.other]))
        stage.records.append(
            Stage.record("bob", "approve", seen: 0, repository: "6f1c2a0e-0000-4000-8000-00000000ffff"))
        let judge = Judge(inForce: stage.inForce, tip: stage.tip, now: Stage.start + 10)
        let codes = stage.records.map { judge.fault(of: $0)?.code }
        #expect(codes == [.unknownKey, .unknownKey, nil, .wrongRepository])
    }

    @Test("covers every code that counting gives")
    func allCodes() {
        let byReading: Set<Refusal.Code> = [.unsigned, .badSignature, .wrongNamespace, .weakKey, .mergeCommit]
        let covered = Set(Self.rows.map(\.code)).union([.staleDigest]).union(byReading)
        #expect(covered == Set(Refusal.Code.allCases))
    }
}
