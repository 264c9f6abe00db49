// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestKit
import Testing
import Vocabulary

/// What a plain commit can do to a work order that the right people have signed already.
private struct Tampering: Sendable {
    var name: String
    /// Of the work order that was signed, or of its records where there is none of that digest any more.
    var code: String
    var change: @Sendable (Arena) throws -> Void

    static let all = [
        Tampering(name: "other bytes in a file that the device names", code: "AwaitsPolicyChange") { arena in
            try arena.write(arena.old.chain, to: "roots.pem")
        },
        Tampering(name: "another folder below which slots may lie", code: "AwaitsPolicyChange") { arena in
            try arena.edit("devices.yaml") { $0.replacing("slotRoots: [", with: "slotRoots: [\"/etc/ssl\", ") }
        },
        Tampering(name: "the slot at another path", code: "StaleDigest") { arena in
            try arena.edit("shop.yaml") {
                $0.replacing("/shop.crt", with: "/other.crt").replacing("/shop.key", with: "/other.key")
            }
        },
        Tampering(name: "the key readable by others", code: "StaleDigest") { arena in
            try arena.edit("shop.yaml") { $0.replacing("mode: \"0600\"", with: "mode: \"0640\"") }
        },
        Tampering(name: "the certificate that was there before", code: "StaleDigest") { arena in
            try arena.write(arena.old.chain, to: "certificates/shop.pem")
        },
        Tampering(name: "another certificate under the same binding", code: "StaleDigest") { arena in
            try arena.edit("shop.yaml") { text in
                let other = String(text.split(separator: "---\n")[0]).replacing(Arena.certificate, with: "other")
                return text.replacing("certificate: \(Arena.certificate)", with: "certificate: other") + "---\n"
                    + other.replacing("certificates/shop.pem", with: "certificates/old.pem")
            }
            try arena.write(arena.old.chain, to: "certificates/old.pem")
        },
    ]

    /// What makes the tip one that is not read at all, with the words that say why.
    static let invalid = [
        Tampering(name: "a second device for the same machine", code: "share") { arena in
            try arena.edit("devices.yaml") { $0 + "\n---\n" + $0.replacing("name: edge-1", with: "name: edge-1b") }
        },
        Tampering(name: "a second connector for the same slot", code: "slot") { arena in
            try arena.edit("shop.yaml") { text in
                text + "---\n"
                    + text.split(separator: "---\n")[1].replacing("name: edge-1-shop", with: "name: edge-1-copy")
            }
        },
        Tampering(name: "a link in place of the chain", code: "symbolic link") { arena in
            let chain = arena.clone(of: .alice) + "/certificates/shop.pem"
            try FileManager.default.removeItem(atPath: chain)
            try FileManager.default.createSymbolicLink(
                atPath: chain, withDestinationPath: "/etc/ssl/certs/ca-certificates.crt")
        },
        Tampering(name: "a private key in the chain's file", code: "private key") { arena in
            try arena.edit("certificates/shop.pem") { $0 + arena.old.key }
        },
    ]
}

@Suite("A commit after the signatures") struct TamperedTipTests {
    @Test("stops what was signed wherever it would be something else, and taken back lets it go on")
    func tampered() async throws {
        let arena = try await Arena.made {
            $0.isTrusted = false
            $0.device = ["trustRoots: [roots.pem]"]
        }
        let authority = try #require(arena.old.chain.split(separator: "-----END CERTIFICATE-----\n", maxSplits: 1).last)
        try arena.write(String(authority), to: "roots.pem")
        try await arena.trust(try await arena.commit("Say who is trusted"))
        try await arena.reconcile(exits: 0)
        let renewed = try await arena.renew()
        let digest = try await arena.digest()
        try await arena.reconcile(exits: 2)
        for tampering in Tampering.invalid {
            try tampering.change(arena)
            try await arena.commit(tampering.name)
            let answer = try await arena.countersign(as: .bob, "plan", exits: nil)
            #expect((answer.output + answer.errors).contains(tampering.code), "\(tampering.name): \(answer)")
            let orders = try await arena.plan(as: .bob, exits: nil)["workOrders"]?.array ?? []
            #expect(orders.compactMap { $0["digest"]?.string } == [digest], "\(tampering.name)")
            #expect(try await arena.reconcile(exits: 1)["pushes"] == [], "\(tampering.name)")
            try await takeBack(arena)
        }
        try await arena.approve(digest)
        try await arena.implement(digest)

        for tampering in Tampering.all {
            try tampering.change(arena)
            try await arena.commit(tampering.name)
            let pass = try await arena.reconcile(exits: nil)
            #expect(pass["pushes"] == [], "\(tampering.name)")
            let order = pass["plan"]?["workOrders"]?.first(where: "digest", is: digest)
            let refused = pass["plan"]?["refused"]?.array?.compactMap { $0["code"]?.string } ?? []
            let codes = (order?["reason"]?["code"]?.string).map { [$0] } ?? refused
            #expect(Set(codes) == [tampering.code], "\(tampering.name)")
            #expect(try await arena.served() == arena.old.leaf, "\(tampering.name)")
            try await takeBack(arena)
        }
        // It was nothing but the tampering that stopped it.
        let pass = try await arena.reconcile(exits: 0)
        #expect(pass["pushes"]?.array?.map { $0["outcome"]?.string } == ["Completed"])
        #expect(try await arena.served() == renewed.leaf)
    }

    private func takeBack(_ arena: Arena) async throws {
        try await arena.git(.alice, "revert", "--no-edit", "HEAD")
        try await arena.git(.alice, "push", "-q", "origin", "HEAD:main")
    }
}
