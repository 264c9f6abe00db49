// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

/// Who and when, as in a commit: `Name <address> seconds ±hhmm`.
package struct Identity: Hashable, Sendable {
    package var name: String
    package var email: String
    package var time: Timestamp
    /// Minutes east of UTC; for showing, `time` is absolute.
    package var offset: Int

    /// nil for a name or address that cannot stand in a commit: angle brackets, control characters.
    package init?(name: String, email: String, time: Timestamp, offset: Int = 0) {
        guard Self.isPlain(name), Self.isPlain(email), time.secondsSince1970 >= 0, abs(offset) < 24 * 60 else {
            return nil
        }
        self.name = name
        self.email = email
        self.time = time
        self.offset = offset
    }

    /// nil unless it is exactly this form, in UTF-8, seconds without leading zeros and an offset below 24 hours.
    package init?(parsing bytes: [UInt8]) {
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        let utf8 = text.utf8
        guard let open = utf8.firstIndex(of: 0x3c), let close = utf8.lastIndex(of: 0x3e), open < close else {
            return nil
        }
        let before = text[..<open]
        // Git writes `<address>` alone after a space where there is no name.
        guard before.isEmpty || before.utf8.last == 0x20 else { return nil }
        let rest = text[utf8.index(after: close)...].utf8.split(separator: 0x20, omittingEmptySubsequences: false)
        guard rest.count == 3, rest[0].isEmpty, let seconds = Self.number(rest[1]),
            let offset = Self.offset(Array(rest[2]))
        else { return nil }
        self.init(
            name: String(before.dropLast()), email: String(text[utf8.index(after: open)..<close]),
            time: Timestamp(secondsSince1970: seconds), offset: offset)
    }

    /// As it stands in a commit.
    package var line: String {
        let minutes = abs(offset)
        let digits = String(10000 + minutes / 60 * 100 + minutes % 60).dropFirst()
        return "\(name) <\(email)> \(time.secondsSince1970) \(offset < 0 ? "-" : "+")\(digits)"
    }

    private static func isPlain(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f && $0 != 0x3c && $0 != 0x3e }
    }

    private static func number(_ digits: some Collection<UInt8>) -> Int64? {
        guard (1...18).contains(digits.count), digits.count == 1 || digits.first != 0x30 else { return nil }
        var value: Int64 = 0
        for digit in digits {
            guard (0x30...0x39).contains(digit) else { return nil }
            value = value * 10 + Int64(digit - 0x30)
        }
        return value
    }

    private static func offset(_ text: [UInt8]) -> Int? {
        guard text.count == 5, text[0] == 0x2b || text[0] == 0x2d,
            text[1...].allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        let digits = text[1...].map { Int($0 - 0x30) }
        let (hours, minutes) = (digits[0] * 10 + digits[1], digits[2] * 10 + digits[3])
        guard hours < 24, minutes < 60 else { return nil }
        return (text[0] == 0x2d ? -1 : 1) * (hours * 60 + minutes)
    }
}
