// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

/// Which certificates a haproxy configuration names: `crt` and `crt-list` of its `bind` and `server` lines.
struct HAProxyConfiguration: Sendable {
    /// As they are found on the file system: `crt-base` applied.
    private(set) var names: [String] = []
    private(set) var lists: [String] = []
    private var base = ""
    /// Where it listens with TLS.
    private(set) var binds: [Bind] = []

    struct Bind: Sendable {
        /// `10.0.0.5:443`, several with commas between.
        var places: String
        var certificates: [String]
        var lists: [String]
        var source: String
    }

    mutating func add(_ text: String, of path: String = "") {
        for line in text.split(separator: "\n") {
            let words = Self.words(line)
            guard let first = words.first else { continue }
            if first == "crt-base", words.count > 1 { base = words[1] }
            guard ["bind", "server", "default-server", "ssl-default-server-options", "load"].contains(first) else {
                continue
            }
            var bind = Bind(places: words.count > 1 ? words[1] : "", certificates: [], lists: [], source: path)
            for (word, next) in zip(words, words.dropFirst()) {
                if word == "crt" { bind.certificates.append(resolved(next)) }
                if word == "crt-list" { bind.lists.append(normalized(next)) }
            }
            names += bind.certificates
            lists += bind.lists
            if first == "bind", words.contains("ssl") { binds.append(bind) }
        }
    }

    /// One certificate a line, with options and names behind it.
    mutating func add(list text: String) {
        for line in text.split(separator: "\n") {
            guard let first = Self.words(line).first else { continue }
            names.append(resolved(first))
        }
    }

    func resolved(_ name: String) -> String {
        normalized(name.hasPrefix("/") || base.isEmpty ? name : joined(base, name))
    }

    /// By its own name, as the key beside a certificate, or in a folder of certificates.
    func refers(to path: String) -> Bool {
        names.contains { name in
            path == name || path == name + ".key" || folder(of: path) == name
                || name.hasSuffix(".crt") && path == name.dropLast(4) + ".key"
        }
    }

    /// Words of a line: blanks part them, quotes and backslashes hold them together, `#` ends it.
    static func words(_ line: some StringProtocol) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        var isEscaped = false
        for character in line {
            if isEscaped {
                word = (word ?? "") + String(character)
                isEscaped = false
            } else if character == "\\", quote != "'" {
                isEscaped = true
            } else if let open = quote {
                if character == open { quote = nil } else { word = (word ?? "") + String(character) }
            } else if character == "\"" || character == "'" {
                quote = character
                word = word ?? ""
            } else if character == "#" {
                break
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
