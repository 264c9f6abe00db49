// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Connectors
internal import Declarations
internal import Planning
internal import Vocabulary

// Pushes that succeed, and those that are refused before anything live changes.
extension Trial {
    func firstInstall() async throws {
        let place = try place
        let before = try await before(place)
        guard let open = try await bench.openPlace() else { throw Untried(reason: nil) }
        let empty = try await stand.observation(of: open)
        expect(empty.holding == .nothing, "a place that holds nothing is seen as \(empty.holding)")
        let pair = try await stand.issue()
        let outcome = try await stand.push(pair, over: .nothing, in: open)
        expect(outcome == .completed, "\(outcome)")
        let seen = try await stand.observation(of: open)
        expect(
            seen.holding.leaf == pair.leaf && seen.key == pair.spki && seen.chain == pair.rest,
            "it is seen as \(seen.holding), not as what was installed")
        expect(await stand.serves(pair.leaf, at: open), "it is not served")
        guard open.slot.path != place.slot.path else { return }
        let isServed = try await stand.becomesServed(before.pair.leaf, at: place)
        expect(isServed, "another place serves something else now")
    }

    func oddNames() async throws {
        guard let place = bench.oddPlace else { throw Untried(reason: nil) }
        try await replace(in: place)
        let seen = try await stand.driver().observe([place.slot], unlessStill: nil)
        expect(seen.referenced.map { !$0.isEmpty } ?? true, "the configuration is said not to use \(place.slot.path)")
        let before = try await before(place)
        let outcome = try await during(.makeLiveFails) {
            bench.traits.makesLive
                ? try await stand.push(try await stand.issue(), over: before.holding, in: place) : nil
        }
        guard let outcome else { return }
        try await expectRolledBack(outcome)
        try await expectUntouched(place, before)
    }

    private func replace(in place: BenchPlace) async throws {
        let old = try await stand.settled(place)
        let pair = try await stand.issue()
        let outcome = try await stand.push(pair, over: .certificate(leaf: old.leaf), in: place)
        expect(outcome == .completed, "\(outcome)")
        expect(await stand.serves(pair.leaf, at: place), "it is not served")
    }

    func renewal() async throws {
        let place = try place
        let before = try await before(place)
        let pair = try await stand.issue()
        let load = Load(place.endpoints, bench.device)
        async let answers = load.run()
        do {
            expect(try await load.makes(20), "no handshakes are made")
            let holding = before.holding
            let (outcome, seen) = try await bench.watching(pair) { [stand] in
                try await stand.push(pair, over: holding, in: place)
            }
            expect(outcome == .completed, "\(outcome)")
            expect(seen.isEmpty, "the key is seen in \(seen.joined(separator: ", "))")
            load.markSettled()
            expect(try await load.makes(20), "no handshakes are made any more")
            load.end()
        } catch {
            load.end()
            _ = await answers
            throw error
        }
        let all = await answers
        for answer in all.before.union(all.after) {
            guard case .failed(let failure) = answer else { continue }
            if bench.traits.goodbyes.contains(where: { "\(failure)".contains($0) }) {
                remark(bench.traits.goodbyeNote)
                continue
            }
            expect(false, "a handshake failed: \(failure)")
        }
        let leaves = all.before.union(all.after).compactMap { if case .leaf(let leaf) = $0 { leaf } else { nil } }
        expect(Set(leaves).isSubset(of: [before.pair.leaf, pair.leaf]), "something else was served meanwhile")
        expect(all.after == [.leaf(pair.leaf)], "after the push had ended, not only the new certificate was served")

        let driver = try stand.driver()
        let seen = try await driver.observe([place.slot], unlessStill: nil)
        let slot = seen.slots?.first
        expect(
            slot?.holding.leaf == pair.leaf && slot?.key == pair.spki && slot?.chain == pair.rest,
            "it is seen as holding \(slot.map { "\($0.holding)" } ?? "nothing"), not what was installed")
        let again = try await driver.observe([place.slot], unlessStill: seen.token)
        expect(again.slots == nil, "nothing has changed, and it is read again")
        let stray = try bench.strayKeys(of: pair, besides: place)
        expect(stray.isEmpty, "the key lies in \(stray.joined(separator: ", ")) too")
    }

    func madeKey() async throws {
        var place = try place
        let before = try await before(place)
        place.slot.keyStays = true
        let pair = try await madePair(place)
        try await expectUntouched(try self.place, before, "while a key waits")
        let outcome = try await stand.push(pair, over: before.holding, in: place)
        expect(outcome == .completed, "\(outcome)")
        expect(await stand.serves(pair.leaf, at: place), "it is not served")
        let seen = try await stand.observation(of: place)
        expect(
            seen.holding.leaf == pair.leaf && seen.key == pair.spki,
            "it is seen as \(seen.holding), not with the key that was made")
        if bench.traits.makesLive {
            let content = try await bench.content(of: place)
            let next = try await madePair(place)
            let failed = try await during(.makeLiveFails) {
                try await stand.push(next, over: .certificate(leaf: pair.leaf), in: place)
            }
            try await expectRolledBack(failed)
            let after = try await bench.content(of: place)
            expect(after == content, "after a failed make-live the very bytes, owner or mode are others")
            let isServed = try await stand.becomesServed(pair.leaf, at: place)
            expect(isServed, "after a failed make-live what was there is not served")
        }
        try await expectPushable(try self.place)
    }

    /// A key that the device has made anew, with a certificate for it.
    private func madePair(_ place: BenchPlace) async throws -> IssuedPair {
        let certificate = try Stand.required(CertificateName("made"), "a name")
        let request = KeyRequest(
            certificate: certificate, slots: [place.slot], keyType: .p256, dnsNames: [Issuer.host], ipAddresses: [],
            usages: [.serverAuth], makesAnew: true)
        do {
            let asked = try await stand.driver().signingRequest(request, fence: try await stand.nextFence())
            expect(asked.isNewKey, "no new key was made")
            return try await stand.issuer.sign(
                asked.pem, of: MadeKey(certificate: certificate, spki: asked.spki, slots: [place.slot]), days: 60)
        } catch let error as DeviceError where error.code == .unsupported {
            throw Untried(reason: "keys are not made there")
        }
    }

    func severalSlots() async throws {
        guard bench.places.count > 1 else { throw Untried(reason: nil) }
        var parts: [(IssuedPair, Holding, BenchPlace)] = []
        for place in bench.places {
            let old = try await stand.settled(place)
            parts.append((try await stand.issue(), .certificate(leaf: old.leaf), place))
        }
        let reloads = bench.reloads()
        let outcomes = try await stand.push(parts)
        expect(outcomes.allSatisfy { $0 == .completed }, "\(outcomes)")
        for (pair, _, place) in parts {
            expect(await stand.serves(pair.leaf, at: place), "\(place.slot.path) is not served")
        }
        if let reloads, let now = bench.reloads() {
            expect(now <= reloads + 1, "it was made live \(now - reloads) times")
        }
    }

    /// A key of another certificate, and one that is too short for the server's library.
    func candidateRefused() async throws {
        let place = try place
        let before = try await before(place)
        var mismatched = try await stand.issue()
        mismatched.key = before.pair.key
        var candidates = [("a key of another certificate", mismatched)]
        if bench.traits.refusesWeakKeys {
            candidates.append(("a short key", try await stand.issuer.issue(days: 60, algorithm: "rsa:1024")))
        }
        for (what, pair) in candidates {
            let outcome = try await stand.push(pair, over: before.holding, in: place)
            guard case .candidateRefused(let message, _) = outcome else {
                expect(false, "\(what): \(outcome)")
                continue
            }
            expect(!message.isEmpty, "\(what) is refused without a word")
            expect(!message.contains("PRIVATE KEY"), "\(what): a key stands in the message")
            let stray = try bench.strayKeys(of: pair, besides: place)
            expect(stray.isEmpty, "\(what) stays behind in \(stray.joined(separator: ", "))")
        }
        expect(bench.reloads() == before.reloads, "it was made live")
        try await expectUntouched(place, before)
    }

    /// The driver cannot write what is new beside what is live.
    func notWritten(_ condition: BenchCondition) async throws {
        let place = try place
        let before = try await before(place)
        let pair = try await stand.issue()
        try await during(condition) {
            let outcome = try await stand.push(pair, over: before.holding, in: place)
            guard case .pushFailed(let message) = outcome else {
                expect(false, "\(outcome)")
                return
            }
            expect(!message.isEmpty, "it fails without a word")
            expect(bench.reloads() == before.reloads, "it was made live")
            expect(await stand.serves(before.pair.leaf, at: place), "what was there is not served")
        }
        try await expectUntouched(place, before)
        try await expectPushable(place)
        let stray = try bench.strayKeys(of: pair, besides: place)
        expect(stray.isEmpty, "the key stays behind in \(stray.joined(separator: ", "))")
    }
}
