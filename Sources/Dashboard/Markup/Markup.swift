// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Mustache
internal import Rendering
internal import Vocabulary

/// HTML. What is interpolated comes from outside and is escaped on the way in; only what stands in our own source text is taken as
/// it is. So nothing from a declaration, a certificate or a device becomes a tag by forgetting.
struct Markup: Hashable, Sendable {
    private(set) var html = ""

    init() {}

    /// Any text that is not ours: dangerous characters are shown (`Shown`), the rest is escaped for text and for attributes in
    /// double quotation marks.
    init(outside text: some StringProtocol) { append(outside: text) }

    /// Words with their tints, as a terminal shows them.
    init(_ text: Text) { append(text) }

    mutating func append(outside text: some StringProtocol) {
        let shown = text.utf8.allSatisfy { (0x20..<0x7f).contains($0) } ? String(text) : Shown.text(text)
        guard shown.utf8.contains(where: { [0x26, 0x3c, 0x3e, 0x22, 0x27].contains($0) }) else {
            html += shown
            return
        }
        for scalar in shown.unicodeScalars {
            switch scalar {
            case "&": html += "&amp;"
            case "<": html += "&lt;"
            case ">": html += "&gt;"
            case "\"": html += "&quot;"
            case "'": html += "&#39;"
            default: html.unicodeScalars.append(scalar)
            }
        }
    }

    mutating func append(_ text: Text) {
        for span in text.spans {
            guard let tint = span.tint else {
                append(outside: span.words)
                continue
            }
            html += "<span class=\"t-\(tint)\">"
            append(outside: span.words)
            html += "</span>"
        }
    }

    mutating func append(_ other: Markup) { html += other.html }
    fileprivate mutating func append(ours literal: String) { html += literal }

    var isEmpty: Bool { html.isEmpty }

    static func + (left: Markup, right: Markup) -> Markup {
        var both = left
        both.append(right)
        return both
    }
    static func += (left: inout Markup, right: Markup) { left.append(right) }
}

extension Markup: ExpressibleByStringInterpolation {
    struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var markup = Markup()

        init(literalCapacity: Int, interpolationCount: Int) {
            markup.reserve(literalCapacity + 16 * interpolationCount)
        }

        mutating func appendLiteral(_ literal: String) { markup.append(ours: literal) }
        mutating func appendInterpolation(_ outside: some StringProtocol) { markup.append(outside: outside) }
        mutating func appendInterpolation(_ number: some BinaryInteger) { markup.append(ours: String(number)) }
        mutating func appendInterpolation<Kind>(_ name: Name<Kind>) { markup.append(outside: name.text) }
        mutating func appendInterpolation(_ text: Text) { markup.append(text) }
        mutating func appendInterpolation(_ other: Markup) { markup.append(other) }
        /// A length in a drawing, with one decimal.
        mutating func appendInterpolation(_ length: Double) { markup.append(ours: Self.short(length)) }

        private static func short(_ length: Double) -> String {
            let tenths = (length * 10).rounded()
            guard tenths.magnitude < 1e12 else { return "0" }
            let whole = Int(tenths)
            let sign = whole < 0 ? "-" : ""
            return whole % 10 == 0
                ? String(whole / 10) : "\(sign)\(whole.magnitude / 10).\(whole.magnitude % 10)"
        }
    }

    init(stringLiteral value: String) { append(ours: value) }
    init(stringInterpolation: StringInterpolation) { self = stringInterpolation.markup }

    private mutating func reserve(_ count: Int) { html.reserveCapacity(count) }
}

extension Sequence<Markup> {
    func joined(separator: Markup = "") -> Markup {
        var all = Markup()
        for (index, markup) in enumerated() {
            if index > 0 { all += separator }
            all += markup
        }
        return all
    }
}

/// What a template is filled with. A name that ends in `HTML` holds markup, and is the only kind that a template takes unescaped:
/// under such a name nothing else is ever found, and under any other name no markup is.
struct Fields: MustacheParent {
    enum Value {
        case text(String)
        case markup(Markup)
        case flag(Bool)
        case list([Fields])
    }
    private var members: [String: Value] = [:]

    subscript(_ name: String) -> Value? {
        get { members[name] }
        set { members[name] = newValue }
    }

    func child(named name: String) -> Any? {
        // `hasNext` asks whether there is any `nextHTML`, or anything in the list `next`.
        if members[name] == nil, name.hasPrefix("has"), let first = name.dropFirst(3).first {
            let noun = first.lowercased() + name.dropFirst(4)
            if case .list(let list)? = members[noun] { return !list.isEmpty }
            if case .markup(let markup)? = members[noun + "HTML"] { return !markup.isEmpty }
            return false
        }
        return switch (members[name], name.hasSuffix("HTML")) {
        case (.markup(let markup)?, true): markup.html
        case (.text(let text)?, false): Shown.text(text)
        case (.flag(let flag)?, false): flag
        case (.list(let list)?, false): list
        default: nil
        }
    }
}

extension Fields: ExpressibleByDictionaryLiteral {
    init(dictionaryLiteral elements: (String, Value)...) {
        members = Dictionary(elements) { _, last in last }
    }
}

extension Fields.Value: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral {
    init(stringLiteral value: String) { self = .text(value) }
    init(booleanLiteral value: Bool) { self = .flag(value) }
}
