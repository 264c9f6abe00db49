// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL
internal import Vocabulary

/// The two forms of RFC 5280, 4.1.2.5, and no others: `YYMMDDHHMMSSZ` (UTCTime, 1950 to 2049) and `YYYYMMDDHHMMSSZ`
/// (GeneralizedTime). OpenSSL also takes offsets and times without seconds.
enum CertificateTime {
    static func timestamp(_ time: UnsafePointer<ASN1_TIME>?) throws(PKIError) -> Timestamp {
        guard let time, let data = ASN1_STRING_get0_data(time) else {
            throw PKIError(.invalidDate, "the certificate has no date")
        }
        let text = UnsafeBufferPointer(start: data, count: Int(ASN1_STRING_length(time)))
        guard let value = parse(Array(text), generalized: ASN1_STRING_type(time) == V_ASN1_GENERALIZEDTIME) else {
            throw PKIError(.invalidDate, "a date of the certificate is not as in RFC 5280, 4.1.2.5")
        }
        return value
    }

    static func parse(_ text: [UInt8], generalized: Bool) -> Timestamp? {
        guard text.count == (generalized ? 15 : 13), text.last == 0x5a else { return nil }
        var numbers: [Int] = []
        for index in stride(from: 0, to: text.count - 1, by: 2) {
            let (tens, ones) = (text[index], text[index + 1])
            guard (0x30...0x39).contains(tens), (0x30...0x39).contains(ones) else { return nil }
            numbers.append(Int(tens - 0x30) * 10 + Int(ones - 0x30))
        }
        let year: Int
        if generalized {
            year = numbers[0] * 100 + numbers[1]
            numbers.removeFirst()
        } else {
            year = numbers[0] < 50 ? 2000 + numbers[0] : 1900 + numbers[0]
        }
        return CivilTime(
            year: year, month: numbers[1], day: numbers[2], hour: numbers[3], minute: numbers[4], second: numbers[5])?
            .timestamp
    }
}
