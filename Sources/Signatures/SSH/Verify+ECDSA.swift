// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// `ecdsa-sha2-nistp256`, `-nistp384` (RFC 5656) and `sk-ecdsa-sha2-nistp256@openssh.com` (OpenSSH, PROTOCOL.u2f).
extension SSHSignature {
    func verifyECDSA(_ verifier: EVPKey, _ curve: PublicKey.Curve, over data: [UInt8]) throws(SignatureRefusal) -> Bool
    {
        var reader = WireReader(value)
        guard algorithm == key.type, let inner = reader.string(), reader.isAtEnd, let der = Self.derSignature(inner)
        else { throw .malformed("not an \(key.type) signature") }
        return verifier.verify(der, over: data, hash: curve == .p256 ? .sha256 : .sha384)
    }

    func verifySecurityECDSA(
        _ verifier: EVPKey, application: [UInt8], over data: [UInt8]
    ) throws(SignatureRefusal) -> Bool {
        var reader = WireReader(value)
        guard algorithm == key.type, let inner = reader.string(), let der = Self.derSignature(inner),
            let flags = reader.byte(), let counter = reader.take(4), reader.isAtEnd
        else { throw .malformed("not an \(key.type) signature") }
        let signed = try Self.securityKeyData(application, flags: flags, counter: Array(counter), over: data)
        return verifier.verify(der, over: signed, hash: .sha256)
    }

    /// Two multiple precision integers become what OpenSSL reads.
    private static func derSignature(_ inner: [UInt8]) -> [UInt8]? {
        var reader = WireReader(inner)
        guard let r = reader.positiveInteger(), let s = reader.positiveInteger(), reader.isAtEnd, r.count <= 48,
            s.count <= 48
        else { return nil }
        return DER.signature(r: r, s: s)
    }
}
