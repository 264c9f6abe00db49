// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

/// Where the parts of a certificate lie in its DER (RFC 5280, 4.1): found by walking lengths, without decoding.
///
/// `d2i_X509` costs 76 us a certificate; this costs well under one. It is enough to compare what was sent with what is
/// wanted, to see who issued whom, and to name a key. It proves nothing: what is judged is decoded.
package struct CertificateOutline: Hashable, Sendable {
    /// The whole Name, tag and length included.
    package let issuer: Range<Int>
    package let subject: Range<Int>
    /// The whole SubjectPublicKeyInfo, tag and length included.
    package let publicKey: Range<Int>

    /// nil unless `der` is, on the levels that are looked at, one DER certificate without bytes after it.
    package init?(_ der: [UInt8]) {
        let found = der.withUnsafeBufferPointer { bytes -> (Range<Int>, Range<Int>, Range<Int>)? in
            guard let certificate = DERItem(bytes, at: 0, before: bytes.count), certificate.tag == 0x30,
                certificate.end == bytes.count,
                let tbs = DERItem(bytes, at: certificate.content, before: certificate.end), tbs.tag == 0x30
            else { return nil }
            var offset = tbs.content
            func next(_ tag: UInt8) -> DERItem? {
                guard let item = DERItem(bytes, at: offset, before: tbs.end), item.tag == tag else { return nil }
                offset = item.end
                return item
            }
            _ = next(0xa0)  // version: absent in version 1
            guard next(0x02) != nil, next(0x30) != nil,  // serialNumber, signature
                let issuer = next(0x30), next(0x30) != nil,  // validity
                let subject = next(0x30), let publicKey = next(0x30)
            else { return nil }
            return (issuer.whole, subject.whole, publicKey.whole)
        }
        guard let found else { return nil }
        (issuer, subject, publicKey) = found
    }

    /// SHA-256 of the SubjectPublicKeyInfo as it stands in the certificate.
    package func publicKeyFingerprint(in der: [UInt8]) -> SPKIFingerprint {
        var hasher = SHA256Hasher()
        der.withUnsafeBytes { hasher.update(UnsafeRawBufferPointer(rebasing: $0[publicKey])) }
        return hasher.finish()
    }
}

/// One tag-length-value of DER: tags below 31, definite lengths in their shortest form.
struct DERItem {
    let tag: UInt8
    let start: Int
    let content: Int
    let end: Int
    var whole: Range<Int> { start..<end }

    init?(_ bytes: UnsafeBufferPointer<UInt8>, at offset: Int, before limit: Int) {
        guard offset >= 0, limit <= bytes.count, offset + 2 <= limit, bytes[offset] & 0x1f != 0x1f else { return nil }
        var length = Int(bytes[offset + 1])
        var content = offset + 2
        if length >= 0x80 {
            let octets = length - 0x80
            guard (1...4).contains(octets), content + octets <= limit, bytes[content] != 0 else { return nil }
            length = 0
            for index in content..<(content + octets) { length = length << 8 | Int(bytes[index]) }
            guard length >= 0x80 else { return nil }
            content += octets
        }
        guard length <= limit - content else { return nil }
        (tag, start, self.content, end) = (bytes[offset], offset, content, content + length)
    }
}
