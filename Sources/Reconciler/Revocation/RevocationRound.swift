// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Journal
internal import Operations
internal import PKI
internal import Planning
internal import TLSProbe
internal import Vocabulary
internal import Web

/// Finds out whether certificates that were pushed or adopted have been taken back by their authorities: by the OCSP response that
/// their servers send, else by asking the responder, else by the CRL. Only what is due is asked; a network that fails costs nothing
/// but what can be said.
struct RevocationRound: Sendable {
    var rule: AskingRule
    var limits = Limits()

    struct Limits: Sendable {
        var resolve = Duration.seconds(3)
        var question = Duration.seconds(5)
        var list = Duration.seconds(15)
        /// For all of it: pushes wait meanwhile. What is not reached is asked by the next pass.
        var whole = Duration.seconds(20)
        var concurrency = 8
        var responseBytes = 64 << 10
        var listBytes = 16 << 20
    }

    /// A certificate that is to be asked about: a leaf, or what issued one.
    private struct Case: Sendable {
        var leaf: Fingerprint
        var pair: IssuedPair
        var places: RevocationPlaces
    }

    /// What is known now, where that is something else.
    ///
    /// - Parameters:
    ///   - served: what endpoints presented.
    ///   - declared: DER of chain files, by hash: where issuers are found.
    ///   - chains: those files, in whose order: of what was pushed or adopted, its issuers are asked about too.
    func facts(
        _ history: History, served: [Fingerprint: Discovery.Presented], declared: [Fingerprint: [UInt8]],
        chains: some Sequence<SentChain>, now: Timestamp
    ) async -> [Fact] {
        let leaves = history.certificates
        let above = Set(chains.lazy.filter { leaves[$0.leaf] != nil }.flatMap(\.chain)).filter { leaves[$0] == nil }
        var known: [Fingerprint: Revocation] = [:]
        var cases: [Case] = []
        let shelf = IssuerShelf(declared: declared)
        for (leaf, der) in leaves {
            let former = history.revocations[leaf]
            let staple = served[leaf]?.staple.map { (bytes: $0, digest: FileDigest(hashing: $0)) }
            let isNew = staple.map { $0.digest != former?.staple } ?? false
            guard isNew || former?.isDue(at: now) ?? true,
                let der = der ?? declared[leaf] ?? served[leaf]?.certificates.first,
                isNew || former != nil || RevocationPlaces.mayBe(in: der),
                let places = try? RevocationPlaces(der), isNew || !places.isEmpty || former != nil
            else { continue }
            let pair: IssuedPair
            do throws(RevocationError) {
                pair = try shelf.pair(der, served[leaf]?.certificates ?? [])
            } catch {
                known[leaf] = .after(failure: error.detail, former: former, at: now)
                continue
            }
            if let staple, isNew {
                let stapled = Self.stapled(staple.bytes, pair, former, at: now)
                known[leaf] = stapled ?? former
                known[leaf]?.staple = staple.digest
                guard stapled == nil else { continue }
            }
            guard former?.isDue(at: now) ?? true else { continue }
            cases.append(Case(leaf: leaf, pair: pair, places: places))
        }
        for issuer in above {
            let former = history.revocations[issuer]
            guard former?.isDue(at: now) ?? true, let der = declared[issuer], RevocationPlaces.mayBe(in: der),
                let outline = CertificateOutline(der), der[outline.issuer] != der[outline.subject],
                let places = try? RevocationPlaces(der), !places.isEmpty
            else { continue }
            do throws(RevocationError) {
                cases.append(Case(leaf: issuer, pair: try shelf.pair(der, []), places: places))
            } catch {
                // Whose issuer nobody has is not asked about: that says nothing of what it has issued.
                guard former != nil else { continue }
                known[issuer] = .after(failure: error.detail, former: former, at: now)
            }
        }
        for (leaf, finding) in await ask(cases, at: now) {
            // With the staple that was just looked at.
            let former = known[leaf] ?? history.revocations[leaf]
            switch finding {
            case .success(let answer): known[leaf] = .after(answer, former: former, at: now)
            case .failure(let failure): known[leaf] = .after(failure: failure.detail, former: former, at: now)
            }
        }
        let changed = known.filter { history.revocations[$0.key] != $0.value }
        let forgotten = history.revocations.keys.filter { leaves[$0] == nil && !above.contains($0) }.sorted()
        return changed.isEmpty && forgotten.isEmpty ? [] : [.revocations(changed, forgotten: forgotten, at: now)]
    }

    /// nil: what the server sent is not to be believed, or no longer good; the authority is asked itself.
    private static func stapled(
        _ bytes: [UInt8], _ pair: IssuedPair, _ former: Revocation?, at now: Timestamp
    ) -> Revocation? {
        guard let answer = try? OCSP.answer(bytes, about: pair, source: .stapled, at: now) else { return nil }
        return .after(answer, former: former, at: now)
    }

    private func ask(
        _ cases: [Case], at now: Timestamp
    ) async -> [Fingerprint: Result<RevocationAnswer, RevocationError>] {
        guard !cases.isEmpty else { return [:] }
        let deadline = ContinuousClock.now + limits.whole
        let map = await RevocationMap(
            cases.flatMap { $0.places.responders + $0.places.lists }, rule: rule, within: limits.resolve)
        let client = WebClient(map.addresses)
        var answers = await ask(cases, deadline) { one in
            await responder(one, map, client, at: now)
        }
        let left = cases.filter { one in if case .success = answers[one.leaf] { false } else { true } }
        let lists = await fetch(Set(left.flatMap(\.places.lists)), map, client, deadline)
        for one in left {
            for address in one.places.lists {
                guard let found = lists[address] else { continue }
                let said = Self.answer(found, one, at: now)
                if case .success = said {
                    answers[one.leaf] = said
                    break
                }
                // Why the responder gave no answer says more than that there is no list either.
                if answers[one.leaf] == nil { answers[one.leaf] = said }
            }
        }
        await client.close()
        return answers
    }

    private static func answer(
        _ found: Result<[UInt8], RevocationError>, _ one: Case, at now: Timestamp
    ) -> Result<RevocationAnswer, RevocationError> {
        do throws(RevocationError) {
            return .success(try RevocationList.answer(try found.get(), about: one.pair, at: now))
        } catch {
            return .failure(error)
        }
    }

    /// Of each case what its responders say, so many at a time; what was not reached by the deadline is left out.
    private func ask(
        _ cases: [Case], _ deadline: ContinuousClock.Instant,
        _ body: @escaping @Sendable (Case) async -> Result<RevocationAnswer, RevocationError>?
    ) async -> [Fingerprint: Result<RevocationAnswer, RevocationError>] {
        typealias Said = (leaf: Fingerprint, answer: Result<RevocationAnswer, RevocationError>?)
        return await withTaskGroup(of: Said.self) { group in
            var waiting = cases.makeIterator()
            var answers: [Fingerprint: Result<RevocationAnswer, RevocationError>] = [:]
            func enqueue() {
                guard ContinuousClock.now < deadline, let one = waiting.next() else { return }
                group.addTask { (one.leaf, await body(one)) }
            }
            for _ in 0..<limits.concurrency { enqueue() }
            while let said = await group.next() {
                if let answer = said.answer { answers[said.leaf] = answer }
                enqueue()
            }
            return answers
        }
    }

    /// nil: it names none.
    private func responder(
        _ one: Case, _ map: RevocationMap, _ client: WebClient, at now: Timestamp
    ) async -> Result<RevocationAnswer, RevocationError>? {
        var last: Result<RevocationAnswer, RevocationError>?
        for text in one.places.responders {
            do throws(RevocationError) {
                let question = WebQuestion(
                    try map.address(text), body: ("application/ocsp-request", try OCSP.question(one.pair)),
                    limit: limits.responseBytes, deadline: limits.question)
                let bytes = try await Self.asked(question, client, map)
                return .success(try OCSP.answer(bytes, about: one.pair, source: .ocsp, at: now))
            } catch {
                last = .failure(error)
            }
        }
        return last
    }

    /// Each list once, however many certificates it tells of.
    private func fetch(
        _ addresses: Set<String>, _ map: RevocationMap, _ client: WebClient, _ deadline: ContinuousClock.Instant
    ) async -> [String: Result<[UInt8], RevocationError>] {
        let limits = limits
        return await withTaskGroup(of: (String, Result<[UInt8], RevocationError>).self) { group in
            var waiting = addresses.sorted().makeIterator()
            var lists: [String: Result<[UInt8], RevocationError>] = [:]
            func enqueue() {
                guard ContinuousClock.now < deadline, let text = waiting.next() else { return }
                group.addTask { (text, await Self.list(text, map, client, limits)) }
            }
            // Lists are large: two at a time.
            for _ in 0..<2 { enqueue() }
            while let (text, list) = await group.next() {
                lists[text] = list
                enqueue()
            }
            return lists
        }
    }

    private static func list(
        _ text: String, _ map: RevocationMap, _ client: WebClient, _ limits: Limits
    ) async -> Result<[UInt8], RevocationError> {
        do throws(RevocationError) {
            let question = WebQuestion(try map.address(text), limit: limits.listBytes, deadline: limits.list)
            return .success(try await asked(question, client, map))
        } catch {
            return .failure(error)
        }
    }

    /// A host that does not answer is not waited for again in this round.
    private static func asked(
        _ question: WebQuestion, _ client: WebClient, _ map: RevocationMap
    ) async throws(RevocationError) -> [UInt8] {
        if let why = map.silence(of: question.address) { throw RevocationError(.refused, why) }
        do throws(WebFailure) {
            return try await client.ask(question)
        } catch {
            if error.code == .timedOut || error.code == .unreachable { map.silent(question.address, error.detail) }
            throw RevocationError(.refused, error.detail)
        }
    }
}

extension History {
    /// What was pushed or adopted and not replaced since, by leaf, with its DER as far as it lies in the slot.
    fileprivate var certificates: [Fingerprint: [UInt8]?] {
        var found: [Fingerprint: [UInt8]?] = [:]
        for head in slots.values {
            guard let leaf = head.lastCompleted?.leaf else { continue }
            let held = head.observed?.holding.leaf == leaf ? head.observed?.leafDER : nil
            if let held { found[leaf] = held } else if found[leaf] == nil { found[leaf] = .some(nil) }
        }
        return found
    }
}
