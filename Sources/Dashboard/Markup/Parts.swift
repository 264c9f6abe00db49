// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Planning
internal import Rendering
internal import Vocabulary

/// The pieces that pages are made of.
enum Parts {
    static func link(_ address: Address, _ words: Markup) -> Markup { "<a href=\"\(address.text)\">\(words)</a>" }
    static func certificate(_ name: CertificateName) -> Markup { link(.certificate(name), "\(name)") }
    static func workOrder(_ digest: WorkOrderDigest) -> Markup {
        link(.workOrder(digest), "<span class=\"id\">\(digest.id)</span>")
    }
    static func request(_ digest: RequestDigest) -> Markup {
        link(.request(digest), "<span class=\"id\">\(digest.id)</span>")
    }
    static func device(_ name: DeviceName) -> Markup { link(.device(name), "\(name)") }

    /// A swatch whose shape, too, tells the colour; the words stand beside it.
    static func colour(_ colour: StatusColour, notAfter: Timestamp?, now: Timestamp) -> Markup {
        let words = ColourWords.words(colour, notAfter: notAfter, now: now).plain
        return "<span class=\"colour c-\(colour.rawValue)\">\(swatch(colour))<span>\(words)</span></span>"
    }

    static func swatch(_ colour: StatusColour) -> Markup {
        "<svg class=\"swatch c-\(colour.rawValue)\" viewBox=\"0 0 16 16\" aria-hidden=\"true\" focusable=\"false\">\(shape(colour))</svg>"
    }

    private static func shape(_ colour: StatusColour) -> Markup {
        switch colour {
        case .black: "<path d=\"M3 3l10 10M13 3L3 13\" class=\"stroke\"/>"
        case .gray: "<path d=\"M2 8h12\" class=\"stroke\"/>"
        case .red: "<path d=\"M5 1h6l4 4v6l-4 4H5l-4-4V5z\"/>"
        case .purple: "<path d=\"M8 1l7 7-7 7-7-7z\"/>"
        case .orange: "<path d=\"M8 1l7.5 14H.5z\"/>"
        case .yellow: "<path d=\"M8 15L.5 1h15z\"/>"
        case .blue: "<rect x=\"2\" y=\"2\" width=\"12\" height=\"12\" rx=\"1\"/>"
        case .green: "<circle cx=\"8\" cy=\"8\" r=\"7\"/>"
        }
    }

    static func sync(_ sync: SyncState, now: Timestamp) -> Markup { Markup(SyncWords.words(sync, now: now)) }

    /// The title of a state, in its tint.
    static func state(_ name: String) -> Markup {
        Markup(Text(outside: StateWords.title(name), StateWords.tint(name) ?? .strong))
    }

    static func leaf(_ leaf: Fingerprint?) -> Markup {
        leaf.map { "<code title=\"SHA-256 \($0.hex)\">\($0.short)</code>" } ?? "nothing"
    }

    /// A command to copy: selected by one click where scripts run, and by hand where they do not.
    static func command(_ line: String) -> Markup {
        "<span class=\"command\"><code tabindex=\"0\" data-copy>\(line)</code></span>"
    }

    /// A moment, exact for machines and readers that ask, short for the others.
    static func time(_ time: Timestamp, now: Timestamp) -> Markup {
        "<time datetime=\"\(time.description)\" title=\"\(time.description)\">\(TimeWords.moment(time, now: now))</time>"
    }

    static func count(_ number: Int, _ one: String, _ many: String) -> Markup {
        "\(number) \(number == 1 ? one : many)"
    }

    static func lines(_ lines: [Text]) -> Markup {
        lines.map { "<p>\(trimmed($0))</p>" as Markup }.joined()
    }

    /// Without the blanks that indent it on a terminal.
    private static func trimmed(_ text: Text) -> Markup {
        var isFirst = true
        return text.spans.map { span -> Markup in
            let words = isFirst ? String(span.words.drop { $0 == " " }) : span.words
            if !words.isEmpty { isFirst = false }
            return Markup(Text(outside: words, span.tint))
        }.joined()
    }
}
