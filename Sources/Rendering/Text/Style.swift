// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// What a colour stands for. It only ever repeats what a word says.
package enum Tint: Hashable, Sendable {
    case strong, faint
    case good, note, caution, warning, bad, failed, removed, revoked

    /// SGR parameters (ECMA-48, 8.3.117), of the sixteen colours that every terminal has.
    var code: String {
        switch self {
        case .strong: "1"
        case .faint: "2"
        case .good: "32"
        case .note: "34"
        case .caution: "33"
        case .warning: "1;33"
        case .bad: "31"
        case .failed: "90"
        case .removed: "35"
        case .revoked: "1;7"
        }
    }
}

/// How text is laid out for where it goes: coloured or not, as wide as the terminal, with all details or not.
package struct Style: Hashable, Sendable {
    package enum ColourChoice: String, CaseIterable, Sendable { case auto, always, never }

    package var isColoured: Bool
    /// Columns; nil where lines are not folded (a pipe, a file).
    package var width: Int?
    package var isVerbose: Bool

    package init(isColoured: Bool = false, width: Int? = nil, isVerbose: Bool = false) {
        (self.isColoured, self.width, self.isVerbose) = (isColoured, width, isVerbose)
    }

    /// - Parameters:
    ///   - environment: `NO_COLOR` (set and not empty) and `TERM=dumb` switch `auto` off (https://no-color.org).
    ///   - width: of the terminal, where it is one.
    package static func forOutput(
        colour: ColourChoice, isTerminal: Bool, environment: [String: String], width: Int?, isVerbose: Bool
    ) -> Style {
        let isColoured =
            switch colour {
            case .always: true
            case .never: false
            case .auto: isTerminal && environment["NO_COLOR", default: ""].isEmpty && environment["TERM"] != "dumb"
            }
        let usable = width.flatMap { $0 >= 40 ? $0 : nil }  // narrower than that, folding helps nobody
        return Style(isColoured: isColoured, width: isTerminal ? usable : nil, isVerbose: isVerbose)
    }

    /// The words, with escape sequences where this style is coloured.
    package func rendered(_ text: Text) -> String {
        guard isColoured else { return text.plain }
        return text.spans.map { span in
            guard let tint = span.tint else { return span.words }
            return "\u{1b}[\(tint.code)m\(span.words)\u{1b}[0m"
        }.joined()
    }
}
