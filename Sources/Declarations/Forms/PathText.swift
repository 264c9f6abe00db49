// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// Paths as declarations may name them: one spelling for one place.
///
/// Only printable ASCII: Swift compares texts by what they look like, git and devices by their bytes, and two files
/// named `é` in two spellings would be one here and two there.
package enum PathText {
    private static let longest = 1_024

    /// Absolute and canonical, on a device or a gateway.
    static func deviceProblem(_ text: String) -> String? {
        guard text.hasPrefix("/") else { return "is no absolute path" }
        return componentsProblem(text.dropFirst())
    }

    /// `{spki}` may stand in it, once.
    static func keyFileProblem(_ text: String) -> String? {
        if let problem = deviceProblem(text) { return problem }
        var rest = text.utf8[...]
        var count = 0
        while let brace = rest.firstIndex(where: { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "}") }) {
            rest = rest[brace...]
            count += 1
            guard count == 1, rest.starts(with: "{spki}".utf8) else {
                return "may hold {spki} once and no other braces"
            }
            rest = rest.dropFirst("{spki}".utf8.count)
        }
        return nil
    }

    /// Relative to the repository's root and canonical.
    static func repositoryProblem(_ text: String) -> String? {
        if text.hasPrefix("/") { return "is an absolute path; it must be relative to the repository's root" }
        if let problem = componentsProblem(text[...]) { return problem }
        return text.split(separator: "/").contains { $0.lowercased() == ".git" } ? "leads into .git" : nil
    }

    private static func componentsProblem(_ text: Substring) -> String? {
        guard text.utf8.count <= longest else { return "is longer than \(longest) bytes" }
        guard text.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) else {
            return "holds other than printable ASCII characters"
        }
        for component in text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            if component.isEmpty { return "is not canonical: an empty component (// or / at the end)" }
            if component.elementsEqual([0x2e]) || component.elementsEqual([0x2e, 0x2e]) {
                return "is not canonical: . and .. are not accepted"
            }
        }
        return nil
    }

    /// True if `path` lies below the folder `root`; both canonical.
    package static func isBelow(_ path: String, _ root: String) -> Bool {
        path.utf8.count > root.utf8.count + 1 && path.utf8.starts(with: root.utf8)
            && path.utf8[path.utf8.index(path.utf8.startIndex, offsetBy: root.utf8.count)] == UInt8(ascii: "/")
    }

    /// True if a folder or file on the way is named `component`.
    static func passes(_ component: String, _ path: String) -> Bool {
        path.utf8.split(separator: UInt8(ascii: "/")).contains { $0.elementsEqual(component.utf8) }
    }
}
