// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

/// Both dates read from where they stand in a certificate (RFC 5280, 4.1.2.5), without decoding the rest: ten thousand
/// colours need ten thousand dates.
enum ValidityGlance {
    struct Validity: Sendable {
        var notBefore: Timestamp
        var notAfter: Timestamp
    }

    /// The bytes between issuer and subject are the Validity and nothing else. nil for a form that RFC 5280 does not allow.
    static func validity(_ der: [UInt8], between start: Int, _ end: Int) -> Validity? {
        guard start + 2 < end, end <= der.count, der[start] == 0x30, Int(der[start + 1]) == end - start - 2 else {
            return nil
        }
        var offset = start + 2
        guard let notBefore = time(der, &offset, end), let notAfter = time(der, &offset, end), offset == end else {
            return nil
        }
        return Validity(notBefore: notBefore, notAfter: notAfter)
    }

    /// UTCTime `YYMMDDHHMMSSZ` (1950 to 2049) or GeneralizedTime `YYYYMMDDHHMMSSZ`.
    private static func time(_ der: [UInt8], _ offset: inout Int, _ end: Int) -> Timestamp? {
        guard offset + 2 <= end else { return nil }
        let (tag, length) = (der[offset], Int(der[offset + 1]))
        let digits = tag == 0x17 ? 12 : tag == 0x18 ? 14 : 0
        let first = offset + 2
        guard digits > 0, length == digits + 1, first + length <= end, der[first + digits] == 0x5a else { return nil }
        var pairs: [Int] = []
        for index in stride(from: first, to: first + digits, by: 2) {
            guard (0x30...0x39).contains(der[index]), (0x30...0x39).contains(der[index + 1]) else { return nil }
            pairs.append(Int(der[index] - 0x30) * 10 + Int(der[index + 1] - 0x30))
        }
        let year: Int
        if tag == 0x18 {
            year = pairs.removeFirst() * 100 + pairs.removeFirst()
        } else {
            let short = pairs.removeFirst()
            year = short < 50 ? 2000 + short : 1900 + short
        }
        offset = first + length
        return CivilTime(
            year: year, month: pairs[0], day: pairs[1], hour: pairs[2], minute: pairs[3], second: pairs[4])?.timestamp
    }
}
