// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestKit

/// What is wrong with the commit itself: its text, its headers, its signature.
enum FormAttacks {
    static let all = texts + headers + signatures + armors + OpenPGPCases.attacks

    private static func malformed(_ words: String) -> CorpusCase.Verdict { .refused("Malformed", words) }

    /// Each text that is no record's, really signed by bob.
    private static let texts: [CorpusCase] = MalformedText.all.map { text in
        .signed(text.name, malformed("")) { $0.message = text.bytes(of: $0.words.message, digest: $0.digest) }
    }

    private static let headers: [CorpusCase] = [
        .signed("an encoding", malformed("encoded in `ISO-8859-1`")) { $0.headers = ["encoding ISO-8859-1"] },
        .signed("a header that git does not know", malformed("header `reviewer`")) { $0.headers = ["reviewer carol"] },
        .signed("a merged tag", malformed("header `mergetag`")) {
            $0.headers = [
                "mergetag object \($0.parents[0])", " type commit", " tag v1", " tagger bob <bob@example.com> 0 +0000",
            ]
        },
        .signed("two trees", malformed("`tree` twice")) { $0.headers = ["tree \($0.status.older.tree)"] },
        .signed("two committers", malformed("`committer` twice")) {
            $0.headers = ["committer bob <bob@example.com> 0 +0000"]
        },
        .signed("its headers in another order", malformed("not where git puts it")) {
            var head = $0.standardHead
            head.swapAt(2, 3)
            $0.head = head
        },
        .signed("one parent twice", malformed("one parent twice")) { $0.parents += $0.parents },
        .signed("no parent", malformed("no parent")) { $0.parents = [] },
        .signed("two status commits as parents", .refused("MergeCommit", "2 parents")) {
            $0.parents.append($0.status.older.commit)
        },
        .signed("an author without a space before the address", malformed("author is not")) {
            $0.author = "bob<bob@example.com>"
        },
        .signed("a committer in angle brackets twice over", malformed("committer is not")) {
            $0.committer = "bob <bob@example.com> <alice@example.com>"
        },
        .signed("a control byte in the author's name", malformed("control byte")) {
            $0.author = "bo\u{1}b <bob@example.com>"
        },
        .signed("a date that no calendar has", malformed("committer is not")) {
            $0.committed = "9999999999999999999 +0000"
        },
        .signed("a date before 1970", malformed("committer is not")) { $0.committed = "-86400 +0000" },
        .signed("an hour ahead of now", malformed("counts once that time has come")) { $0.date(3600) },
        .signed("dated in 2099, when a key will be valid", malformed("counts once"), by: "kate") {
            $0.committed = "4071600000 +0000"
        },
        CorpusCase("an annotated tag in its place", malformed("does not point at a commit")) { world, draft in
            let commit = try await world.put(draft, by: "bob")
            let text =
                "object \(commit)\ntype commit\ntag approval\ntagger bob <bob@example.com> \(draft.now) +0000\n\n"
            return try await world.store(Array((text + draft.words.message).utf8), type: "tag")
        },
        CorpusCase("a blob in its place", malformed("does not point at a commit")) { world, draft in
            try await world.store(try await world.signed(draft, by: "bob"), type: "blob")
        },
    ]

    private static let signatures: [CorpusCase] = [
        CorpusCase("no signature", .refused("Unsigned", "not signed")) { world, draft in
            try await world.store(draft.payload)
        },
        CorpusCase("no signature, but another's name", .refused("Unsigned", "not signed")) { world, draft in
            var draft = draft
            draft.words.comment = "carol says so"
            (draft.author, draft.committer) = ("carol <carol@example.com>", "carol <carol@example.com>")
            return try await world.store(draft.payload)
        },
        CorpusCase("its signature in the message, as a tag has it", malformed("")) { world, draft in
            try await world.store(draft.payload + (try await world.armor(over: draft.payload, by: "bob")))
        },
        CorpusCase("its signature under another header", malformed("`gpgsig-sha256`")) { world, draft in
            let armor = try await world.armor(over: draft.payload, by: "bob")
            return try await world.store(CorpusWorld.commit(draft.payload, armor, header: "gpgsig-sha256"))
        },
        .altered("two signature headers", malformed("more than one signature")) { try $0.repeatingSignature(by: "") },
        CorpusCase("a stranger's signature beside bob's", malformed("more than one signature")) { world, draft in
            let theirs = CorpusWorld.commit(draft.payload, try await world.armor(over: draft.payload, by: "mallory"))
            return try await world.store(
                CorpusWorld.commit(theirs, try await world.armor(over: draft.payload, by: "bob")))
        },
        .altered("two armors in one header", malformed("armor is not canonical")) {
            try $0.repeatingSignature(by: " ")
        },
        .altered("its comment changed", .refused("BadSignature", "does not fit")) {
            $0.replacing("Agreed with netops.", with: "Agreed with nobody.")
        },
        .altered("its level changed", .refused("BadSignature", "does not fit")) {
            $0.replacing("Countersign-Level: approve", with: "Countersign-Level: implement")
        },
        .altered("its window opened", .refused("BadSignature", "does not fit")) {
            $0.replacing(
                "Implementation: manual", with: "Implementation: scheduled 2026-01-01T00:00:00Z/2099-01-01T00:00:00Z")
        },
        .altered("its date changed", .refused("BadSignature", "does not fit")) {
            $0.replacing(/committer bob <bob@example.com> [0-9]+/) { _ in "committer bob <bob@example.com> 1767225600" }
        },
        .altered("its author changed", .refused("BadSignature", "does not fit")) {
            $0.replacing("author bob <bob@example.com>", with: "author eve <eve@example.com>")
        },
        CorpusCase("moved onto another status commit", .refused("BadSignature", "does not fit")) { world, draft in
            let text = String(decoding: try await world.signed(draft, by: "bob"), as: UTF8.self)
            return try await world.store(Array(text.replacing(world.tip.commit, with: world.older.commit).utf8))
        },
        CorpusCase("the signature of bob's record for another slot", .refused("BadSignature", "does not fit")) {
            world, draft in
            let other = try world.draft(for: "n01")
            return try await world.store(
                CorpusWorld.commit(draft.payload, try await world.armor(over: other.payload, by: "bob")))
        },
        CorpusCase("a signature over the bytes with the header in them", .refused("BadSignature", "does not fit")) {
            world, draft in
            let whole = try await world.signed(draft, by: "bob")
            return try await world.store(
                CorpusWorld.commit(draft.payload, try await world.armor(over: whole, by: "bob")))
        },
        CorpusCase("made for a file", .refused("WrongNamespace", "made for \"file\"")) { world, draft in
            let armor = try await world.armor(over: draft.payload, by: "bob", namespace: "file")
            return try await world.store(CorpusWorld.commit(draft.payload, armor))
        },
        CorpusCase("made for a namespace that only looks like git's", .refused("WrongNamespace", "not for \"git\"")) {
            world, draft in
            let armor = try await world.armor(over: draft.payload, by: "bob", namespace: "Git")
            return try await world.store(CorpusWorld.commit(draft.payload, armor))
        },
        .signed("by an RSA key of 2048 bits", .refused("WeakKey", "2048"), by: "weak-rsa"),
        .signed("by a P-521 key", .refused("WeakKey", "521"), by: "weak-p521"),
        CorpusCase("by a security key that nobody touched", .refused("BadSignature", "")) { world, draft in
            let armor = try await world.securityKey.sign(draft.payload, flags: 0)
            return try await world.store(CorpusWorld.commit(draft.payload, armor))
        },
        CorpusCase("a copy of what was seen, under a broken signature", .unheard, on: "n30") { world, draft in
            // The same words, date and key as the record that counts: it changes nothing about that.
            var parts = try SignatureParts(armor: try await world.armor(over: draft.payload, by: "bob"))
            parts.signature[parts.signature.count - 9] ^= 1
            return try await world.store(CorpusWorld.commit(draft.payload, parts.armor()))
        },
    ]

    private static let armors: [CorpusCase] = [
        .resealed("lines of another width", malformed("canonical"), columns: 64),
        .resealed("a reserved field that is not empty", malformed("reserved")) { parts, _ in parts.reserved = [1] },
        .resealed("another version of the signature's form", malformed("version")) { parts, _ in parts.version = 2 },
        .resealed("a hash that is weak", malformed("sha256 nor sha512")) { parts, _ in parts.hash = "sha1" },
        .resealed("another hash than was signed", .refused("BadSignature", "")) { parts, _ in
            parts.hash = "sha256"
        },
        .resealed("bob's key over mallory's signature", .refused("BadSignature", ""), by: "mallory") { parts, world in
            parts.key = try CorpusWorld.blob(try world.key(of: "bob").key)
        },
        .resealed("an OpenSSH certificate for his key", .refused("UnknownKey", "certificate")) { parts, world in
            // The certificate says of bob's own key whatever its issuer likes.
            let (bob, issuer) = (try world.key(of: "bob"), try world.key(of: "mallory"))
            try await run("ssh-keygen", "-q", "-s", issuer.path, "-I", "bob", "-n", "bob", bob.path + ".pub")
            parts.key = try CorpusWorld.blob(try String(contentsOfFile: bob.path + "-cert.pub", encoding: .utf8))
        },
        .resealed("RSA over SHA-1", .refused("WeakKey", "SHA-1"), by: "bob-rsa") { parts, _ in
            parts.signature = Wire.string("ssh-rsa") + parts.signature.dropFirst(16)
        },
        .altered("text behind the armor's end", malformed("after its end")) {
            $0.replacing(" -----END SSH SIGNATURE-----\n", with: " -----END SSH SIGNATURE-----\n and more\n")
        },
        .altered("text before the armor", malformed("begin")) {
            $0.replacing("gpgsig -----BEGIN", with: "gpgsig hello\n -----BEGIN")
        },
        .altered("a signature that is cut off", malformed("")) {
            guard let end = $0.firstRange(of: "=\n -----END") ?? $0.firstRange(of: "\n -----END") else { return $0 }
            return String($0[..<$0.index(end.lowerBound, offsetBy: -8)] + "\n -----END" + $0[end.upperBound...])
        },
        .altered("X.509 armor", .refused("UnknownKey", "X.509")) {
            $0.replacing("SSH SIGNATURE", with: "SIGNED MESSAGE")
        },
    ]
}

extension CorpusWorld {
    /// The wire form in `ssh-ed25519 AAAA… comment`.
    static func blob(_ line: String) throws -> [UInt8] {
        let words = line.split(separator: " ")
        guard words.count >= 2, let data = Data(base64Encoded: String(words[1])) else {
            throw FixtureError("no key: \(line)")
        }
        return Array(data)
    }
}

extension String {
    /// A signed commit with its armor once more: as another header, or after `mark` within the same one.
    fileprivate func repeatingSignature(by mark: String) throws -> String {
        guard let start = firstRange(of: "gpgsig ")?.lowerBound,
            let end = firstRange(of: " -----END SSH SIGNATURE-----\n")?.upperBound
        else { throw FixtureError("no signature: \(self)") }
        let header = self[start..<end]
        return String(self[..<end]) + (mark.isEmpty ? String(header) : mark + header.dropFirst("gpgsig ".count))
            + self[end...]
    }
}
