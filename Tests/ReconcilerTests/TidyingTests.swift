// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Connectors
import Declarations
import Journal
import Operations
import Planning
import TestKit
import Testing
import Vocabulary

@testable import Reconciler

@Suite("Tidying up") struct TidyingTests {
    let bench: Bench
    let old: IssuedCertificate

    init() async throws {
        bench = try await Bench()
        old = try await CertificateAuthority(in: bench.folder).issue("old", days: 20)
    }

    /// Observes, then tidies up, as a pass does.
    private func tidy(_ connector: AppConnector) async throws -> Tidying.Result {
        let registry = DriverRegistry(secret: secret("state"), now: { bench.time.now })
        let subject = Discovery.Subject(device: bench.device, connectors: [connector])
        let history = try await bench.journal.history().history
        let seen = await Discovery(registry: registry).run([subject], history: history, now: bench.time.now)
        let tidying = Tidying(
            journal: bench.journal, registry: registry, holder: HolderID("tidying"), realms: Realms(bench.realm))
        return await tidying.run(seen.leftovers, [subject], history: history)
    }

    @Test("does what the end of a batch could not") func failedClean() async throws {
        let slot = try bench.slot("gone")
        try bench.put(old, in: slot)
        let order = try bench.order("gone", slot, installs: nil, replaces: old)
        let outcomes = try await bench.push([order]) { (point) throws(DeviceError) in
            guard point.description == "before clean" else { return }
            throw DeviceError(.unreachable, operation: "clean", detail: "no route")
        }
        #expect(outcomes == [.completed])
        await bench.journal.release(bench.lease)
        #expect(try bench.ownKeys().allSatisfy { $0.hasPrefix("_batch-") })
        let tidied = try await tidy(order.connector)
        #expect(tidied.devices == [bench.device.name] && tidied.problems.isEmpty)
        #expect(try bench.ownKeys() == ["_previous/\(old.leaf)/privateKey"])
        // And has nothing to do after that: no lease, no step on the device.
        #expect(try await tidy(order.connector).devices == [])
    }

    @Test("leaves alone what an open batch needs") func open() async throws {
        let slot = try bench.slot("gone")
        try bench.put(old, in: slot)
        let order = try bench.order("gone", slot, installs: nil, replaces: old)
        let batch = BatchID("00000000000000aa")
        let driver = try bench.driver()
        try await bench.journal.append(
            [.intended(batch, bench.device.name, [order.intent], at: bench.time.now)], under: bench.lease,
            expecting: nil)
        _ = try await driver.stage(
            Batch(id: batch, candidates: [order.candidate]), fence: bench.realm.fence(lease: bench.lease.epoch))
        await bench.journal.release(bench.lease)
        #expect(try await tidy(order.connector).devices == [])
        #expect(bench.folder.exists("tls/.countersign/_batch-\(batch.text)/manifest"))
    }

    @Test("says where it cannot") func cannot() async throws {
        let slot = try bench.slot("gone")
        try bench.put(old, in: slot)
        let order = try bench.order("gone", slot, installs: nil, replaces: old)
        _ = try await bench.push([order]) { (point) throws(DeviceError) in
            guard point.description == "before clean" else { return }
            throw DeviceError(.unreachable, operation: "clean", detail: "no route")
        }
        await bench.journal.release(bench.lease)
        try bench.folder.write("\(bench.realm.fence(lease: 999))\n", to: "tls/.countersign/_fence", mode: 0o600)
        let tidied = try await tidy(order.connector)
        #expect(tidied.problems.map(\.code) == ["NotTidied"])
    }
}
