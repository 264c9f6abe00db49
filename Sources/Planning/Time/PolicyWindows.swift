// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Approvals
package import Declarations
package import Vocabulary

/// When a policy lets anything be pushed. Edges are computed once per policy and pass; asking afterwards is a comparison.
package struct PolicyWindows: Hashable, Sendable {
    /// No windows: always open.
    private let isAlwaysOpen: Bool
    /// Sorted by start, from a day before `now` on.
    private let openings: [Window]
    private let spans: [ApprovalPolicySpec.Window]

    /// How far ahead is looked: a window comes every week, and at most one is lost to a change of clocks.
    private static let horizon: Int64 = 15

    package init(_ windows: [ApprovalPolicySpec.Window], around now: Timestamp) {
        spans = windows
        isAlwaysOpen = windows.isEmpty
        openings = Self.openings(of: windows, from: now, until: now + .days(Self.horizon))
    }

    package func isOpen(at now: Timestamp) -> Bool {
        isAlwaysOpen || openings.contains { $0.contains(now) }
    }

    /// nil: within two weeks never.
    package func nextOpening(after now: Timestamp) -> Window? {
        openings.first { $0.start > now }
    }

    /// Whether there is a moment of `window` at which a push is let through: `implement` refuses a window without one.
    package func opens(within window: Window) -> Bool {
        if isAlwaysOpen { return window.start < window.end }
        let end = min(window.end, window.start + .days(Self.horizon))
        return Self.openings(of: spans, from: window.start, until: end).contains { $0.intersection(window) != nil }
    }

    /// All that reach into the span, sorted. A zone or time that is not one never opens: what cannot be understood
    /// lets nothing through.
    private static func openings(
        of windows: [ApprovalPolicySpec.Window], from: Timestamp, until: Timestamp
    ) -> [Window] {
        var found: [Window] = []
        for window in windows {
            guard let local = LocalTime(zoneName: window.timeZone), let opens = minute(window.from),
                let closes = minute(window.to)
            else { continue }
            let first = local.day(at: from) - 1
            let last = local.day(at: until)
            guard first <= last else { continue }
            for day in first...last where window.days.isEmpty || window.days.contains(weekday(of: day)) {
                let start = local.instant(day: day, minute: opens)
                let end = local.instant(day: closes > opens ? day : day + 1, minute: closes)
                if start < end, end > from, start < until { found.append(Window(start: start, end: end)) }
            }
        }
        return found.sorted { ($0.start, $0.end) < ($1.start, $1.end) }
    }

    /// 1970-01-01 was a Thursday.
    private static func weekday(of day: Int64) -> ApprovalPolicySpec.Weekday {
        let all = ApprovalPolicySpec.Weekday.allCases
        return all[Int(((day + 3) % 7 + 7) % 7)]
    }

    /// Of `HH:MM`; nil for anything else.
    private static func minute(_ text: String) -> Int? {
        let bytes = Array(text.utf8)
        guard bytes.count == 5, bytes[2] == 0x3a, let hours = Int(text.prefix(2)), let minutes = Int(text.suffix(2)),
            (0...23).contains(hours), (0...59).contains(minutes)
        else { return nil }
        return hours * 60 + minutes
    }
}
