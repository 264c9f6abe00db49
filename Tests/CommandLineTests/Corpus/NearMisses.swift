// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestKit

/// What looks odd and must count: each at a slot of its own, approved by bob unless it says otherwise.
enum NearMisses {
    static let all: [CorpusCase] =
        [
            CorpusCase("made by stock git alone", .counts, on: "n01") { world, draft in
                let commit = try await world.arena.sign(draft.words.message, as: .bob)
                return try await world.store(try await world.arena.raw(commit, as: .bob))
            },
            .signed("with foreign trailers", .counts, on: "n02") {
                $0.edit { $0 + "Signed-off-by: Bob <bob@example.com>\nReviewed-by: Dave <dave@example.com>\n" }
            },
            .signed("with a folded foreign trailer", .counts, on: "n03") { $0.edit { $0 + "Note: one\n  two\n" } },
            .signed("with its trailers in another order", .counts, on: "n04") {
                $0.edit { text in
                    let paragraphs = text.split(separator: "\n\n")
                    let lines = (paragraphs.last ?? "").split(separator: "\n").reversed()
                    return paragraphs.dropLast().joined(separator: "\n\n") + "\n\n" + lines.joined(separator: "\n")
                        + "\n"
                }
            },
            .signed("without a comment", .counts, on: "n05") {
                $0.edit { $0.replacing("\nAgreed with netops.\n", with: "") }
            },
            .signed("of nothing but trailers", .counts, on: "n06") {
                $0.edit { String($0[($0.firstRange(of: "Countersign-Record")?.lowerBound ?? $0.startIndex)...]) }
            },
            .signed("that quotes our own words", .counts, on: "n07") {
                $0.words.comment = "> Countersign-Level: implement\nshe wrote, and I agree."
            },
            .signed("in any language", .counts, on: "n08") { $0.words.comment = "Einverstanden — 同意, é, ✅, العربية" },
            .signed("without a line feed at its end", .counts, on: "n09") { $0.edit { String($0.dropLast()) } },
            .signed("with empty lines at its end", .counts, on: "n10") { $0.edit { $0 + "\n\n\n" } },
            CorpusCase("over several work orders, one of them stale", .counts, on: "n11") { world, draft in
                var draft = draft
                draft.words.workOrders += [try world.draft(for: "n12").digest, MeaningAttacks.nobodys]
                return try await world.put(draft, by: "bob")
            },
            .signed("on an older status commit", .counts, on: "n13") {
                ($0.parents, $0.tree) = ([$0.status.older.commit], $0.status.older.tree)
            },
            .signed("dated four minutes ahead", .counts, on: "n14") { $0.date(240) },
            .signed("dated 71 hours ago", .counts, on: "n15") { $0.date(-71 * 3600) },
            .signed("with somebody else's name as author and committer", .counts, on: "n16") {
                ($0.author, $0.committer) = ("mallory <mallory@example.com>", "alice <alice@example.com>")
            },
            .signed("with an author's date of 1970, and a committer's zone at the date line", .counts, on: "n17") {
                ($0.authored, $0.committed) = ("0 -1200", "\($0.now) +1400")
            },
            CorpusCase("signed over SHA-256 in place of SHA-512", .counts, on: "n18") { world, draft in
                let armor = try await world.armor(over: draft.payload, by: "bob", options: ["-O", "hashalg=sha256"])
                return try await world.store(CorpusWorld.commit(draft.payload, armor))
            },
            .signed("by an RSA key of 3072 bits", .counts, on: "n19", by: "bob-rsa"),
            .signed("by a P-256 key", .counts, on: "n20", by: "bob-p256"),
            .signed("by a P-384 key", .counts, on: "n21", by: "bob-p384"),
            .signed("by a security key that was touched", .counts, on: "n22", by: "bob-security-key"),
            .signed("on a ref of any name", .counts, on: "n23", at: .at("refs/heads/approvals/what/ever/名前")),
            .signed("on two refs", .counts, on: "n24"),
            .signed("on two refs, the second of them", .counts, on: "n24", at: .at("refs/heads/approvals/again")),
            .signed("for a window that is open, its times in two zones", .counts, on: "n25") { draft in
                let zones = (TimeZone(secondsFromGMT: 3600), TimeZone(secondsFromGMT: -5 * 3600))
                func text(_ seconds: Int64, _ zone: TimeZone?) -> String {
                    let style = Date.ISO8601FormatStyle(timeZone: zone ?? .gmt).year().month().day().time(
                        includingFractionalSeconds: false
                    )
                    .timeZone(separator: .colon)
                    return Date(timeIntervalSince1970: Double(draft.now + seconds)).formatted(style)
                }
                draft.words.implementation = "scheduled \(text(-3600, zones.0))/\(text(8 * 3600, zones.1))"
            },
            .signed("with acknowledgements", .counts, on: "n26") {
                $0.edit {
                    $0
                        + "Countersign-Acknowledge: changes 120\nCountersign-Acknowledge: holds-other\nCountersign-Acknowledge: endpoint-down [2001:db8::1]:443\n"
                }
            },
            .signed("taken back", .unheard, on: "n27") {
                $0.words.decision = "revoke"
                $0.date(-7200)
            },
            .signed("signed again after it was taken back", .counts, on: "n27"),
            .signed("with a comment of 200,000 bytes", .counts, on: "n28") {
                $0.words.comment = Array(repeating: String(repeating: "word ", count: 14), count: 2850).joined(
                    separator: "\n")
            },
            .signed("by a person whose key the tip changes for nobody", .counts, on: "n29", by: "carol"),
            .signed("beside a copy under a broken signature", .counts, on: "n30"),
            .signed("that somebody else tries to take back", .counts, on: "n31"),
        ] + OpenPGPCases.nearMisses

    static let slots = all.map(\.slot).reduce(into: ["n12"]) { if !$0.contains($1) { $0.append($1) } }

    /// What counts where an attack follows: seen by a pass before the attacks come.
    static let before: [CorpusCase] = [
        .signed("bob's first", .counts, on: "twice").earlier(),
        .signed("bob's first", .counts, on: "pay", by: "bob-p256").earlier(),
        .signed("for saturday night", .counts, on: "sched") { draft in
            draft.words.implementation = window(draft, 40, 44)
        }.earlier(),
        .signed("carol's rejection", .unheard, on: "closed", by: "carol") { $0.words.decision = "reject" }.earlier(),
        .signed("bob's, taken back", .refused("Revoked", "bob took it back"), on: "undone") { $0.date(-3600) }
            .earlier(),
        .signed("bob takes it back", .unheard, on: "undone") { $0.words.decision = "revoke" }.earlier(),
    ]

    static func window(_ draft: Draft, _ from: Int64, _ to: Int64) -> String {
        func text(_ hours: Int64) -> String {
            Date(timeIntervalSince1970: Double(draft.now + hours * 3600)).formatted(.iso8601)
        }
        return "scheduled \(text(from))/\(text(to))"
    }
}
