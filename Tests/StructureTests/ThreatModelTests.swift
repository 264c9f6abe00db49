// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// What docs/threat-model.md says is shown by tests: each that it names must exist.
@Suite("The threat model") struct ThreatModelTests {
    private static let root = ImportDirectionTests.root

    /// What one source file of the tests declares.
    private struct Source {
        var suites: Set<Substring> = []
        var functions: Set<Substring> = []
        /// String literals on one line.
        var texts: Set<Substring> = []

        init(_ text: String) {
            for line in text.split(separator: "\n") {
                let words = line.split { !($0.isLetter || $0.isNumber) }
                for (word, next) in zip(words, words.dropFirst()) {
                    if word == "struct" { suites.insert(next) }
                    if word == "func" { functions.insert(next) }
                }
                texts.formUnion(line.split(separator: "\"", omittingEmptySubsequences: false))
            }
        }
    }

    private static func sources() throws -> [Source] {
        let paths = try #require(
            FileManager.default.enumerator(at: root.appending(path: "Tests"), includingPropertiesForKeys: nil))
        return try paths.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }.map {
            Source(try String(contentsOf: $0, encoding: .utf8))
        }
    }

    @Test("names only tests and attacks that there are, and names enough of them")
    func named() throws {
        let page = try String(contentsOf: Self.root.appending(path: "docs/threat-model.md"), encoding: .utf8)
        let sources = try Self.sources()
        let tests = page.matches(of: /`([A-Z][A-Za-z]*Tests)(?:\.([a-zA-Z]+))?`/)
        #expect(tests.count >= 60)
        for test in tests {
            let (suite, function) = (test.output.1, test.output.2)
            let files = sources.filter { $0.suites.contains(suite) }
            #expect(!files.isEmpty, "no suite \(suite)")
            guard let function else { continue }
            #expect(files.contains { $0.functions.contains(function) }, "no test \(suite).\(function)")
        }
        let corpus = sources.reduce(into: Set()) { $0.formUnion($1.texts) }
        let attacks = page.matches(of: /Corpus: ([^;|`]+?)(?=;|,? ?\||, `|$)/)
        #expect(attacks.count >= 40)
        for attack in attacks {
            let name = attack.output.1.drop { $0 == " " }
            #expect(corpus.contains(name), "the corpus has no attack \"\(name)\"")
        }
    }

    @Test("speaks of everybody that it must")
    func everybody() throws {
        let page = try String(contentsOf: Self.root.appending(path: "docs/threat-model.md"), encoding: .utf8)
        for who in [
            "A contributor", "An approver", "A forge administrator", "A writer of the status branch",
            "Someone on the device's network", "A stolen laptop", "A stolen recorder", "A stolen reconciler",
        ] { #expect(page.contains("\n## \(who)\n")) }
    }
}
