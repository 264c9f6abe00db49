// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

/// What an Apache configuration includes, and which certificates and keys it names.
struct ApacheConfiguration: Sendable {
    /// What relative names are relative to, until `ServerRoot` says otherwise.
    private var root: String
    /// Absolute, or with a variable in it.
    private(set) var names: [String] = []

    init(main: String) { root = folder(of: main) }

    /// Takes one file; gives back the patterns of what it includes.
    mutating func add(_ text: String) -> [String] {
        var patterns: [String] = []
        for words in Self.directives(text) where words.count > 1 {
            switch words[0].lowercased() {
            case "serverroot": root = words[1]
            case "include", "includeoptional":
                // What a variable stands for is not known here.
                if !words[1].contains("${") { patterns.append(resolved(words[1])) }
            case "sslcertificatefile", "sslcertificatekeyfile": names.append(resolved(words[1]))
            default: break
            }
        }
        return patterns
    }

    /// Each with its arguments, lines that go on below put together; of a section, its begin and its end.
    static func directives(_ text: String) -> [[String]] {
        var all: [[String]] = []
        var continued = ""
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasSuffix("\\") {
                continued += line.dropLast()
                continue
            }
            let words = words(continued + line)
            continued = ""
            if !words.isEmpty { all.append(words) }
        }
        return all
    }

    private func resolved(_ name: String) -> String {
        name.hasPrefix("${") ? name : normalized(name.hasPrefix("/") ? name : joined(root, name))
    }

    /// `#` begins a comment only where a line begins (httpd takes it as a word elsewhere).
    private static func words(_ line: String) -> [String] {
        if line.drop(while: { $0 == " " || $0 == "\t" }).first == "#" { return [] }
        var words: [String] = []
        var word: String?
        var quote: Character?
        var isEscaped = false
        for character in line {
            if isEscaped {
                word = (word ?? "") + (character == quote || character == "\\" ? "" : "\\") + String(character)
                isEscaped = false
            } else if character == "\\", quote != nil {
                isEscaped = true
            } else if let open = quote {
                if character == open { quote = nil } else { word = (word ?? "") + String(character) }
            } else if word == nil, character == "\"" || character == "'" {
                quote = character
                word = ""
            } else if character == " " || character == "\t" || character == "\r" {
                if let done = word { words.append(done) }
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        if let word { words.append(word) }
        return words
    }
}
