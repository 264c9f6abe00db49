// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import TestKit
import Testing

/// One record, how it is made, and what must become of it.
struct CorpusCase: Sendable, CustomTestStringConvertible {
    enum Verdict: Sendable {
        /// With this code, and a sentence in which these words stand.
        case refused(String, String)
        /// It is given at its level.
        case counts
        /// Nobody reads it as a record: it is neither given nor refused.
        case unheard
    }
    enum Place: Sendable {
        /// `approvals/ID/NAME`, as everybody does.
        case usual
        case at(String)
    }
    var name: String
    var verdict: Verdict
    /// The connector whose work order it is for.
    var slot: String
    var place: Place = .usual
    /// Seen by a pass before the others come.
    var isEarlier = false
    /// The object that its ref points at.
    var make: @Sendable (CorpusWorld, Draft) async throws -> String

    var testDescription: String { "\(name) (\(slot))" }

    init(
        _ name: String, _ verdict: Verdict, on slot: String = "shop", at place: Place = .usual,
        _ make: @escaping @Sendable (CorpusWorld, Draft) async throws -> String
    ) {
        (self.name, self.verdict, self.slot, self.place, self.make) = (name, verdict, slot, place, make)
    }

    /// Somebody's own good signature over what is changed before it is signed.
    static func signed(
        _ name: String, _ verdict: Verdict, on slot: String = "shop", by signer: String = "bob",
        at place: Place = .usual, _ change: @escaping @Sendable (inout Draft) throws -> Void = { _ in }
    ) -> CorpusCase {
        CorpusCase(name, verdict, on: slot, at: place) { world, draft in
            var draft = draft
            try change(&draft)
            return try await world.put(draft, by: signer)
        }
    }

    /// Bob's good record, its bytes changed after he has signed it.
    static func altered(
        _ name: String, _ verdict: Verdict, on slot: String = "shop",
        _ change: @escaping @Sendable (String) throws -> String
    ) -> CorpusCase {
        CorpusCase(name, verdict, on: slot) { world, draft in
            let text = String(decoding: try await world.signed(draft, by: "bob"), as: UTF8.self)
            let changed = try change(text)
            guard changed != text else { throw FixtureError("\(name): nothing was changed") }
            return try await world.store(Array(changed.utf8))
        }
    }

    /// Bob's good record, the parts of his signature put together otherwise.
    static func resealed(
        _ name: String, _ verdict: Verdict, on slot: String = "shop", by signer: String = "bob", columns: Int = 70,
        _ change: @escaping @Sendable (inout SignatureParts, CorpusWorld) async throws -> Void = { _, _ in }
    ) -> CorpusCase {
        CorpusCase(name, verdict, on: slot) { world, draft in
            var parts = try SignatureParts(armor: try await world.armor(over: draft.payload, by: signer))
            try await change(&parts, world)
            return try await world.store(CorpusWorld.commit(draft.payload, parts.armor(columns: columns)))
        }
    }

    func earlier() -> CorpusCase {
        var copy = self
        copy.isEarlier = true
        return copy
    }
}

/// A record's commit before it is signed, every part of it open to change.
struct Draft: Sendable {
    var words: HandmadeRecord
    /// In place of what `words` come to.
    var message: [UInt8]?
    var tree: String
    var parents: [String]
    var author = "bob <bob@example.com>"
    var committer = "bob <bob@example.com>"
    var authored: String
    var committed: String
    /// More header lines, after the committer's.
    var headers: [String] = []
    /// In place of all header lines.
    var head: [String]?

    let now: Int64
    let status: (tip: CorpusWorld.Status, older: CorpusWorld.Status)

    /// The one digest of the work order that it is for.
    var digest: String { words.workOrders.first ?? "" }

    mutating func date(_ seconds: Int64) { committed = "\(now + seconds) +0000" }
    mutating func write(_ text: String) { message = Array(text.utf8) }
    mutating func edit(_ change: (String) -> String) { write(change(words.message)) }

    var standardHead: [String] {
        ["tree \(tree)"] + parents.map { "parent \($0)" } + ["author \(author) \(authored)"]
            + ["committer \(committer) \(committed)"] + headers
    }

    var payload: [UInt8] {
        Array(((head ?? standardHead).joined(separator: "\n") + "\n\n").utf8) + (message ?? Array(words.message.utf8))
    }
}
