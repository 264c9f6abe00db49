// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// A file's documents and everything that is wrong with it. Reading never throws: what is sound counts, the rest is said.
///
/// Accepted is YAML as libyaml 0.2 reads it, in UTF-8, less what makes two readers see two things: BOM, control and
/// bidirectional characters, tabs outside quotes, directives, tags, merge keys, duplicate and structured keys, aliases
/// that grow, nesting deeper than 100, files above 1 MiB.
package struct YAMLFile: Sendable {
    package static let largest = 1 << 20  // bytes

    package private(set) var documents: [YAMLDocument] = []
    package private(set) var errors: [YAMLError] = []

    package init(reading bytes: [UInt8]) {
        guard bytes.count <= Self.largest else {
            errors = [
                YAMLError(
                    .size, at: YAMLPosition(line: 1, column: 1),
                    "the file has \(bytes.count) bytes; \(Self.largest) are accepted")
            ]
            return
        }
        bytes.withUnsafeBufferPointer { bytes in
            let scan = TextScan(bytes)
            errors = scan.errors
            if errors.isEmpty { compose(bytes, tabs: scan.tabs) }
        }
    }

    private mutating func compose(_ bytes: UnsafeBufferPointer<UInt8>, tabs: [TextScan.Tab]) {
        var start = 0
        var (line, index) = (0, 0)
        var tabs = tabs[...]
        while true {
            let rest = UnsafeBufferPointer(rebasing: bytes[start...])
            var composer = Composer(firstLine: line, firstIndex: index, notesQuotes: !tabs.isEmpty)
            let broken = Self.run(&composer, over: rest)
            let unquoted = Self.unquotedTabs(tabs, outside: composer.quoted, before: broken?.position)
            take(composer, broken: broken, tabs: unquoted)
            guard broken != nil || errors.count >= Composer.mostErrors else { return }
            guard errors.count < Composer.mostErrors else {
                let last = errors.max { $0.position < $1.position }?.position ?? YAMLPosition(line: 1, column: 1)
                errors.append(
                    YAMLError(.tooMany, at: last, "more than \(Composer.mostErrors) errors: the rest is not read"))
                return
            }
            // `---` in the first column ends every document, whatever stands open: the next one can be read.
            guard let next = Self.nextDocument(in: rest, brokenLine: (broken?.position.line ?? 1) - line) else {
                return
            }
            start += next.offset
            line += next.lines
            index += next.codePoints
            tabs = tabs.drop { $0.index < index }
        }
    }

    /// Runs to the end of the stream, or to the error that ends the document.
    private static func run(
        _ composer: inout Composer, over bytes: UnsafeBufferPointer<UInt8>
    ) -> YAMLError? {
        guard let parser = EventParser(borrowing: bytes) else {
            return YAMLError(.syntax, at: YAMLPosition(line: 1, column: 1), "no memory to read this")
        }
        while true {
            let (step, failure) = parser.next { event in composer.take(event) }
            if let failure {
                composer.abandonDocument()
                return YAMLError(.syntax, at: composer.shifted(failure.position), failure.message)
            }
            switch step {
            case .goOn?: continue
            case .documentBroken?:
                let last = composer.errors.last
                composer.abandonDocument()
                return last
            case .ended?, nil: return nil
            }
        }
    }

    private mutating func take(_ composer: Composer, broken: YAMLError?, tabs: [TextScan.Tab]) {
        for tab in tabs {
            errors.append(
                YAMLError(.tab, at: tab.position, "a tab outside quotes: indent and separate with spaces"))
        }
        documents += composer.documents.map { document in
            var document = document
            if !tabs.isEmpty { document.isSound = false }
            return document
        }
        // A document that breaks on its own `---` line is begun twice.
        errors += composer.errors.filter { !errors.contains($0) }
        // A tab is what libyaml then stumbles over: said once, in plain words.
        if let broken, broken.rule == .syntax, !errors.contains(broken),
            !tabs.contains(where: { $0.position.line == broken.line })
        {
            errors.append(broken)
        }
    }

    /// The first of each line that is in no quoted scalar; none behind the place where reading stopped.
    private static func unquotedTabs(
        _ tabs: ArraySlice<TextScan.Tab>, outside quoted: [Range<Int>], before end: YAMLPosition?
    ) -> [TextScan.Tab] {
        var found: [TextScan.Tab] = []
        var scalar = 0
        for tab in tabs {
            if let end, tab.position.line > end.line { break }
            while scalar < quoted.count, quoted[scalar].upperBound <= tab.index { scalar += 1 }
            if scalar < quoted.count, quoted[scalar].contains(tab.index) { continue }
            if found.last?.position.line == tab.position.line { continue }
            found.append(tab)
            if found.count == Composer.mostErrors { break }
        }
        return found
    }

    /// The next `---` on or behind the line (from 1) where reading broke, but not the first line: an unclosed bracket is
    /// noticed only there.
    private static func nextDocument(
        in bytes: UnsafeBufferPointer<UInt8>, brokenLine: Int
    ) -> (offset: Int, lines: Int, codePoints: Int)? {
        var (line, codePoints, lineStart) = (0, 0, true)
        for (offset, byte) in bytes.enumerated() {
            if lineStart, line >= max(1, brokenLine - 1), offset + 3 <= bytes.count,
                bytes[offset] == 0x2d, bytes[offset + 1] == 0x2d, bytes[offset + 2] == 0x2d,
                offset + 3 == bytes.count || [0x20, 0x09, 0x0a, 0x0d].contains(bytes[offset + 3])
            {
                return (offset, line, codePoints)
            }
            lineStart = byte == 0x0a
            if lineStart { line += 1 }
            if byte & 0xc0 != 0x80 { codePoints += 1 }
        }
        return nil
    }
}

extension Composer {
    fileprivate func shifted(_ position: YAMLPosition) -> YAMLPosition {
        YAMLPosition(line: position.line + lineOffset, column: position.column)
    }
}
