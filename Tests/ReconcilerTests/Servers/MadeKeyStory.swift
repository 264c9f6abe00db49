// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Connectors
import Declarations
import Foundation
import Journal
import Planning
import Synchronization
import TestKit
import Testing
import Vocabulary

@testable import Reconciler

extension ServerStory {
    /// A key that is made on the device goes into the slot with its certificate, and never comes to the gateway; what is not served
    /// is undone, key and all.
    ///
    /// - Parameter held: what the slot holds.
    func renewsWithKeyMadeThere(over held: IssuedCertificate, undoing: Bool = true) async throws {
        let witness = Witness()
        var story = self
        story.bench.around = { transport, _ in WatchedTransport(transport, witness) }
        var slot = slot
        slot.keyStays = true
        let driver = try story.bench.driver()
        // What is seen without reading the key is what is seen by reading it.
        let usual = try await bench.driver().observe([self.slot], unlessStill: nil).slots
        #expect(try await driver.observe([slot], unlessStill: nil).slots == usual)

        let files = try contents()
        let request = KeyRequest(
            certificate: try name("shop"), slots: [slot], keyType: .p256, dnsNames: [Arena.host], ipAddresses: [],
            usages: [.serverAuth], makesAnew: false)
        let fence = bench.realm.fence(lease: bench.lease.epoch)
        func issue(_ label: String) async throws -> IssuedCertificate {
            let asked = try await driver.signingRequest(request, fence: fence)
            #expect(asked.isNewKey)
            return try await authority.sign(String(decoding: asked.pem, as: UTF8.self), label, days: 70)
        }
        func push(_ label: String, _ issued: IssuedCertificate, over held: IssuedCertificate, patience: Duration)
            async throws -> Outcome
        {
            story.bench.device.spec.timeouts.settle = patience
            var order = try story.bench.order(label, slot, installs: issued, replaces: held, endpoints: endpoints)
            order.candidate.privateKey = nil
            order.candidate.madeKey = MadeKey(
                certificate: try name("shop"), spki: try required(SPKIFingerprint(hex: issued.spki)), slots: [slot])
            return try required(try await story.bench.push([order]).first)
        }
        let issued = try await issue("made-there")
        #expect(try contents() == files, "what is in use is not touched")
        #expect(
            try await driver.observe([slot], unlessStill: nil).madeKeys[try name("shop")]?.map(\.hex) == [issued.spki])
        #expect(try await push("made-there", issued, over: held, patience: .seconds(40)) == .completed)
        #expect(try await serves(issued))
        let seen = try await driver.observe([slot], unlessStill: nil).slots?.first
        #expect(seen?.key?.hex == issued.spki && seen?.holding.leaf?.hex == issued.leaf)

        let after = try contents()
        if undoing {
            // The next one is another key: the first is in use.
            let next = try await issue("made-next")
            #expect(next.spki != issued.spki)
            let outcome = try await server.reloading(by: .fail) {
                try await push("made-next", next, over: issued, patience: .seconds(4))
            }
            guard case .rolledBack = outcome else {
                Issue.record("\(outcome)")
                return
            }
            #expect(try contents() == after)
            #expect(try await serves(issued))
        }
        let key = try String(contentsOfFile: slot.keyPath, encoding: .utf8)
        let line = try required(
            key[try required(key.range(of: "PRIVATE KEY-----\n")).upperBound...].split(separator: "\n").first)
        #expect(witness.count > 20)
        #expect(!witness.saw(Array(line.utf8)), "no byte of a key has travelled")
    }
}

/// All that came from a device and went there.
private final class Witness: Sendable {
    private let all = Mutex<[[UInt8]]>([])
    var count: Int { all.withLock { $0.count } }
    func note(_ bytes: [UInt8]) { all.withLock { $0.append(bytes) } }
    func note(_ secret: SecretBytes) { note(secret.withUnsafeBytes { Array($0) }) }
    func saw(_ word: [UInt8]) -> Bool {
        all.withLock { $0.contains { Data($0).range(of: Data(word)) != nil } }
    }
}

private struct WatchedTransport: Transport {
    let wrapped: any Transport
    let witness: Witness

    init(_ wrapped: any Transport, _ witness: Witness) { (self.wrapped, self.witness) = (wrapped, witness) }

    func perform(_ steps: [Step], within limit: Duration) async throws(DeviceError) -> [StepResult] {
        for step in steps {
            switch step {
            case .write(_, let bytes, _): witness.note(bytes)
            case .compose(_, let parts, _): for case .bytes(let bytes) in parts { witness.note(bytes) }
            case .run(let argv, let input, _):
                witness.note(argv.flatMap { Array($0.utf8) })
                if let input { witness.note(input) }
            default: break
            }
        }
        let results = try await wrapped.perform(steps, within: limit)
        for result in results {
            switch result {
            case .content(let bytes?): witness.note(bytes)
            case .ran(_, let output, let errors, _):
                witness.note(output)
                witness.note(errors)
            default: break
            }
        }
        return results
    }
}
