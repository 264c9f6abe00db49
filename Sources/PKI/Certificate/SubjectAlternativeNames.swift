// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL
internal import Vocabulary

/// DNS names and addresses of the subjectAltName (RFC 5280, 4.2.1.6), in its order.
struct SubjectAlternativeNames {
    var dns: [String] = []
    var ip: [String] = []

    init() {}

    /// - Parameter takingOwnershipOf: `GENERAL_NAMES *`; nil: no names.
    init(takingOwnershipOf found: UnsafeMutableRawPointer?) {
        guard let found else { return }
        let names = OpaquePointer(found)
        defer { GENERAL_NAMES_free(names) }
        add(names)
    }

    init(of certificate: borrowing X509Handle) throws(PKIError) {
        self.init()
        var critical: Int32 = 0
        guard let found = X509_get_ext_d2i(certificate.raw, NID_subject_alt_name, &critical, nil) else {
            // -1: there is none; -2: there are two, which may say two things.
            guard critical == -1 else {
                throw PKIError(.invalidContent, "the subjectAltName cannot be decoded: \(ErrorQueue.drain())")
            }
            return
        }
        let names = OpaquePointer(found)
        defer { GENERAL_NAMES_free(names) }
        add(names)
    }

    private mutating func add(_ names: OpaquePointer) {
        for index in 0..<max(0, OPENSSL_sk_num(names)) {
            guard let item = OPENSSL_sk_value(names, index) else { continue }
            var type: Int32 = 0
            let value = GENERAL_NAME_get0_value(item.assumingMemoryBound(to: GENERAL_NAME.self), &type)
            guard type == GEN_DNS || type == GEN_IPADD, let value else { continue }
            let string = value.assumingMemoryBound(to: ASN1_STRING.self)
            let bytes = UnsafeBufferPointer(
                start: ASN1_STRING_get0_data(string), count: max(0, Int(ASN1_STRING_length(string))))
            if type == GEN_DNS {
                dns.append(Self.shown(bytes))
            } else {
                ip.append(IPAddress(bytes: bytes)?.description ?? "\\x" + Hex.encode(bytes))
            }
        }
    }

    /// Lower case; what is not printable ASCII, and the backslash, as `\xNN`: a NUL in a name has fooled clients that
    /// read it as C does (CVE-2009-2408).
    static func shown(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        for byte in bytes {
            switch byte {
            case 0x41...0x5a: text.append(byte + 0x20)
            case 0x21...0x7e where byte != 0x5c: text.append(byte)
            default: text += Array("\\x\(Hex.encode([byte]))".utf8)
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
