// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Vocabulary

/// Wall-clock time of one zone, as instants. Foundation is asked only for offsets: its calendars cost tens of microseconds
/// a call and settle gaps and overlaps in their own way.
struct LocalTime {
    private let zone: TimeZone

    /// nil for a name that the time zone database does not know.
    init?(zoneName: String) {
        guard let zone = TimeZone(identifier: zoneName) else { return nil }
        self.zone = zone
    }

    func offset(at time: Timestamp) -> Int64 {
        Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(time.secondsSince1970))))
    }

    /// Days since 1970-01-01 of the date that a calendar on the wall shows.
    func day(at time: Timestamp) -> Int64 {
        let local = time.secondsSince1970 + offset(at: time)
        return local >= 0 ? local / 86400 : -((-local + 86399) / 86400)
    }

    /// The first instant at which the clock on the wall shows this time or, where clocks are put forward over it, any later one.
    ///
    /// Where clocks are put back it is the first of two: an opening is not missed, and a window never lasts an hour longer
    /// than it reads.
    func instant(day: Int64, minute: Int) -> Timestamp {
        let wall = day * 86400 + Int64(minute) * 60
        let before = offset(at: Timestamp(secondsSince1970: wall - 86400))
        let after = offset(at: Timestamp(secondsSince1970: wall + 86400))
        let found = Set([before, after]).map { Timestamp(secondsSince1970: wall - $0) }
            .filter { $0.secondsSince1970 + offset(at: $0) == wall }.min()
        if let found { return found }
        // In a gap: the instant of the change itself, between the two readings.
        var early = wall - max(before, after)
        var late = wall - min(before, after)
        while late - early > 1 {
            let middle = (early + late) / 2
            if middle + offset(at: Timestamp(secondsSince1970: middle)) >= wall {
                late = middle
            } else {
                early = middle
            }
        }
        return Timestamp(secondsSince1970: late)
    }
}
