// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Approvals
package import Declarations
package import Vocabulary

/// When a policy lets anything be pushed. Edges are computed once per policy and pass; asking afterwards is a comparison.
///
/// A freeze closes whatever windows say.
package struct PolicyWindows: Hashable, Sendable {
    /// Sorted by start, from a day before `now` on; freezes are cut out.
    private let openings: [Window]
    /// None: always open, but for freezes.
    private let spans: [ApprovalPolicySpec.Window]
    private let freezes: [ApprovalPolicySpec.Freeze]

    /// How far ahead is looked: a window comes every week, and at most one is lost to a change of clocks.
    private static let horizon: Int64 = 15

    package init(
        _ windows: [ApprovalPolicySpec.Window], freezes: [ApprovalPolicySpec.Freeze] = [], around now: Timestamp
    ) {
        (spans, self.freezes) = (windows, freezes)
        let thaw = Self.thaw(of: freezes, from: now)
        var found = Self.openings(of: windows, freezes, from: now, until: now + .days(Self.horizon))
        // A freeze may be longer than what is looked ahead.
        if thaw > now { found += Self.openings(of: windows, freezes, from: thaw, until: thaw + .days(Self.horizon)) }
        openings = Set(found).sorted { ($0.start, $0.end) < ($1.start, $1.end) }
    }

    package init(_ policy: ApprovalPolicySpec, around now: Timestamp) {
        self.init(policy.windows, freezes: policy.freezes, around: now)
    }

    package func isOpen(at now: Timestamp) -> Bool {
        freeze(at: now) == nil && (spans.isEmpty || openings.contains { $0.contains(now) })
    }

    /// The freeze that holds, of several the one that ends last.
    package func freeze(at now: Timestamp) -> ApprovalPolicySpec.Freeze? {
        freezes.filter { $0.span.contains(now) }.max { $0.until < $1.until }
    }

    /// nil: within two weeks never, freezes left out.
    package func nextOpening(after now: Timestamp) -> Window? {
        openings.first { $0.start > now }
    }

    /// Whether there is a moment of `window` at which a push is let through: `implement` refuses a window without one.
    package func opens(within window: Window) -> Bool {
        let start = Self.thaw(of: freezes, from: window.start)
        let end = min(window.end, start + .days(Self.horizon))
        guard start < end else { return false }
        return Self.openings(of: spans, freezes, from: start, until: end).contains { $0.intersection(window) != nil }
    }

    /// The first instant, from `start` on, at which no freeze holds.
    private static func thaw(of freezes: [ApprovalPolicySpec.Freeze], from start: Timestamp) -> Timestamp {
        freezes.sorted { $0.from < $1.from }.reduce(start) { $1.span.contains($0) ? $1.until : $0 }
    }

    private static func openings(
        of windows: [ApprovalPolicySpec.Window], _ freezes: [ApprovalPolicySpec.Freeze], from: Timestamp,
        until: Timestamp
    ) -> [Window] {
        let all = windows.isEmpty ? [Window(start: from, end: until)] : openings(of: windows, from: from, until: until)
        return freezes.filter { $0.from < $0.until }.reduce(all) { left, freeze in
            left.flatMap { opening in
                [
                    Window(start: opening.start, end: min(opening.end, freeze.from)),
                    Window(start: max(opening.start, freeze.until), end: opening.end),
                ].filter { $0.start < $0.end }
            }
        }
        .sorted { ($0.start, $0.end) < ($1.start, $1.end) }
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

extension ApprovalPolicySpec.Freeze {
    fileprivate var span: Window { Window(start: from, end: until) }
}
