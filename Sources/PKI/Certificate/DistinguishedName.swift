// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL

/// RFC 2253 text of a Name, for people: two names can have one text, so nothing is decided by it.
enum DistinguishedName {
    static func text(_ name: OpaquePointer?) -> String {
        guard let name, X509_NAME_entry_count(name) > 0 else { return "" }
        guard let memory = BIO_new(BIO_s_mem()) else { return unreadable }
        defer { BIO_free(memory) }
        // Letters beyond ASCII are written as they are: `CN=Büro` is for people. Control characters stay escaped.
        let flags = countersign_xn_flag_rfc2253() & ~UInt(ASN1_STRFLGS_ESC_MSB)
        guard X509_NAME_print_ex(memory, name, 0, flags) >= 0 else { return unreadable }
        var data: UnsafeMutablePointer<CChar>?
        let length = countersign_bio_get_mem_data(memory, &data)
        guard length >= 0, let data else { return unreadable }
        return String(decoding: UnsafeRawBufferPointer(start: data, count: length), as: UTF8.self)
    }

    private static let unreadable = "(a name that cannot be read)"
}
