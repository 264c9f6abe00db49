// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

/// All files of a configuration, includes followed.
///
/// Read here and not by `nginx -T`, which says nothing as long as one slot is empty, and makes log and pid files.
struct NginxConfiguration: Sendable {
    /// The main file.
    let path: String
    let prefix: String?
    private(set) var files: [String: NginxFile] = [:]
    /// Per pattern, as resolved: the files that it stands for, in nginx's order.
    private(set) var expansions: [String: [String]] = [:]

    init(path: String, prefix: String?) { (self.path, self.prefix) = (path, prefix) }

    /// A certificate or key that the configuration names.
    struct Reference: Equatable, Sendable {
        enum Kind: Sendable { case certificate, privateKey }
        var kind: Kind
        /// Absolute; may hold variables.
        var path: String
        /// Which directive of which block: `ssl_certificate` and `ssl_certificate_key` that belong together have the same.
        var pair: Pair
    }
    struct Pair: Hashable, Comparable, Sendable {
        var block: Int
        /// `` of `ssl_certificate`, `proxy_` of `proxy_ssl_certificate`.
        var module: String
        var number: Int

        static func < (left: Self, right: Self) -> Bool {
            (left.block, left.module, left.number) < (right.block, right.module, right.number)
        }
    }

    mutating func add(_ file: NginxFile) { files[file.path] = file }
    mutating func add(_ paths: [String], for pattern: String) { expansions[pattern] = paths }

    /// Relative names are relative to the folder of the main file, for `include` and for certificates (ngx_conf_full_name).
    func resolved(_ name: String) -> String {
        name.hasPrefix("/") ? name : joined(folder(of: path), name)
    }

    /// SHA-256 over paths and bytes of all files, in the order in which they are included.
    var digest: FileDigest {
        var hasher = SHA256Hasher()
        for path in files.keys.sorted() {
            hasher.update(Array("\(path)\0\(files[path]?.bytes.count ?? 0)\0".utf8))
            hasher.update(files[path]?.bytes ?? [])
        }
        for pattern in expansions.keys.sorted() {
            hasher.update(Array("\(pattern)\0\(expansions[pattern]?.joined(separator: "\0") ?? "")\0\0".utf8))
        }
        return hasher.finish()
    }

    /// Where the master's process id is written; nil unless the configuration says so and it can be told what it means.
    var pidFile: String? {
        var found: String?
        walk { words, _ in if words.count == 2, words[0].text == "pid" { found = words[1].text } }
        return found.flatMap { name in name.hasPrefix("/") ? name : prefix.map { joined($0, name) } }
    }

    var references: [Reference] {
        var all: [Reference] = []
        var counts: [Reference.Kind: [Pair: Int]] = [:]
        walk { words, block in
            guard words.count == 2 else { return }
            let name = words[0].text
            let isKey = name.hasSuffix("ssl_certificate_key")
            guard isKey || name.hasSuffix("ssl_certificate") else { return }
            let value = words[1].text
            // Not files: OpenSSL engines and stores, and PEM out of a variable.
            guard !["data:", "engine:", "store:"].contains(where: value.hasPrefix), !value.isEmpty else { return }
            let module = name.dropLast(isKey ? "ssl_certificate_key".count : "ssl_certificate".count)
            var pair = Pair(block: block, module: String(module), number: 0)
            let kind: Reference.Kind = isKey ? .privateKey : .certificate
            let number = counts[kind, default: [:]][pair, default: 0]
            counts[kind, default: [:]][pair] = number + 1
            pair.number = number
            all.append(Reference(kind: kind, path: resolved(value), pair: pair))
        }
        return all
    }

    /// Which of the paths the configuration refers to. A name with variables refers to all that fit it.
    func referenced(among paths: some Sequence<String>) -> Set<String> {
        var (plain, varying): (Set<String>, [String]) = ([], [])
        for path in references.map(\.path) {
            if path.utf8.contains(UInt8(ascii: "$")) { varying.append(path) } else { plain.insert(path) }
        }
        let patterns = varying.distinct().map(Pattern.init)
        return Set(paths.filter { path in plain.contains(path) || patterns.contains { $0.fits(path) } })
    }

    /// Visits each directive in the order in which nginx reads them, with a number for the block that it stands in.
    private func walk(_ visit: ([NginxFile.Word], Int) -> Void) {
        var blocks = [0]
        var next = 1
        traverse { item, _ in
            switch item {
            case .directive(let words): visit(words, blocks.last ?? 0)
            case .open:
                blocks.append(next)
                next += 1
            case .close: if blocks.count > 1 { blocks.removeLast() }
            }
        }
    }

    /// Everything in the order in which nginx reads it, with the file that it stands in; includes are what they include.
    func traverse(_ visit: (NginxFile.Item, String) -> Void) {
        func go(_ path: String, depth: Int) {
            guard depth < 64, let file = files[path] else { return }
            for item in file.items {
                if case .directive(let words) = item, words.count == 2, words[0].text == "include" {
                    for included in expansions[resolved(words[1].text)] ?? [] { go(included, depth: depth + 1) }
                } else {
                    visit(item, path)
                }
            }
        }
        go(path, depth: 0)
    }
}

/// A file name with variables in it: `/etc/ssl/$ssl_server_name.crt`.
private struct Pattern {
    private var literals: [String] = [""]

    init(_ text: String) {
        var rest = Substring(text)
        while let dollar = rest.firstIndex(of: "$") {
            literals[literals.count - 1] += rest[..<dollar]
            rest = rest[rest.index(after: dollar)...]
            if rest.first == "{" {
                rest = rest.firstIndex(of: "}").map { rest[rest.index(after: $0)...] } ?? ""
            } else {
                rest = rest.drop { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
            }
            literals.append("")
        }
        literals[literals.count - 1] += rest
    }

    func fits(_ path: String) -> Bool {
        guard let first = literals.first, let last = literals.last, path.hasPrefix(first), path.hasSuffix(last),
            path.utf8.count >= first.utf8.count + last.utf8.count
        else { return false }
        var rest = path.dropFirst(first.count).dropLast(last.count)
        for literal in literals.dropFirst().dropLast() where !literal.isEmpty {
            guard let range = rest.firstRange(of: literal) else { return false }
            rest = rest[range.upperBound...]
        }
        return true
    }
}
