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
    private struct ChainKey: Hashable {
        var chain: SentChain
        var roots: [String]
    }

    private let sent: [Fingerprint: [UInt8]]
    private let slots: [SlotKey: SlotHead]
    private var held: [Fingerprint: [UInt8]]?
    private var publicKeys: [Fingerprint: SPKIFingerprint?] = [:]
    private var ends: [Fingerprint: Timestamp?] = [:]
    private var decoded: [Fingerprint: CertificateFacts?] = [:]
    private var verdicts: [ChainKey: Verdict] = [:]

    package init(sent: [Fingerprint: [UInt8]], slots: [SlotKey: SlotHead]) {
        (self.sent, self.slots) = (sent, slots)
        ends.reserveCapacity(sent.count)
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
        let made = (known ?? der(fingerprint)).flatMap { der in CertificateOutline(der)?.publicKeyFingerprint(in: der) }
        publicKeys[fingerprint] = .some(made)
        return made
    }

    /// Without decoding, too, unless the dates are written as RFC 5280 does not want them.
    package mutating func notAfter(_ fingerprint: Fingerprint, der known: [UInt8]? = nil) -> Timestamp? {
        if let known = ends[fingerprint] { return known }
        let glanced = (known ?? der(fingerprint)).flatMap { der in
            CertificateOutline(der).flatMap {
                ValidityGlance.notAfter(der, between: $0.issuer.upperBound, $0.subject.lowerBound)
            }
        }
        let made = glanced ?? facts(fingerprint)?.notAfter
        ends[fingerprint] = .some(made)
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
        let made = judge(
            chain, roots: roots.flatMap { PEM.read($0.content.bytes).blocks.map(\.der) }, demanded: !roots.isEmpty)
        verdicts[key] = made
        for facts in made.facts where decoded[facts.fingerprint] == nil { decoded[facts.fingerprint] = facts }
        return made
    }

    private mutating func judge(_ chain: SentChain, roots: [[UInt8]], demanded: Bool) -> Verdict {
        var certificates: [[UInt8]] = []
        for fingerprint in [chain.leaf] + chain.chain {
            guard let der = der(fingerprint) else {
                return Verdict(
                    facts: [], fault: "certificate \(fingerprint.short) of the chain is not there", weakness: nil)
            }
            certificates.append(der)
        }
        do {
            let judged = try CertificateChain(certificates, trustRoots: roots)
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
        guard let leafDER = der(leaf), let issuerDER = der(issuer) else { return nil }
        return (try? CertificateChain([leafDER, issuerDER]))?.leaf.issuerSPKI
    }
}
