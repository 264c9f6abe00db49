// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL

/// Where a certificate says that one can ask whether it was revoked. Nobody's word but its issuer's, and of http only: an
/// authority's answers are signed, and https would have to ask of its own certificate first (RFC 5280, 8).
package struct RevocationPlaces: Hashable, Sendable {
    /// OCSP responders of its authorityInfoAccess (RFC 5280, 4.2.2.1), in its order.
    package private(set) var responders: [String] = []
    /// CRLs of its cRLDistributionPoints (4.2.1.13), without those of other issuers than its own.
    package private(set) var lists: [String] = []

    package var isEmpty: Bool { responders.isEmpty && lists.isEmpty }

    /// Of each kind no more than this: whoever issues a certificate decides how often we ask.
    private static let most = 3

    /// Whether there can be any, without decoding: a pass asks it of every certificate (about 1 us, against 76 for decoding).
    package static func mayBe(in der: [UInt8]) -> Bool {
        der.withUnsafeBufferPointer { bytes in
            extensions.contains { object in
                guard bytes.count >= object.count else { return false }
                return (0...(bytes.count - object.count)).contains { start in
                    // Nearly every place is passed over by its first byte.
                    bytes[start] == 0x06 && object.indices.allSatisfy { bytes[start + $0] == object[$0] }
                }
            }
        }
    }

    /// cRLDistributionPoints (2.5.29.31) and id-ad-ocsp (1.3.6.1.5.5.7.48.1), tag and length with them.
    private static let extensions: [[UInt8]] = [
        [0x06, 0x03, 0x55, 0x1d, 0x1f], [0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01],
    ]

    /// - Throws: `notACertificate`, `invalidContent`.
    package init(_ der: [UInt8]) throws(PKIError) {
        let certificate = try X509Handle(decoding: der)
        ERR_clear_error()
        defer { ERR_clear_error() }
        if let found = X509_get1_ocsp(certificate.raw) {
            defer { X509_email_free(found) }
            for index in 0..<max(0, OPENSSL_sk_num(found)) {
                guard let item = OPENSSL_sk_value(found, index) else { continue }
                responders.append(String(cString: item.assumingMemoryBound(to: CChar.self)))
            }
        }
        if let found = X509_get_ext_d2i(certificate.raw, NID_crl_distribution_points, nil, nil) {
            let points = OpaquePointer(found)
            defer { CRL_DIST_POINTS_free(points) }
            for index in 0..<max(0, OPENSSL_sk_num(points)) {
                guard let item = OPENSSL_sk_value(points, index) else { continue }
                lists += Self.addresses(of: item.assumingMemoryBound(to: DIST_POINT.self).pointee)
            }
        }
        responders = Self.chosen(responders)
        lists = Self.chosen(lists)
    }

    private static func chosen(_ found: [String]) -> [String] {
        Array(found.filter { $0.lowercased().hasPrefix("http://") }.prefix(most))
    }

    private static func addresses(of point: DIST_POINT) -> [String] {
        // Of another issuer, or of a few reasons only: neither says that a certificate stands.
        guard point.CRLissuer == nil, point.reasons == nil, let place = point.distpoint?.pointee, place.type == 0,
            let names = place.name.fullname
        else { return [] }
        var found: [String] = []
        for index in 0..<max(0, OPENSSL_sk_num(names)) {
            guard let item = OPENSSL_sk_value(names, index) else { continue }
            var type: Int32 = 0
            let value = GENERAL_NAME_get0_value(item.assumingMemoryBound(to: GENERAL_NAME.self), &type)
            guard type == GEN_URI, let value else { continue }
            let text = value.assumingMemoryBound(to: ASN1_STRING.self)
            let bytes = UnsafeBufferPointer(
                start: ASN1_STRING_get0_data(text), count: max(0, Int(ASN1_STRING_length(text))))
            found.append(String(decoding: bytes, as: UTF8.self))
        }
        return found
    }
}
