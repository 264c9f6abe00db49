// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// `WO-`, `REQ-`, `POL-` and eight Crockford base32 digits: the first 40 bits of a digest. For people; digests decide.
package enum ShortID {
    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

    package static func text<Subject>(_ prefix: String, _ digest: Digest<Subject>) -> String {
        let bits = digest.first40Bits
        let digits = (0..<8).map { alphabet[Int(bits >> (35 - 5 * UInt64($0)) & 31)] }
        return prefix + String(decoding: digits, as: UTF8.self)
    }
}

extension Digest where Subject == WorkOrderContent {
    package var id: String { ShortID.text("WO-", self) }
}
extension Digest where Subject == RequestContent {
    package var id: String { ShortID.text("REQ-", self) }
}
extension Digest where Subject == PolicyChangeContent {
    package var id: String { ShortID.text("POL-", self) }
}
