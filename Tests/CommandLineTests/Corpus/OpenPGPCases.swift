// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestKit

/// Signatures that gpg made: what is wrong with them, and what is not.
enum OpenPGPCases {
    static let attacks: [CorpusCase] = [
        .signed("by a gpg key of nobody", .refused("UnknownKey", ""), by: "eve-gpg"),
        .signed("by another gpg key that lies in bob's file", .refused("UnknownKey", ""), by: "stray-gpg"),
        .signed(
            "by a gpg key that had expired, dated before", .refused("KeyNotValidAtFirstSeen", "was valid until"),
            by: "grace-gpg"
        ) { $0.committed = "1767225600 +0000" },
        gpg(
            "with gpg over SHA-1", .refused("WeakKey", "SHA-1"), ["--allow-weak-digest-algos", "--digest-algo", "SHA1"]
        ) { $0 },
        gpg("with gpg, and a comment in the armor", malformed, ["--comment", "approved by all"]) { $0 },
        gpg(
            "with gpg, and a notation that must be understood", malformed,
            ["--sig-notation", "!level@example.com=implement"]
        ) { $0 },
        gpg("with gpg, its lines of another width", malformed) { armored($0, columns: 76) },
        gpg("with gpg, twice in one armor", malformed) { armored($0 + $0) },
        gpg("with gpg, and a byte behind the packet", malformed) { armored($0 + [0]) },
        gpg("with gpg, cut off", malformed) { armored($0.dropLast(3)) },
        gpg("with gpg, one bit of the signature turned", .refused("BadSignature", "")) { packet in
            var packet = Array(packet)
            packet[packet.count - 9] ^= 1
            return armored(packet)
        },
        CorpusCase("with gpg, over another record", .refused("BadSignature", "")) { world, draft in
            let armor = try await world.armor(over: try world.draft(for: "n01").payload, by: "bob-gpg")
            return try await world.store(CorpusWorld.commit(draft.payload, armor))
        },
        CorpusCase("with gpg and SSH in one header", malformed) { world, draft in
            let both =
                try await world.armor(over: draft.payload, by: "bob-gpg")
                + (try await world.armor(over: draft.payload, by: "bob"))
            return try await world.store(CorpusWorld.commit(draft.payload, both))
        },
        CorpusCase("with gpg and SSH in two headers", malformed) { world, draft in
            let one = CorpusWorld.commit(draft.payload, try await world.armor(over: draft.payload, by: "bob"))
            return try await world.store(
                CorpusWorld.commit(one, try await world.armor(over: draft.payload, by: "bob-gpg")))
        },
        .signed("bob's second, with gpg", .refused("SamePersonTwice", "bob has signed"), on: "twice", by: "bob-gpg"),
    ]

    static let nearMisses: [CorpusCase] = [
        .signed("with gpg's primary key", .counts, on: "n32", by: "bob-gpg"),
        .signed("with a subkey of gpg's", .counts, on: "n33", by: "bob-gpg-subkey"),
        gpg("with gpg, without the checksum of the armor", .counts, on: "n34") { armored($0) },
    ]

    private static let malformed = CorpusCase.Verdict.refused("Malformed", "")

    /// Bob's good signature by gpg, its packet put together otherwise; where `options` are given, the armor as gpg writes it.
    private static func gpg(
        _ name: String, _ verdict: CorpusCase.Verdict, on slot: String = "shop", _ options: [String] = [],
        _ change: @escaping @Sendable ([UInt8]) throws -> [UInt8]
    ) -> CorpusCase {
        CorpusCase(name, verdict, on: slot) { world, draft in
            let armor = try await world.gpgArmor(over: draft.payload, by: "bob-gpg", options)
            let made = options.isEmpty ? try change(try packet(of: armor)) : armor
            return try await world.store(CorpusWorld.commit(draft.payload, made))
        }
    }

    private static func packet(of armor: [UInt8]) throws -> [UInt8] {
        let lines = String(decoding: armor, as: UTF8.self).split(separator: "\n").dropFirst().dropLast()
        guard let data = Data(base64Encoded: lines.filter { !$0.hasPrefix("=") }.joined()) else {
            throw FixtureError("no armor: \(lines)")
        }
        return Array(data)
    }

    private static func armored(_ packet: some Collection<UInt8>, columns: Int = 64) -> [UInt8] {
        let text = Data(packet).base64EncodedString()
        let lines = stride(from: 0, to: text.count, by: columns).map { String(text.dropFirst($0).prefix(columns)) }
        return Array(
            (["-----BEGIN PGP SIGNATURE-----", ""] + lines + ["-----END PGP SIGNATURE-----", ""]).joined(
                separator: "\n"
            ).utf8)
    }
}
