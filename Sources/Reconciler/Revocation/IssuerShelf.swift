// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import PKI
internal import Vocabulary

/// Where the issuer of a certificate is looked for: what its server sent with it, the chain files of the repository,
/// and the roots of this host.
final class IssuerShelf {
    private let declared: [Fingerprint: [UInt8]]
    /// By subject, byte for byte; made when it is first needed.
    private lazy var bySubject: [[UInt8]: [[UInt8]]] = {
        var found: [[UInt8]: [[UInt8]]] = [:]
        for der in declared.values {
            guard let outline = CertificateOutline(der) else { continue }
            found[Array(der[outline.subject]), default: []].append(der)
        }
        return found
    }()
    private lazy var roots = HostRoots()

    init(declared: [Fingerprint: [UInt8]]) { self.declared = declared }

    func pair(_ der: [UInt8], _ sent: [[UInt8]]) throws(RevocationError) -> IssuedPair {
        let near = sent.dropFirst().prefix(3)
        if let pair = try? IssuedPair(der, issuedBy: near) { return pair }
        let named = CertificateOutline(der).map { bySubject[Array(der[$0.issuer])] ?? [] } ?? []
        do throws(RevocationError) {
            return try IssuedPair(der, issuedBy: named)
        } catch {
            // Roots are rarely sent, and this host has those that are trusted everywhere.
            guard let root = roots.issuer(of: der) else { throw error }
            return try IssuedPair(der, issuedBy: [root])
        }
    }
}
