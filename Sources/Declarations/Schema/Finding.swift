// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

/// A diagnostic on its way: its "did you mean" is looked up only for the first ones that are shown.
struct Finding: Sendable {
    enum Candidates: Sendable {
        case words([String])
        case resources(ResourceKind)
        case commands
        case levels
        case files
    }
    var diagnostic: Diagnostic
    var misspelt: (word: String, among: Candidates)?

    init(_ diagnostic: Diagnostic, misspelt: (word: String, among: Candidates)? = nil) {
        (self.diagnostic, self.misspelt) = (diagnostic, misspelt)
    }
}

/// A text from outside as a message may hold it: in quotes, not long, and never a key.
func quoted(_ text: some StringProtocol) -> String {
    if text.contains("PRIVATE KEY") { return "(a private key, not shown)" }
    let shown = text.unicodeScalars.prefix(80)
    var cut = ""
    cut.unicodeScalars.append(contentsOf: shown)
    return "\"\(cut)\(text.unicodeScalars.dropFirst(80).isEmpty ? "" : "…")\""
}

/// `a, b or c`.
func listed(_ words: some Collection<String>, _ conjunction: String = "or") -> String {
    let words = Array(words)
    guard words.count > 1 else { return words.first ?? "" }
    return words.dropLast().joined(separator: ", ") + " \(conjunction) " + words[words.count - 1]
}
