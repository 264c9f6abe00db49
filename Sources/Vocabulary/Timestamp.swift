// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// A point in time, in whole seconds since 1970-01-01T00:00:00Z: the grain of git commits and of X.509.
package struct Timestamp: Hashable, Comparable, Sendable, Codable {
    package var secondsSince1970: Int64

    package init(secondsSince1970: Int64) { self.secondsSince1970 = secondsSince1970 }

    package static func < (left: Self, right: Self) -> Bool { left.secondsSince1970 < right.secondsSince1970 }
    package static func + (time: Self, seconds: Seconds) -> Self {
        Self(secondsSince1970: time.secondsSince1970 &+ seconds.count)
    }
    package static func - (time: Self, seconds: Seconds) -> Self {
        Self(secondsSince1970: time.secondsSince1970 &- seconds.count)
    }
    package static func - (later: Self, earlier: Self) -> Seconds {
        Seconds(later.secondsSince1970 &- earlier.secondsSince1970)
    }
}

/// A span of time in whole seconds.
package struct Seconds: Hashable, Comparable, Sendable, Codable, ExpressibleByIntegerLiteral {
    package var count: Int64
    package init(_ count: Int64) { self.count = count }
    package init(integerLiteral value: Int64) { count = value }
    package static func minutes(_ n: Int64) -> Self { Self(n * 60) }
    package static func hours(_ n: Int64) -> Self { Self(n * 3600) }
    package static func days(_ n: Int64) -> Self { Self(n * 86400) }
    /// Whole days, rounded down.
    package var wholeDays: Int64 { count >= 0 ? count / 86400 : -((-count + 86399) / 86400) }
    package static func < (left: Self, right: Self) -> Bool { left.count < right.count }
}

/// A calendar date and time of day in UTC, proleptic Gregorian.
package struct CivilTime: Hashable, Sendable {
    package var year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int

    package init(_ time: Timestamp) {
        var days = time.secondsSince1970 / 86400
        var rest = time.secondsSince1970 % 86400
        if rest < 0 { (days, rest) = (days - 1, rest + 86400) }
        // Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": eras of 400 years that begin in March.
        let z = days + 719_468
        let era = (z >= 0 ? z : z - 146_096) / 146_097
        let dayOfEra = z - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        day = Int(dayOfYear - (153 * shifted + 2) / 5 + 1)
        month = Int(shifted < 10 ? shifted + 3 : shifted - 9)
        year = Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0)
        (hour, minute, second) = (Int(rest / 3600), Int(rest / 60 % 60), Int(rest % 60))
    }

    /// nil if there is no such date or time (30 February, 24:00:00; leap seconds are not known here).
    package init?(year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) {
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard (1...9999).contains(year), (1...12).contains(month), (1...lengths[month - 1]).contains(day),
            (0...23).contains(hour), (0...59).contains(minute), (0...59).contains(second)
        else { return nil }
        (self.year, self.month, self.day) = (year, month, day)
        (self.hour, self.minute, self.second) = (hour, minute, second)
    }

    package var timestamp: Timestamp {
        let y = Int64(month <= 2 ? year - 1 : year)
        let era = (y >= 0 ? y : y - 399) / 400
        let yearOfEra = y - era * 400
        let m = Int64(month)
        let dayOfYear = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + Int64(day) - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = era * 146_097 + dayOfEra - 719_468
        return Timestamp(secondsSince1970: days * 86400 + Int64(hour * 3600 + minute * 60 + second))
    }
}

extension Timestamp: CustomStringConvertible {
    /// RFC 3339 in UTC: `2026-11-28T21:00:00Z`.
    package var description: String {
        let civil = CivilTime(self)
        func pad(_ n: Int, _ width: Int) -> String {
            let text = String(n)
            return String(repeating: "0", count: max(0, width - text.count)) + text
        }
        return "\(pad(civil.year, 4))-\(pad(civil.month, 2))-\(pad(civil.day, 2))"
            + "T\(pad(civil.hour, 2)):\(pad(civil.minute, 2)):\(pad(civil.second, 2))Z"
    }

    /// Strict RFC 3339 with whole seconds: `2026-11-28T22:00:00+01:00` or `…Z`, upper-case T and Z, a real date,
    /// nothing before or after. Foundation's parsers take 30 February, 24:00:00 and junk after the Z.
    package init?(rfc3339 text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count == 20 || bytes.count == 25 else { return nil }
        func number(_ range: Range<Int>) -> Int? {
            var value = 0
            for index in range {
                guard (0x30...0x39).contains(bytes[index]) else { return nil }
                value = value * 10 + Int(bytes[index] - 0x30)
            }
            return value
        }
        guard bytes[4] == 0x2d, bytes[7] == 0x2d, bytes[10] == 0x54, bytes[13] == 0x3a, bytes[16] == 0x3a,
            let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
            let civil = CivilTime(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
        else { return nil }
        var offset = 0
        if bytes.count == 20 {
            guard bytes[19] == 0x5a else { return nil }
        } else {
            guard bytes[19] == 0x2b || bytes[19] == 0x2d, bytes[22] == 0x3a,
                let hours = number(20..<22), let minutes = number(23..<25), hours < 24, minutes < 60
            else { return nil }
            offset = (hours * 60 + minutes) * 60 * (bytes[19] == 0x2b ? 1 : -1)
        }
        self = civil.timestamp - Seconds(Int64(offset))
    }
}

/// Where time comes from; a test has its own.
package protocol TimeSource: Sendable {
    var now: Timestamp { get }
    func sleep(for duration: Duration) async throws(CancellationError)
}
