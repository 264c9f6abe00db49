// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

extension CertificateOutline {
    /// DNS names of the subjectAltName as `CertificateFacts` has them, for lists of ten thousand: about a hundredth of decoding.
    ///
    /// nil where anything is not as simple as it usually is: then it is decoded.
    package static func glancedDNSNames(in der: [UInt8]) -> [String]? {
        guard let outline = CertificateOutline(der) else { return nil }
        return der.withUnsafeBufferPointer { bytes in
            guard let certificate = DERItem(bytes, at: 0, before: bytes.count),
                let tbs = DERItem(bytes, at: certificate.content, before: certificate.end),
                let rest = items(bytes, outline.publicKey.upperBound..<tbs.end)
            else { return nil }
            // [3] EXPLICIT Extensions
            guard let explicit = rest.first(where: { $0.tag == 0xa3 }) else { return [] }
            guard let list = only(bytes, explicit.content..<explicit.end, tag: 0x30),
                let extensions = items(bytes, list.content..<list.end)
            else { return nil }
            var found: [String]?
            for one in extensions {
                guard let parts = items(bytes, one.content..<one.end), let object = parts.first, object.tag == 0x06,
                    let value = parts.last, value.tag == 0x04
                else { return nil }
                guard bytes[object.content..<object.end].elementsEqual(subjectAltName) else { continue }
                guard found == nil, let names = only(bytes, value.content..<value.end, tag: 0x30),
                    let all = items(bytes, names.content..<names.end)
                else { return nil }
                found = all.filter { $0.tag == 0x82 }.map { SubjectAlternativeNames.shown(bytes[$0.content..<$0.end]) }
            }
            return found ?? []
        }
    }

    private static let subjectAltName: [UInt8] = [0x55, 0x1d, 0x11]

    private static func items(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> [DERItem]? {
        var (found, offset): ([DERItem], Int) = ([], range.lowerBound)
        while offset < range.upperBound {
            guard let item = DERItem(bytes, at: offset, before: range.upperBound) else { return nil }
            found.append(item)
            offset = item.end
        }
        return found
    }

    private static func only(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, tag: UInt8) -> DERItem? {
        guard let item = DERItem(bytes, at: range.lowerBound, before: range.upperBound), item.tag == tag,
            item.end == range.upperBound
        else { return nil }
        return item
    }
}
