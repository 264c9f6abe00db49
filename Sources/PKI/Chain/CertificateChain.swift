// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL
package import Vocabulary

/// What a chain of certificates, leaf first, says and whether its links hold. Made once, a value from then on.
package struct CertificateChain: Hashable, Sendable {
    /// One for each certificate, in order; `issuerSPKI` is that of the next certificate where the link holds.
    package let facts: [CertificateFacts]
    /// nil if every certificate is issued by the next, and the last one by a trust root where roots were given.
    package let fault: ChainFault?

    package var leaf: CertificateFacts { facts[0] }
    package var isComplete: Bool { fault == nil }
    /// The first certificate that nobody should rely on, and why (`WeakCertificate`).
    package var weakness: (index: Int, reason: String)? {
        for (index, certificate) in facts.enumerated() {
            if let reason = certificate.weakness { return (index, reason) }
        }
        return nil
    }

    /// Decodes all certificates and judges each link: the issuer's name and key identifier, its signature, that it is a
    /// CA that may sign certificates, its path length and its name constraints, with the order as sent. Roots of the
    /// system are never asked.
    ///
    /// The last certificate need not be a root: without `trustRoots` nothing is said about who issued it. A lone leaf
    /// is complete only if it is self-signed or issued by one of `trustRoots`. With `trustRoots` the last one must be
    /// one of them or be issued by one of them. Dates are not looked at. Throws for what is no certificate.
    ///
    /// - Parameter decoded: issuers that were met before; those of this chain are added.
    package init(
        _ certificates: [[UInt8]], trustRoots: [[UInt8]] = [], decoded: DecodedCertificates = DecodedCertificates()
    ) throws(PKIError) {
        guard !certificates.isEmpty else { throw PKIError(.notACertificate, "there is no certificate") }
        var facts: [CertificateFacts] = []
        var fault: ChainFault?
        var position = 0
        var current = try DecodedCertificates.Entry(certificates[0])
        facts.append(try current.facts())
        var path = IssuingPath(leaf: certificates[0])
        while position + 1 < certificates.count {
            let issuer = try decoded.entry(certificates[position + 1])
            facts.append(try issuer.facts())
            if let broken = try path.reason(against: issuer.handle, issuing: current.handle) {
                fault = fault ?? ChainFault(broken, position: position)
            } else {
                facts[position].issuerSPKI = facts[position + 1].spki
            }
            path.append(certificates[position + 1], isSelfIssued: issuer.handle.isSelfIssued)
            current = issuer
            position += 1
        }
        self.facts = facts
        if fault == nil {
            fault = try Self.faultAtEnd(
                current.handle, certificates[position], facts[position], path, trustRoots, decoded)
        }
        self.fault = fault
    }

    private static func faultAtEnd(
        _ last: borrowing X509Handle, _ der: [UInt8], _ facts: CertificateFacts, _ path: IssuingPath,
        _ trustRoots: [[UInt8]], _ decoded: DecodedCertificates
    ) throws(PKIError) -> ChainFault? {
        let position = path.count - 1
        if trustRoots.isEmpty {
            return path.count == 1 && !facts.isSelfSigned ? ChainFault(.issuerNotSent, position: position) : nil
        }
        if trustRoots.contains(der) { return nil }
        var nearest: ChainFault.Reason?
        for root in trustRoots {
            let root = try decoded.entry(root)
            guard let reason = try path.reason(against: root.handle, issuing: last) else { return nil }
            if reason != .issuedByAnother { nearest = reason }
        }
        return ChainFault(nearest ?? .notFromTrustRoot, position: position)
    }
}

/// The first link of a chain that does not hold.
package struct ChainFault: Error, Hashable, Sendable {
    package enum Reason: Hashable, Sendable {
        /// The issuer was not sent, and the certificate is not self-signed.
        case issuerNotSent
        /// The next certificate has another name or key identifier than the one that issued it.
        case issuedByAnother
        case badSignature
        /// The issuer's basicConstraints do not say CA.
        case issuerIsNoCA
        /// The issuer's keyUsage is without keyCertSign.
        case issuerMayNotSign
        case pathTooLong(allowed: Int)
        /// OpenSSL's words.
        case nameNotPermitted(String)
        /// The issuer has a critical extension that OpenSSL does not know.
        case unknownCriticalExtension
        case notFromTrustRoot
    }
    package var reason: Reason
    /// Index of the certificate whose issuer is at fault; 0 is the leaf.
    package var position: Int

    init(_ reason: Reason, position: Int) {
        self.reason = reason
        self.position = position
    }
}

extension ChainFault: CustomStringConvertible {
    package var description: String {
        let certificate = position == 0 ? "the leaf" : "certificate \(position + 1)"
        let next = "certificate \(position + 2)"
        return switch reason {
        case .issuerNotSent: "\(certificate) is not self-signed, and its issuer is not in the chain"
        case .issuedByAnother: "\(certificate) was not issued by \(next)"
        case .badSignature: "the signature of \(certificate) was not made by its issuer"
        case .issuerIsNoCA: "the issuer of \(certificate) is not a CA"
        case .issuerMayNotSign: "the issuer of \(certificate) may not sign certificates (keyUsage)"
        case .pathTooLong(let allowed):
            "the issuer of \(certificate) allows \(allowed) CAs below itself, there are more"
        case .nameNotPermitted(let words): "the issuer of \(certificate) does not permit a name below it: \(words)"
        case .unknownCriticalExtension: "the issuer of \(certificate) has a critical extension that nobody here knows"
        case .notFromTrustRoot: "\(certificate) is neither a trust root nor issued by one"
        }
    }
}
