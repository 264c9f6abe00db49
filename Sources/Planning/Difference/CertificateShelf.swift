// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Declarations
internal import PKI
package import Vocabulary

/// Certificates as one plan looks at them: hashes first, dates and keys by a walk over lengths, decoding only of what
/// differs, and each of these once.
package struct CertificateShelf {
    /// A chain judged as a whole.
    package struct Verdict: Sendable {
        package var facts: [CertificateFacts]
        /// In words; nil: every link holds.
        package var fault: String?
        /// The first certificate that nobody should rely on, in words.
        package var weakness: String?
        package var leaf: CertificateFacts? { facts.first }
    }
    private struct ChainKey: Hashable, Sendable {
        var chain: SentChain
        var roots: [String]
    }

    private let sent: [Fingerprint: [UInt8]]
    private let slots: [SlotKey: SlotHead]
    private var held: [Fingerprint: [UInt8]]?
    private var publicKeys: [Fingerprint: SPKIFingerprint?] = [:]
    private var validities: [Fingerprint: ValidityGlance.Validity?] = [:]
    private var decoded: [Fingerprint: CertificateFacts?] = [:]
    private var verdicts: [ChainKey: Verdict] = [:]
    private var issuers: [Issue: SPKIFingerprint?] = [:]

    private struct Issue: Hashable, Sendable {
        var issuer: Fingerprint
        var leaf: Fingerprint
    }

    package init(sent: [Fingerprint: [UInt8]], slots: [SlotKey: SlotHead]) {
        (self.sent, self.slots) = (sent, slots)
        validities.reserveCapacity(sent.count)
    }

    /// Of a chain file, or of what some slot holds.
    package mutating func der(_ fingerprint: Fingerprint) -> [UInt8]? {
        if let der = sent[fingerprint] { return der }
        if held == nil {
            var index: [Fingerprint: [UInt8]] = [:]
            for head in slots.values {
                guard let observed = head.observed, let der = observed.leafDER, let leaf = observed.holding.leaf else {
                    continue
                }
                index[leaf] = der
            }
            held = index
        }
        return held?[fingerprint]
    }

    /// SHA-256 of its public key, by a walk over lengths (about 1 us, against 76 to 100 us for decoding).
    package mutating func publicKey(_ fingerprint: Fingerprint, der known: [UInt8]? = nil) -> SPKIFingerprint? {
        if let known = publicKeys[fingerprint] { return known }
        let made = (known ?? der(fingerprint)).flatMap { Self.publicKey(in: $0) }
        publicKeys[fingerprint] = .some(made)
        return made
    }

    static func publicKey(in der: [UInt8]) -> SPKIFingerprint? {
        CertificateOutline(der)?.publicKeyFingerprint(in: der)
    }

    /// nil where the dates are not written as RFC 5280 wants them.
    static func glancedValidity(in der: [UInt8]) -> ValidityGlance.Validity? {
        CertificateOutline(der).flatMap {
            ValidityGlance.validity(der, between: $0.issuer.upperBound, $0.subject.lowerBound)
        }
    }

    /// Without decoding, too, unless the dates are written as RFC 5280 does not want them.
    package mutating func notAfter(_ fingerprint: Fingerprint, der known: [UInt8]? = nil) -> Timestamp? {
        validity(fingerprint, der: known)?.notAfter
    }

    mutating func validity(_ fingerprint: Fingerprint, der known: [UInt8]? = nil) -> ValidityGlance.Validity? {
        if let known = validities[fingerprint] { return known }
        let made =
            (known ?? der(fingerprint)).flatMap { Self.glancedValidity(in: $0) }
            ?? facts(fingerprint).map { ValidityGlance.Validity(notBefore: $0.notBefore, notAfter: $0.notAfter) }
        validities[fingerprint] = .some(made)
        return made
    }

    /// nil: no DER is known by this hash, or it is no certificate.
    package mutating func facts(_ fingerprint: Fingerprint) -> CertificateFacts? {
        if let known = decoded[fingerprint] { return known }
        var made = der(fingerprint).flatMap { try? CertificateFacts(der: $0) }
        if made?.fingerprint != fingerprint { made = nil }
        decoded[fingerprint] = .some(made)
        return made
    }

    /// - Parameter roots: repository paths of PEM files that the chain must end in, with their content; empty: none asked.
    package mutating func verdict(_ chain: SentChain, roots: [(path: String, content: NamedFile)] = []) -> Verdict {
        let key = ChainKey(chain: chain, roots: roots.map(\.path))
        if let known = verdicts[key] { return known }
        let made = Self.judge(
            chain, ders(of: chain), roots: Self.ders(of: roots), demanded: !roots.isEmpty, DecodedCertificates())
        keep(made, of: key)
        return made
    }

    private mutating func keep(_ verdict: Verdict, of key: ChainKey) {
        verdicts[key] = verdict
        for facts in verdict.facts where decoded[facts.fingerprint] == nil { decoded[facts.fingerprint] = facts }
    }

    private mutating func ders(of chain: SentChain) -> [[UInt8]?] { ([chain.leaf] + chain.chain).map { der($0) } }

    private static func ders(of roots: [(path: String, content: NamedFile)]) -> [[UInt8]] {
        roots.flatMap { PEM.read($0.content.bytes).blocks.map(\.der) }
    }

    private static func judge(
        _ chain: SentChain, _ ders: [[UInt8]?], roots: [[UInt8]], demanded: Bool, _ pool: DecodedCertificates
    ) -> Verdict {
        var certificates: [[UInt8]] = []
        for (fingerprint, der) in zip([chain.leaf] + chain.chain, ders) {
            guard let der else {
                return Verdict(
                    facts: [], fault: "certificate \(fingerprint.short) of the chain is not there", weakness: nil)
            }
            certificates.append(der)
        }
        do {
            let judged = try CertificateChain(certificates, trustRoots: roots, decoded: pool)
            guard judged.facts.map(\.fingerprint) == [chain.leaf] + chain.chain else {
                return Verdict(
                    facts: [], fault: "the certificates are not those that were named by their hashes", weakness: nil)
            }
            let weakness = judged.weakness.map { weak in
                weak.index == 0 ? weak.reason : "\(weak.reason) (certificate \(weak.index + 1) of the chain)"
            }
            // Trust roots that hold no certificate vouch for nobody.
            let empty = demanded && roots.isEmpty ? "the device's trustRoots hold no certificate" : nil
            return Verdict(facts: judged.facts, fault: judged.fault?.description ?? empty, weakness: weakness)
        } catch {
            return Verdict(facts: [], fault: error.detail, weakness: nil)
        }
    }

    /// The key of `issuer` if it verifiably signed `leaf`; nil where that cannot be shown.
    package mutating func key(of issuer: Fingerprint, signing leaf: Fingerprint) -> SPKIFingerprint? {
        let issue = Issue(issuer: issuer, leaf: leaf)
        if let known = issuers[issue] { return known }
        guard let leafDER = der(leaf), let issuerDER = der(issuer) else { return nil }
        let found = (try? DecodedCertificates().facts(leafDER, issuer: issuerDER))?.issuerSPKI
        issuers[issue] = .some(found)
        return found
    }
}

extension CertificateShelf {
    /// What is going to be asked of one slot that differs.
    struct Question {
        var chain: SentChain?
        var roots: [(path: String, content: NamedFile)]
        var held: Fingerprint?
    }

    /// One question with all that it takes to answer it, and the answer.
    private struct Case: Sendable {
        var key: ChainKey?
        var ders: [[UInt8]?] = []
        var roots: [[UInt8]] = []
        var held: (leaf: Fingerprint, der: [UInt8])?
    }
    private struct Answer: Sendable {
        var verdict: (ChainKey, Verdict)?
        var held: (Fingerprint, CertificateFacts?)?
        var issue: (Issue, SPKIFingerprint?)?
    }

    /// Answers many questions at once, side by side: decoding and verifying is nearly all that a differing slot costs, and issuers
    /// are then decoded once for many.
    mutating func prepare(_ questions: [Question]) {
        guard questions.count > 1 else { return }
        var asked: Set<ChainKey> = []
        var cases: [Case] = []
        var roots: [[String]: [[UInt8]]] = [:]
        for question in questions {
            var one = Case()
            if let chain = question.chain {
                let key = ChainKey(chain: chain, roots: question.roots.map(\.path))
                if verdicts[key] == nil, asked.insert(key).inserted {
                    let known = roots[key.roots] ?? Self.ders(of: question.roots)
                    roots[key.roots] = known
                    (one.key, one.ders, one.roots) = (key, ders(of: chain), known)
                }
            }
            if let held = question.held, decoded[held] == nil, let der = der(held) { one.held = (held, der) }
            if one.key != nil || one.held != nil { cases.append(one) }
        }
        let width = 32
        let parts = stride(from: 0, to: cases.count, by: width).map { cases[$0..<min(cases.count, $0 + width)] }
        for answer in Parallel.each(parts, isWorthThreads: parts.count > 1, Self.answers).joined() {
            if let (key, verdict) = answer.verdict { keep(verdict, of: key) }
            if let (leaf, facts) = answer.held { decoded[leaf] = .some(facts) }
            if let (issue, key) = answer.issue { issuers[issue] = .some(key) }
        }
    }

    private static func answers(_ cases: ArraySlice<Case>) -> [Answer] {
        let pool = DecodedCertificates()
        return cases.map { one in
            var answer = Answer()
            if let key = one.key {
                answer.verdict = (
                    key, judge(key.chain, one.ders, roots: one.roots, demanded: !key.roots.isEmpty, pool)
                )
            }
            guard let held = one.held else { return answer }
            // Whose key signed what is held is asked where the new leaf names the same issuer: it may be a renewal.
            let issuer = answer.verdict.flatMap { key, verdict in
                verdict.leaf?.issuerSPKI == nil ? nil : key.chain.chain.first
            }
            let issuerDER = issuer == nil ? nil : one.ders.dropFirst().first.flatMap(\.self)
            guard let found = try? pool.facts(held.der, issuer: issuerDER),
                found.facts.fingerprint == held.leaf
            else {
                answer.held = (held.leaf, nil)
                return answer
            }
            answer.held = (held.leaf, found.facts)
            if let issuer, issuerDER != nil {
                answer.issue = (Issue(issuer: issuer, leaf: held.leaf), found.issuerSPKI)
            }
            return answer
        }
    }
}
