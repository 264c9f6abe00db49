// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import TestKit

/// Well-formed and really signed: by the wrong person, at the wrong place, at the wrong time, for the wrong thing.
enum MeaningAttacks {
    /// A digest that no work order has.
    static let nobodys = "sha256:" + String(repeating: "5d", count: 32)
    static let all = keys + people + places + subjects + meetings + requesters + elsewhere

    private static let keys: [CorpusCase] = [
        .signed("by a stranger", .refused("UnknownKey", "no key of anybody"), by: "mallory"),
        .signed(
            "by a stranger under bob's name and address", .refused("UnknownKey", "no key of anybody"), by: "mallory"
        ) {
            $0.words.comment = "It is me, bob."
        },
        .signed("by the recorder", .refused("UnknownKey", "recorder's key of zone default"), by: "recorder"),
        .signed("by a forge", .refused("UnknownKey", "key of the forge hub"), by: "hub"),
        .signed("by a key that only the tip declares", .refused("UnknownKey", "no key of anybody"), by: "newt"),
        .signed(
            "by the key that the tip gives to a person in force", .refused("UnknownKey", "no key of anybody"),
            by: "heidi-new"),
        .signed(
            "by a key that the tip has taken away", .refused("UnknownKey", "no longer in the branch's tip"), by: "heidi"
        ),
        .signed(
            "by an expired key, dated when it was valid", .refused("KeyNotValidAtFirstSeen", "was valid until"),
            by: "ivan"
        ) {
            $0.committed = "1767000000 +0000"
        },
        .signed(
            "by an expired key that the tip makes valid again", .refused("KeyNotValidAtFirstSeen", "was valid until"),
            by: "ivan"),
        .signed("by a key that is not valid yet", .refused("KeyNotValidAtFirstSeen", "is valid from"), by: "kate"),
        .signed(
            "by a revoked key that the tip forgives, dated before", .refused("KeyRevoked", "revoked from"), by: "judy"
        ) {
            $0.committed = "1767000000 +0000"
        },
        .signed("by the key of a laptop that was stolen", .refused("KeyRevoked", "revoked from"), by: "leo"),
    ]

    private static let people: [CorpusCase] = [
        .signed(
            "by who asked, whom only the tip lets approve", .refused("SelfApproval", "alice signed the commit"),
            by: "alice"),
        .signed("by one of another level", .refused("NotInGroup", "dave is not among group:pki"), by: "dave"),
        .signed("by one whom the tip puts into the group", .refused("NotInGroup", "erin is not among"), by: "erin"),
        .signed("by one whom the tip puts out of the group", .refused("NotInGroup", "frank is not among"), by: "frank"),
        .signed("by a robot of the group", .refused("NotInGroup", "is a robot"), by: "acme-bot"),
        .signed("a rejection by somebody who decides nothing", .refused("NotInGroup", "cannot reject"), by: "erin") {
            $0.words.decision = "reject"
        },
        .signed("a cancellation by somebody who did not ask", .refused("NotInGroup", "cannot cancel"), by: "erin") {
            $0.words.decision = "cancel"
        },
        .signed("a robot that takes back", .refused("NotInGroup", "is a robot"), by: "acme-bot") {
            $0.words.decision = "revoke"
        },
        .signed(
            "a stranger who takes back what bob gave", .refused("UnknownKey", "no key of anybody"), on: "n31", by: "eve"
        ) {
            $0.words.decision = "revoke"
        },
        .signed("one whom only the tip declares, who takes back what bob gave", .unheard, on: "n31", by: "mallory") {
            $0.words.decision = "revoke"
        },
        .signed("dave, who takes back what bob gave", .unheard, on: "n31", by: "dave") { $0.words.decision = "revoke" },
    ]

    private static let places: [CorpusCase] = [
        .standing("on the branch in force", on: { try await $0.git(["rev-parse", "main"]) }),
        .standing(
            "on an approval, whose tree is a status commit's",
            on: { try await $0.put(try $0.draft(for: "n01"), by: "bob") }),
        .standing("on a status commit that a stranger forged", on: { try await $0.forgedStatus(by: "mallory") }),
        .standing("on one by a recorder whom only the tip declares", on: { try await $0.forgedStatus(by: "scribe") }),
        .standing("on one by bob himself", on: { try await $0.forgedStatus(by: "bob") }),
        .standing("on one that nobody signed", on: { try await $0.forgedStatus(by: nil) }),
        .standing("another repository's, status commit and all", on: { try await $0.forgedStatus(by: "carol") }) {
            $0.words.repository = "6f1c2a0e-0000-4000-8000-000000000000"
        },
        CorpusCase("with the tree of the branch in force", .refused("NotTreeIdentical", "not that of its parent")) {
            world, draft in
            var draft = draft
            draft.tree = try await world.git(["rev-parse", "main^{tree}"])
            return try await world.put(draft, by: "bob")
        },
        .signed("with an older status commit's tree", .refused("NotTreeIdentical", "not that of its parent")) {
            $0.tree = $0.status.older.tree
        },
        CorpusCase("a stranger's text that bob's rebase signed", .refused("NotOnStatus", "no status commit")) {
            world, draft in
            // It lies on a branch that bob was asked to look at; his git signs whatever it makes.
            let text = try await world.store(draft.payload)
            _ = try await world.git(["update-ref", "refs/heads/helpful", text])
            let arena = world.arena
            try await arena.git(.bob, "fetch", "-q", "origin")
            try await arena.git(.bob, "checkout", "-q", "-B", "work", "origin/main")
            try await arena.git(.bob, "cherry-pick", "--allow-empty", "--keep-redundant-commits", "origin/helpful")
            let made = try await arena.git(.bob, "rev-parse", "HEAD")
            try await arena.git(.bob, "push", "-q", "origin", "HEAD:refs/heads/bob/work")
            return made
        },
    ]

    private static let subjects: [CorpusCase] = [
        .signed("for another repository", .refused("WrongRepository", "is not this one")) {
            $0.words.repository = "6f1c2a0e-0000-4000-8000-000000000000"
        },
        .signed("over a digest that is nobody's", .refused("StaleDigest", "no open work order has")) {
            $0.words.workOrders = [nobodys]
        },
        .signed("by a stranger over a digest that is nobody's", .refused("UnknownKey", "no key of anybody"), by: "eve")
        {
            $0.words.workOrders = [nobodys]
        },
        .signed("for another repository's work order", .refused("WrongRepository", "is not this one")) {
            $0.words.repository = "6f1c2a0e-0000-4000-8000-000000000000"
            $0.words.workOrders = [nobodys]
        },
        .signed("a work order as if it were a policy change", .refused("UnknownLevel", "no level `policyChange`")) {
            $0.words.level = "policyChange"
        },
        .signed("at a level that there is not", .refused("UnknownLevel", "did you mean approve?")) {
            $0.words.level = "aprove"
        },
        .signed("at a level in another letter case", .refused("UnknownLevel", "no level `Approve`")) {
            $0.words.level = "Approve"
        },
        .signed("as an emergency", .refused("UnknownLevel", "emergency")) {
            $0.edit { $0 + "Countersign-Class: emergency\n" }
        },
        .signed("as the review of an emergency", .refused("UnknownLevel", "no emergency to review")) {
            $0.words.decision = "review"
        },
        .signed("dated so that it has expired", .refused("ApprovalExpired", "expired")) { $0.date(-73 * 3600) },
        .signed("held back for three months", .refused("ApprovalExpired", "expired"), by: "carol") {
            $0.date(-90 * 86400)
        },
        .signed("for a window that is over", .refused("ApprovalExpired", "is over")) {
            $0.words.implementation = NearMisses.window($0, -8, -4)
        },
        .signed("the last level, before the first", .refused("TooEarly", "approve was not complete"), by: "dave") {
            $0.words.level = "implement"
        },
    ]

    /// Records that meet others.
    private static let meetings: [CorpusCase] = [
        .signed("bob's second at one level", .refused("SamePersonTwice", "bob has signed approve already"), on: "twice")
        {
            $0.words.comment = "And once more."
        },
        .signed(
            "bob's second, with his other key", .refused("SamePersonTwice", "bob has signed"), on: "twice",
            by: "bob-rsa"),
        .signed(
            "bob at the other level too, as only the tip allows",
            .refused("SamePersonTwice", "bob has signed approve already"), on: "twice"
        ) {
            $0.words.level = "implement"
        },
        .signed(
            "the second of two, by the first one's other key", .refused("SamePersonTwice", "bob has signed"), on: "pay",
            by: "bob-p384"),
        CorpusCase("the second of two: the first one's signature, which holds in another form too", .unheard, on: "pay")
        { world, draft in
            try await world.store(try await world.twin(of: "bob's first (pay)"))
        },
        .signed(
            "one of the group that decided before the tip", .refused("NotInGroup", "alice is not among"), on: "pay",
            by: "alice"),
        .signed(
            "the last level, where one of two have signed and the tip wants one",
            .refused("TooEarly", "approve was not complete"), on: "pay", by: "dave"
        ) {
            $0.words.level = "implement"
        },
        .signed("a wider window than was approved", .refused("ScheduleWidened", "approved is"), on: "sched", by: "dave")
        {
            $0.words.level = "implement"
            $0.words.implementation = NearMisses.window($0, 40, 45)
        },
        .signed(
            "at once, where a window was approved", .refused("ScheduleWidened", "to push at once"), on: "sched",
            by: "dave"
        ) {
            $0.words.level = "implement"
        },
        .signed("after a rejection", .refused("AlreadyUsed", "after carol had rejected it"), on: "closed"),
        .signed(
            "a second thought after a rejection", .refused("AlreadyUsed", "after carol had rejected it"), on: "closed",
            by: "carol"),
        .signed(
            "the last level, after the first was taken back", .refused("TooEarly", "approve was not complete"),
            on: "undone", by: "dave"
        ) {
            $0.words.level = "implement"
        },
    ]

    private static let requesters: [CorpusCase] = [
        .signed(
            "by the author of what a forge squashed and signed", .refused("SelfApproval", "bob signed the commit"),
            on: "squash"),
        .signed(
            "by the co-author of what somebody squashed", .refused("SelfApproval", "bob signed the commit"),
            on: "coauthor"),
        .signed(
            "by the author of what somebody rebased", .refused("SelfApproval", "bob signed the commit"), on: "rebase"),
        .signed(
            "by one whose commit a merge with -s ours hides", .refused("SelfApproval", "bob signed the commit"),
            on: "ours"),
        .signed(
            "by one who chose between two in a merge", .refused("SelfApproval", "carol signed the commit"),
            on: "threw-away", by: "carol"),
        .signed(
            "by one who made the certificate long before it was bound",
            .refused("SelfApproval", "carol signed the commit"), on: "early", by: "carol"),
    ]

    /// A good record where nobody looks for one.
    private static let elsewhere: [CorpusCase] = [
        .signed("on a tag", .unheard, at: .at("refs/tags/approvals/bob")),
        .signed("as a note", .unheard, at: .at("refs/notes/approvals")) { $0.words.comment = "As a note." },
        .signed("on a person's branch", .unheard, at: .at("refs/heads/bob/approvals")) {
            $0.words.comment = "On a branch."
        },
        .signed("beside the approvals", .unheard, at: .at("refs/heads/approvals-2/bob")) {
            $0.words.comment = "Beside."
        },
        .signed("below another zone's status branch", .unheard, at: .at("refs/heads/countersign/status/other")) {
            $0.words.comment = "As a status."
        },
    ]
}

extension CorpusCase {
    /// Bob's record on a commit that is made first, with that commit's tree.
    fileprivate static func standing(
        _ name: String, on parent: @escaping @Sendable (CorpusWorld) async throws -> String,
        _ change: @escaping @Sendable (inout Draft) -> Void = { _ in }
    ) -> CorpusCase {
        CorpusCase(name, .refused("NotOnStatus", "no status commit")) { world, draft in
            var draft = draft
            change(&draft)
            let commit = try await parent(world)
            (draft.parents, draft.tree) = ([commit], try await world.git(["rev-parse", commit + "^{tree}"]))
            return try await world.put(draft, by: "bob")
        }
    }
}

extension CorpusWorld {
    /// What a status commit looks like, with the real one's tree, by somebody who may not make one.
    fileprivate func forgedStatus(by signer: String?) async throws -> String {
        var draft = try draft(for: "shop")
        (draft.parents, draft.author, draft.committer) = (
            [], "recorder <recorder@example.com>", "recorder <recorder@example.com>"
        )
        draft.write("Status of zone default\n")
        guard let signer else { return try await store(draft.payload) }
        return try await put(draft, by: signer)
    }

    /// The same record with the ECDSA signature's s replaced by n - s: as valid, and another commit id.
    fileprivate func twin(of name: String) async throws -> [UInt8] {
        guard let object = made[name] else { throw FixtureError("no \(name)") }
        let text = try await git(["cat-file", "commit", object]) + "\n"
        guard let start = text.firstRange(of: "gpgsig "),
            let end = text.firstRange(of: " -----END SSH SIGNATURE-----\n")
        else {
            throw FixtureError("not signed: \(text)")
        }
        let armor = text[start.upperBound..<end.upperBound].replacing("\n ", with: "\n")
        var parts = try SignatureParts(armor: Array(armor.utf8))
        // string algorithm, string (mpint r, mpint s)
        let algorithm = Wire.string("ecdsa-sha2-nistp256")
        let inner = Array(parts.signature.dropFirst(algorithm.count + 4))
        let r = 4 + Int(inner[3])
        let s = Array(inner[(r + 4)...])
        let order: [UInt8] = [
            0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad,
            0xa7, 0x17,
            0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
        ]
        parts.signature =
            algorithm + Wire.string(Array(inner[..<r]) + Wire.string(Self.mpint(Self.difference(order, s))))
        let payload = text[..<start.lowerBound] + text[end.upperBound...]
        return Self.commit(Array(payload.utf8), parts.armor())
    }

    /// left - right, as big-endian bytes, right being the smaller.
    private static func difference(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
        let padded = Array(repeating: 0, count: max(0, left.count - right.count)) + right.suffix(left.count)
        var (borrow, result) = (0, left)
        for index in left.indices.reversed() {
            let value = Int(left[index]) - Int(padded[index]) - borrow
            borrow = value < 0 ? 1 : 0
            result[index] = UInt8(truncatingIfNeeded: value)
        }
        return result
    }

    private static func mpint(_ bytes: [UInt8]) -> [UInt8] {
        let short = Array(bytes.drop { $0 == 0 })
        return (short.first ?? 0) >= 0x80 ? [0] + short : short
    }
}
