// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// `ecdsa-sha2-nistp256`, `-nistp384` (RFC 5656) and `sk-ecdsa-sha2-nistp256@openssh.com` (OpenSSH, PROTOCOL.u2f).
extension SSHSignature {
    func verifyECDSA(_ curve: PublicKey.Curve, point: [UInt8], over data: [UInt8]) throws(SignatureRefusal) -> Bool {
        var reader = WireReader(value)
        guard algorithm == key.type, let inner = reader.string(), reader.isAtEnd, let der = Self.derSignature(inner)
        else { throw .malformed("not an \(key.type) signature") }
        let hash: EVPKey.Hash = curve == .p256 ? .sha256 : .sha384
        return EVPKey.ecdsa(curve, point: point)?.verify(der, over: data, hash: hash) ?? false
    }

    func verifySecurityECDSA(
        point: [UInt8], application: [UInt8], over data: [UInt8]
    ) throws(SignatureRefusal) -> Bool {
        var reader = WireReader(value)
        guard algorithm == key.type, let inner = reader.string(), let der = Self.derSignature(inner),
            let flags = reader.byte(), let counter = reader.take(4), reader.isAtEnd
        else { throw .malformed("not an \(key.type) signature") }
        let signed = try Self.securityKeyData(application, flags: flags, counter: Array(counter), over: data)
        return EVPKey.ecdsa(.p256, point: point)?.verify(der, over: signed, hash: .sha256) ?? false
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
