// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Planning
internal import Rendering
internal import Vocabulary

/// How many connectors are of which colour: one bar, and the numbers in words below it.
enum ColourBar {
    static func markup(_ colours: [StatusColour: Int]) -> Markup {
        let total = colours.values.reduce(0, +)
        guard total > 0 else { return "" }
        let present = StatusColour.allCases.filter { (colours[$0] ?? 0) > 0 }
        var markup: Markup =
            "<svg class=\"bar\" viewBox=\"0 0 1000 20\" preserveAspectRatio=\"none\" aria-hidden=\"true\" focusable=\"false\">"
        // Whatever there is can be seen, however little it is.
        let least = 8.0, free = 1000.0 - least * Double(present.count)
        var left = 0.0
        for colour in present {
            let width = least + free * Double(colours[colour] ?? 0) / Double(total)
            markup +=
                "<rect class=\"c-\(colour.rawValue)\" x=\"\(left)\" y=\"0\" width=\"\(max(1, width - 2))\" height=\"20\"/>"
            left += width
        }
        markup += "</svg><ul class=\"legend\" role=\"list\">"
        for colour in present {
            let address = Page.Place.connectors.address.with("colour", colour.rawValue)
            markup +=
                "<li><a href=\"\(address.text)\">\(Parts.swatch(colour))<b>\(colours[colour] ?? 0)</b> \(colour.rawValue)<span class=\"on\">: \(ColourWords.meaning(colour).dropLast())</span></a></li>"
        }
        return markup + "</ul>"
    }
}

/// A share as a ring, with the number in it.
enum Ring {
    static func markup(percent: Int, _ words: String) -> Markup {
        let around = 2 * Double.pi * 52
        let good = around * Double(max(0, min(100, percent))) / 100
        return
            "<svg class=\"ring\" viewBox=\"0 0 120 120\" role=\"img\" aria-label=\"\(percent) percent \(words)\"><circle class=\"rest\" cx=\"60\" cy=\"60\" r=\"52\"/><circle class=\"part\" cx=\"60\" cy=\"60\" r=\"52\" stroke-dasharray=\"\(good) \(around)\" transform=\"rotate(-90 60 60)\"/><text x=\"60\" y=\"60\" dy=\"0.35em\" text-anchor=\"middle\">\(percent) %</text></svg>"
    }
}

/// Bars that stand on one line.
private struct Bars {
    struct Bar {
        /// From the bottom: a class and how many.
        var parts: [(kind: String, count: Int)]
        /// Said of it, and shown when it is pointed at.
        var title: String
        /// Below it; empty: none.
        var label: String
    }
    var bars: [Bar]
    var title: String
    var summary: String

    var markup: Markup {
        let (width, height, foot, head, left) = (960.0, 220.0, 28.0, 14.0, 40.0)
        let most = Self.ceiling(max(1, bars.map { $0.parts.reduce(0) { $0 + $1.count } }.max() ?? 1))
        let step = (width - left) / Double(max(1, bars.count)), room = height - foot - head
        var markup: Markup =
            "<svg class=\"chart\" viewBox=\"0 0 \(width) \(height)\" role=\"img\" aria-label=\"\(title): \(summary)\"><defs><pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><rect class=\"hatch-ground\" width=\"6\" height=\"6\"/><rect class=\"hatch-line\" width=\"2.5\" height=\"6\"/></pattern></defs>"
        for line in 0...2 {
            let value = most * line / 2
            let y = head + room - room * Double(value) / Double(most)
            markup +=
                "<line class=\"rule\" x1=\"\(left)\" x2=\"\(width)\" y1=\"\(y)\" y2=\"\(y)\"/><text class=\"axis\" x=\"\(left - 6)\" y=\"\(y)\" dy=\"0.35em\" text-anchor=\"end\">\(value)</text>"
        }
        for (index, bar) in bars.enumerated() {
            let x = left + Double(index) * step
            var y = head + room
            var shapes: Markup = ""
            for part in bar.parts where part.count > 0 {
                let tall = room * Double(part.count) / Double(most)
                y -= tall
                shapes +=
                    "<rect class=\"\(part.kind)\" x=\"\(x + step * 0.12)\" y=\"\(y)\" width=\"\(step * 0.76)\" height=\"\(tall)\"/>"
            }
            if !shapes.isEmpty { markup += "<g><title>\(bar.title)</title>\(shapes)</g>" }
            if !bar.label.isEmpty {
                markup +=
                    "<text class=\"axis\" x=\"\(x + step / 2)\" y=\"\(height - 8)\" text-anchor=\"\(index == 0 ? "start" : index == bars.count - 1 ? "end" : "middle")\">\(bar.label)</text>"
            }
        }
        return markup + "</svg>"
    }

    /// The next number that is good to divide by two.
    private static func ceiling(_ most: Int) -> Int {
        var step = 2
        while step < most { step = step * 10 < most ? step * 10 : step * 2 }
        return step
    }
}

/// Pushes of each day: those that went well below, those that failed on top of them, hatched.
enum PushChart {
    static func markup(_ report: PushReport, days: Int, now: Timestamp) -> Markup {
        let today = now.secondsSince1970 / 86_400
        var good = [Int](repeating: 0, count: days), bad = good
        for push in report.pushes {
            let index = days - 1 - Int(today - push.at.secondsSince1970 / 86_400)
            guard good.indices.contains(index) else { continue }
            if push.isSuccessful { good[index] += 1 } else { bad[index] += 1 }
        }
        let every = days <= 7 ? 1 : days <= 31 ? 7 : 14
        let bars = good.indices.map { index in
            let day = TimeWords.day(now - .days(Int64(days - 1 - index)))
            return Bars.Bar(
                parts: [("good", good[index]), ("bad", bad[index])],
                title: "\(day): \(good[index]) went well, \(bad[index]) failed",
                label: (days - 1 - index) % every == 0 ? String(day.dropFirst(5)) : "")
        }
        return Bars(
            bars: bars, title: "Pushes of the last \(days) days",
            summary: "\(report.successful) went well, \(report.failed) failed; the list below names each"
        ).markup
    }
}

/// Reports one after the other, this one last.
enum TrendChart {
    static func markup(_ reports: [ReportFigures]) -> Markup {
        let shown = reports.suffix(30)
        let every = max(1, shown.count / 6)
        let bars = shown.enumerated().map { index, report in
            let day = TimeWords.day(report.until)
            return Bars.Bar(
                parts: [("good", report.successful), ("bad", report.failed)],
                title: "until \(day): \(report.successful) went well, \(report.failed) failed",
                label: (shown.count - 1 - index) % every == 0 ? String(day.dropFirst(5)) : "")
        }
        let shares = shown.map { report in "\(TimeWords.day(report.until)) \(report.percent.map { "\($0) %" } ?? "none")" }
        return Bars(bars: bars, title: "Pushes of each report", summary: shares.joined(separator: ", ")).markup
    }
}

/// How many certificates end in which of the next weeks.
enum ExpiryChart {
    static func markup(_ ends: [Timestamp], now: Timestamp) -> Markup {
        let weeks = 26
        var counts = [Int](repeating: 0, count: weeks)
        var (expired, later) = (0, 0)
        for end in ends {
            if end <= now {
                expired += 1
            } else if let index = index(end, now: now, weeks) {
                counts[index] += 1
            } else {
                later += 1
            }
        }
        let bars = counts.indices.map { index -> Bars.Bar in
            let start = now + .days(Int64(index * 7))
            let kind =
                switch index * 7 {
                case ..<10: "c-orange"
                case ..<30: "c-yellow"
                case ..<90: "c-blue"
                default: "c-green"
                }
            let day = TimeWords.day(start)
            return Bars.Bar(
                parts: [(kind, counts[index])],
                title: "week from \(day): \(counts[index]) \(counts[index] == 1 ? "ends" : "end")",
                label: index % 4 == 0 ? String(day.dropFirst(5)) : "")
        }
        let soon = counts.reduce(0, +)
        return Bars(
            bars: bars, title: "Certificates that end in each of the next \(weeks) weeks",
            summary:
                "\(expired) have expired, \(soon) end within \(weeks) weeks, \(later) later; the list below names each"
        ).markup
    }

    private static func index(_ end: Timestamp, now: Timestamp, _ weeks: Int) -> Int? {
        let index = Int((end - now).count / (7 * 86_400))
        return index < weeks ? index : nil
    }
}
