// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import PKI

/// A YAML file of the commit's tree.
package struct SourceFile: Sendable {
    package var path: String
    package var bytes: [UInt8]

    package init(path: String, bytes: [UInt8]) { (self.path, self.bytes) = (path, bytes) }
}

/// What the tree has at a path that a spec names.
package enum FileLookup: Sendable {
    case file(NamedFile)
    /// A chain file that was read already: only for one of `Decoded.chainFiles`, whose text nobody else asks for.
    indirect case chain(Result<ChainFile, ChainFile.Problems>)
    case missing
    case notAFile  // a symlink, a submodule, a folder
    case tooLarge(bytes: Int)

    /// More than this is not read: chains, keys and known hosts are small.
    package static let largest = 4 << 20
}

/// One entry of the commit's tree, as far as the rules for trees ask.
package struct TreeEntry: Sendable {
    package enum Kind: Hashable, Sendable { case file, symlink, submodule }
    package var path: String
    package var kind: Kind

    package init(path: String, kind: Kind) { (self.path, self.kind) = (path, kind) }
}

/// What a tree may hold, and which of its files declare something.
package enum TreeRules {
    /// Counted by whoever walks the tree, before it is walked further.
    package static let mostEntries = 1_000_000
    package static let deepest = 64

    /// True for `*.yaml` and `*.yml`, except where a component of the path begins with a dot.
    package static func declares(path: some StringProtocol) -> Bool {
        let bytes = path.utf8
        guard path.hasSuffix(".yaml") || path.hasSuffix(".yml") else { return false }
        var previous = UInt8(ascii: "/")
        for byte in bytes {
            if byte == UInt8(ascii: "."), previous == UInt8(ascii: "/") { return false }
            previous = byte
        }
        return true
    }

    /// A symlink or a submodule anywhere is an error: what it points to is in no digest.
    package static func diagnostics(for entries: some Sequence<TreeEntry>) -> [Diagnostic] {
        var found: [Diagnostic] = []
        for entry in entries where entry.kind != .file {
            let word = entry.kind == .symlink ? "a symbolic link" : "a submodule"
            found.append(
                Diagnostic(
                    at: SourcePosition(file: entry.path), "\(word) is not accepted anywhere in the repository",
                    rule: Rule.tree.rawValue))
            if found.count == 1_000 { break }
        }
        return found
    }

    /// The diagnostics for a tree that is too large to be walked.
    package static func tooLarge(_ path: String = ".") -> Diagnostic {
        Diagnostic(
            at: SourcePosition(file: path),
            "the tree has more than \(mostEntries) entries or is more than \(deepest) folders deep",
            rule: Rule.tree.rawValue)
    }
}
