// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL
internal import Vocabulary

/// The certificates from the leaf up to where a chain has been judged (RFC 5280, 6.1).
struct IssuingPath {
    private var certificates: [[UInt8]]
    private var isSelfIssued: [Bool] = [false]  // of the leaf it is never asked
    var count: Int { certificates.count }

    init(leaf: [UInt8]) { certificates = [leaf] }

    mutating func append(_ der: [UInt8], isSelfIssued: Bool) {
        certificates.append(der)
        self.isSelfIssued.append(isSelfIssued)
    }

    /// Why `issuer` cannot have issued the last one of this path, or nil.
    func reason(
        against issuer: borrowing X509Handle, issuing subject: borrowing X509Handle
    ) throws(PKIError) -> ChainFault.Reason? {
        ERR_clear_error()
        defer { ERR_clear_error() }
        switch X509_check_issued(issuer.raw, subject.raw) {
        case X509_V_OK: break
        case X509_V_ERR_KEYUSAGE_NO_CERTSIGN: return .issuerMayNotSign
        default: return .issuedByAnother
        }
        guard let key = X509_get0_pubkey(issuer.raw), X509_verify(subject.raw, key) == 1 else { return .badSignature }
        // 1 is basicConstraints with cA; the higher values are guesses about certificates without it.
        guard X509_check_ca(issuer.raw) == 1 else { return .issuerIsNoCA }
        let flags = X509_get_extension_flags(issuer.raw)
        guard flags & UInt32(EXFLAG_CRITICAL) == 0 else { return .unknownCriticalExtension }
        let allowed = X509_get_pathlen(issuer.raw)
        // 4.2.1.9: CAs below it that are not self-issued; the leaf is not counted.
        let below = isSelfIssued.dropFirst().count { !$0 }
        if allowed >= 0, below > allowed { return .pathTooLong(allowed: Int(allowed)) }
        return try nameFault(of: issuer)
    }

    /// 4.2.1.10: constraints hold for the leaf and for every CA below that is not self-issued.
    private func nameFault(of issuer: borrowing X509Handle) throws(PKIError) -> ChainFault.Reason? {
        var critical: Int32 = 0
        guard let found = X509_get_ext_d2i(issuer.raw, NID_name_constraints, &critical, nil) else {
            return critical == -1 ? nil : .nameNotPermitted("the constraints cannot be decoded")
        }
        let constraints = found.assumingMemoryBound(to: NAME_CONSTRAINTS.self)
        defer { NAME_CONSTRAINTS_free(constraints) }
        for (index, der) in certificates.enumerated() where index == 0 || !isSelfIssued[index] {
            let certificate = try X509Handle(decoding: der)
            var verdict = NAME_CONSTRAINTS_check(certificate.raw, constraints)
            // A leaf without DNS names may be taken by its common name elsewhere; OpenSSL asks there, too.
            if verdict == X509_V_OK, index == 0 { verdict = NAME_CONSTRAINTS_check_CN(certificate.raw, constraints) }
            if verdict != X509_V_OK {
                return .nameNotPermitted(String(cString: X509_verify_cert_error_string(Int(verdict))))
            }
        }
        return nil
    }
}
