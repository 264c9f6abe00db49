// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

/// How spans and points of time are said. Always UTC: approvers and gateways stand in different places.
package enum TimeWords {
    /// `12 s`, `5 min`, `3 h`, `46 days`: one unit, rounded down.
    package static func span(_ span: Seconds) -> String {
        let count = span.count.magnitude
        return switch count {
        case ..<60: "\(count) s"
        case ..<3600: "\(count / 60) min"
        case ..<172_800: "\(count / 3600) h"
        default: "\(count / 86400) days"
        }
    }

    /// `12 s ago`, `in 3 h`.
    package static func distance(_ time: Timestamp, from now: Timestamp) -> String {
        time <= now ? "\(span(now - time)) ago" : "in \(span(time - now))"
    }

    /// `2026-11-27`.
    package static func day(_ time: Timestamp) -> String { String(time.description.prefix(10)) }

    /// `2026-11-27 10:00 UTC`.
    package static func minute(_ time: Timestamp) -> String {
        "\(day(time)) \(time.description.dropFirst(11).prefix(5)) UTC"
    }

    /// `08:12 UTC today`, else day and minute.
    package static func moment(_ time: Timestamp, now: Timestamp) -> String {
        day(time) == day(now) ? "\(time.description.dropFirst(11).prefix(5)) UTC today" : minute(time)
    }

    /// `46 days left`, `expired 3 days ago`.
    package static func left(until end: Timestamp, now: Timestamp) -> String {
        end > now ? "\(span(end - now)) left" : "expired \(span(now - end)) ago"
    }

    /// `valid to 2027-01-09 (46 days)`, `expired on 2026-10-01`.
    package static func validity(until end: Timestamp, now: Timestamp) -> String {
        end > now ? "valid to \(day(end)) (\(span(end - now)))" : "expired on \(day(end))"
    }
}
