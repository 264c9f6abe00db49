// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

/// Words for a terminal, with tints. What is interpolated comes from outside and is escaped on the way in (`Shown`);
/// only what stands in our own source text is taken as it is. So no control character reaches a terminal by forgetting.
package struct Text: Hashable, Sendable {
    package struct Span: Hashable, Sendable {
        package var words: String
        package var tint: Tint?
    }
    package private(set) var spans: [Span] = []

    package init() {}

    /// Any text that is not ours: escaped.
    package init(outside text: some StringProtocol, _ tint: Tint? = nil) { append(outside: text, tint) }

    package mutating func append(outside text: some StringProtocol, _ tint: Tint? = nil) {
        // Unicode properties cost tens of ns a scalar; nearly everything shown is plain ASCII.
        if text.utf8.allSatisfy({ (0x20..<0x7f).contains($0) }) {
            append(ours: String(text), tint)
        } else {
            append(ours: Shown.text(text), tint)
        }
    }

    package mutating func append(_ other: Text) { spans += other.spans }

    private mutating func append(ours words: String, _ tint: Tint?) {
        guard !words.isEmpty else { return }
        if let last = spans.indices.last, spans[last].tint == tint {
            spans[last].words += words
        } else {
            spans.append(Span(words: words, tint: tint))
        }
    }

    /// `count` blanks.
    package static func blanks(_ count: Int) -> Text {
        var text = Text()
        text.append(ours: String(repeating: " ", count: max(0, count)), nil)
        return text
    }

    package var isEmpty: Bool { spans.isEmpty }
    /// The words without tints.
    package var plain: String { spans.map(\.words).joined() }
    /// How many columns of a terminal it takes.
    package var columns: Int { spans.reduce(0) { $0 + displayWidth(of: $1.words) } }

    /// The same words, in one tint where they have none.
    package func tinted(_ tint: Tint) -> Text {
        var text = self
        for index in text.spans.indices where text.spans[index].tint == nil { text.spans[index].tint = tint }
        return text
    }

    package static func + (left: Text, right: Text) -> Text {
        var both = left
        both.append(right)
        return both
    }
    package static func += (left: inout Text, right: Text) { left.append(right) }
}

extension Text: ExpressibleByStringInterpolation {
    package struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var text = Text()

        package init(literalCapacity: Int, interpolationCount: Int) {}

        package mutating func appendLiteral(_ literal: String) { text.append(ours: literal, nil) }
        package mutating func appendInterpolation(_ outside: some StringProtocol, _ tint: Tint? = nil) {
            text.append(outside: outside, tint)
        }
        package mutating func appendInterpolation(_ number: some BinaryInteger) {
            text.append(ours: String(number), nil)
        }
        package mutating func appendInterpolation<Kind>(_ name: Name<Kind>, _ tint: Tint? = nil) {
            text.append(ours: name.text, tint)
        }
        package mutating func appendInterpolation(_ other: Text) { text.append(other) }
        package mutating func appendInterpolation(_ other: Text, _ tint: Tint) { text.append(other.tinted(tint)) }
    }

    package init(stringLiteral value: String) { append(ours: value, nil) }
    package init(stringInterpolation: StringInterpolation) { self = stringInterpolation.text }
}

extension Sequence<Text> {
    package func joined(separator: Text = "") -> Text {
        var all = Text()
        for (index, text) in enumerated() {
            if index > 0 { all += separator }
            all += text
        }
        return all
    }
}

/// Columns that a terminal gives to these words: two for wide East Asian characters and emoji, none for combining marks.
func displayWidth(of words: String) -> Int {
    if words.utf8.allSatisfy({ $0 < 0x80 }) { return words.utf8.count }
    return words.unicodeScalars.reduce(0) { width, scalar in
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark: width
        default: width + (isWide(scalar.value) ? 2 : 1)
        }
    }
}

/// The blocks that Unicode's EastAsianWidth gives as W or F, coarsely: a column too many only spoils an alignment.
private func isWide(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x1100...0x115f, 0x2e80...0xa4cf, 0xa960...0xa97c, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f,
        0xff00...0xff60, 0xffe0...0xffe6, 0x1f300...0x1f64f, 0x1f900...0x1f9ff, 0x20000...0x3fffd:
        true
    default: false
    }
}
