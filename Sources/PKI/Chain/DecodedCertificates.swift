// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL
package import Vocabulary

/// Issuers and roots that were decoded: thousands of chains share a few of them, and decoding one costs more than a signature.
///
/// Of one thread, and forgotten with the work that it was made for.
package final class DecodedCertificates {
    final class Entry {
        let handle: X509Handle
        private let der: [UInt8]
        private var known: CertificateFacts?

        init(_ der: [UInt8]) throws(PKIError) {
            handle = try X509Handle(decoding: der)
            self.der = der
        }

        /// Read when they are asked for: of a root they never are.
        func facts() throws(PKIError) -> CertificateFacts {
            if let known { return known }
            let made = try CertificateFacts(handle, der: der)
            known = made
            return made
        }
    }
    private var entries: [[UInt8]: Entry] = [:]
    /// So many at once: a repository in which every chain has an issuer of its own gains nothing, and must not fill the memory.
    private static let most = 256

    package init() {}

    func entry(_ der: [UInt8]) throws(PKIError) -> Entry {
        if let known = entries[der] { return known }
        let made = try Entry(der)
        if entries.count >= Self.most { entries.removeAll() }
        entries[der] = made
        return made
    }

    /// What a leaf says, and whose key signed it where `issuer` verifiably did; nil where that cannot be shown.
    package func facts(
        _ leaf: [UInt8], issuer: [UInt8]?
    ) throws(PKIError) -> (facts: CertificateFacts, issuerSPKI: SPKIFingerprint?) {
        let subject = try Entry(leaf)
        let facts = try subject.facts()
        guard let issuer else { return (facts, nil) }
        do throws(PKIError) {
            let issuer = try entry(issuer)
            let reason = try IssuingPath(leaf: leaf).reason(against: issuer.handle, issuing: subject.handle)
            return (facts, reason == nil ? try issuer.facts().spki : nil)
        } catch {
            return (facts, nil)
        }
    }
}
