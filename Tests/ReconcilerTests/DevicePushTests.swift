// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Connectors
import Declarations
import Foundation
import Journal
import Operations
import Planning
import TestKit
import Testing
import Vocabulary

@testable import Reconciler

@Suite("A push to a device") struct DevicePushTests {
    let bench: Bench
    let old: IssuedCertificate
    let new: IssuedCertificate

    init() async throws {
        bench = try await Bench()
        let authority = try await CertificateAuthority(in: bench.folder)
        old = try await authority.issue("old", days: 20)
        new = try await authority.issue("new", days: 80)
    }

    /// A configuration that names the slot, so that nginx reads the candidate; with a key that is another's it is refused.
    private func refused(_ slot: Slot) throws -> DevicePush.Order {
        try bench.order("shop", slot, installs: try mismatched(for: slot))
    }

    private func mismatched(for slot: Slot) throws -> IssuedCertificate {
        try bench.folder.write(
            """
            events {}
            http { server { listen 127.0.0.1:1 ssl; ssl_certificate \(slot.path); ssl_certificate_key \(slot.keyPath); } }

            """, to: "nginx.conf")
        var mismatched = new
        mismatched.key = old.key
        return mismatched
    }

    @Test("whose every candidate is refused leaves no key behind") func allRefused() async throws {
        let outcomes = try await bench.push([try refused(try bench.slot("shop"))])
        guard case .candidateRefused = outcomes.first else {
            Issue.record("\(outcomes)")
            return
        }
        #expect(try bench.ownKeys() == [])
        #expect(bench.reloads == 0)
    }

    /// Two slots beside each other: what is staged for both lies in one folder of ours.
    @Test("of which one candidate is refused leaves that one's files alone, and goes on with the other")
    func oneRefused()
        async throws
    {
        let (bad, good) = (try bench.slot("bad"), try bench.slot("good"))
        try bench.put(old, in: bad)
        let pair = try mismatched(for: bad)
        // Its key alone would be switched by mistake, and nobody would put it back.
        let outcomes = try await bench.push([
            try bench.order("bad", bad, installs: pair, replaces: old),
            try bench.order("good", good, installs: new),
        ])
        guard case .candidateRefused = outcomes.first else {
            Issue.record("\(outcomes)")
            return
        }
        #expect(try bench.folder.readText("tls/bad.crt") == old.chain)
        #expect(try bench.folder.readText("tls/bad.key") == old.key)
        // Without an endpoint nothing is proven of it: it was switched, made live, and undone.
        guard case .rolledBack = outcomes.last else {
            Issue.record("\(outcomes)")
            return
        }
        #expect(bench.reloads == 2)
        #expect(!bench.folder.exists("tls/good.crt"))
        #expect(try bench.ownKeys() == [])
    }

    @Test("that comes too late leaves no key behind") func late() async throws {
        let order = try bench.order("shop", try bench.slot("shop"), installs: new, closes: bench.time.now)
        let outcomes = try await bench.push([order])
        guard case .abandoned = outcomes.first else {
            Issue.record("\(outcomes)")
            return
        }
        #expect(try bench.ownKeys() == [])
        #expect(bench.reloads == 0)
    }

    @Test("of which one half is proven and the other undone is cleaned in both folders") func mixed() async throws {
        let (gone, wanted) = (try bench.slot("gone", in: "a"), try bench.slot("wanted", in: "b"))
        try bench.put(old, in: gone)
        let outcomes = try await bench.push([
            try bench.order("gone", gone, installs: nil, replaces: old),
            try bench.order("wanted", wanted, installs: new),
        ])
        #expect(outcomes.first == .completed)
        guard case .rolledBack = outcomes.last else {
            Issue.record("\(outcomes)")
            return
        }
        #expect(try bench.ownKeys(in: "a") == ["_previous/\(old.leaf)/privateKey"])
        #expect(try bench.ownKeys(in: "b") == [])
    }

    @Test("remembers a refusal with the state that the device was in") func token() async throws {
        let token = DeviceStateToken("nginx/1 state")
        let outcomes = try await bench.push([try refused(try bench.slot("shop"))], token: token)
        guard case .candidateRefused(_, let kept) = outcomes.first else {
            Issue.record("\(outcomes)")
            return
        }
        #expect(kept == token)
    }

    @Test("that finds a file changed by hand at the switch touches nothing, and locks no slot") func changed()
        async throws
    {
        let (slot, other) = (try bench.slot("shop"), try bench.slot("other", in: "b"))
        try bench.put(old, in: slot)
        let outcomes = try await bench.push(
            [
                try bench.order("shop", slot, installs: new, replaces: old),
                try bench.order("other", other, installs: new),
            ]
        ) { (point) throws(DeviceError) in
            guard point.description == "before switchOver" else { return }
            _ = try? bench.folder.write("by hand", to: "tls/shop.key")
        }
        #expect(outcomes.count == 2)
        for outcome in outcomes {
            guard case .abandoned = outcome else {
                Issue.record("\(outcome)")
                continue
            }
        }
        #expect(try bench.folder.readText("tls/shop.crt") == old.chain)
        #expect(try bench.folder.readText("tls/shop.key") == "by hand")
        #expect(!bench.folder.exists("b/other.crt"))
        #expect(try bench.ownKeys() == [])
        #expect(bench.reloads == 0)
        let history = try await bench.journal.history().history
        #expect(history.openBatches.isEmpty)
        #expect(history.slots.values.allSatisfy { $0.openBatch == nil && $0.sequence == 0 })
    }

    @Test("that comes after somebody else's touches nothing, and locks no slot") func fenced() async throws {
        let slot = try bench.slot("shop")
        try bench.put(old, in: slot)
        let outcomes = try await bench.push([try bench.order("shop", slot, installs: new, replaces: old)]) {
            (point) throws(DeviceError) in
            guard point.description == "after prepare" else { return }
            // As the process that has the next lease leaves it.
            _ = try? bench.folder.write(
                "\(bench.realm.fence(lease: 999))\n", to: "tls/.countersign/_fence", mode: 0o600)
        }
        guard case .abandoned = outcomes.first else {
            Issue.record("\(outcomes)")
            return
        }
        #expect(try bench.folder.readText("tls/shop.crt") == old.chain)
        #expect(bench.reloads == 0)
        #expect(try await bench.journal.history().history.openBatches.isEmpty)
    }
}
