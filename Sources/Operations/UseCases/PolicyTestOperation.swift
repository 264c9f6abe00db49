// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Commits
package import Declarations
internal import Git
package import Planning
package import Vocabulary

/// `test`: runs PolicyTests. Of files as they lie here, or all of a commit.
package struct PolicyTestOperation: Sendable {
    package struct Report: Sendable {
        /// What was read; nil where every test brought its own policies.
        package var commit: ObjectID?
        package var tests: [Tested] = []
        /// What is wrong with the tests, or with what they are to be tried on.
        package var diagnostics: [Diagnostic] = []

        package var cases: [Tested.Case] { tests.flatMap(\.cases) }
        package var failed: Int { cases.count { !$0.hasPassed } }
        package var hasPassed: Bool { failed == 0 && diagnostics.allSatisfy { $0.severity != .error } }
    }

    package struct Tested: Sendable {
        package struct Case: Sendable {
            package struct Failure: Sendable {
                package var position: SourcePosition
                package var mismatch: PolicyMismatch
            }
            package var name: String
            package var position: SourcePosition
            package var failures: [Failure]
            package var hasPassed: Bool { failures.isEmpty }
        }
        package var name: PolicyTestName
        package var position: SourcePosition
        package var cases: [Case]
    }

    private let options: SiteOptions
    private let paths: [String]

    /// - Parameter paths: of files that hold PolicyTests; none: every PolicyTest of the commit.
    package init(options: SiteOptions, paths: [String]) { (self.options, self.paths) = (options, paths) }

    package func run() async throws(UserError) -> Report {
        var report = Report()
        if paths.isEmpty {
            let site = try await Site.open(options)
            let commit = try self.commit(site)
            report.commit = commit
            let (files, source) = try explained { () throws(GitError) in try site.loader.policyTests(commit) }
            let declared = try declaredIfNeeded(files, by: { () throws(UserError) in try site.load(commit) }, &report)
            try run(files, declared, &report, source: source)
        } else {
            let sources = try paths.map { path throws(UserError) in try Self.read(path) }
            let files = DeclarationReader.decodeEach(sources)
            let needsTree = files.contains { $0.policyTests.contains(where: \.spec.policies.isEmpty) }
            var declared: DeclarationSet?
            if needsTree {
                let site = try await Site.open(options)
                let commit = try self.commit(site)
                report.commit = commit
                declared = try declaredIfNeeded(files, by: { () throws(UserError) in try site.load(commit) }, &report)
            }
            try run(files, declared, &report) { path in try? Self.read(path) }
        }
        guard !report.tests.isEmpty || !report.diagnostics.isEmpty else {
            throw UserError(
                "NoPolicyTest",
                paths.isEmpty ? "this commit declares no PolicyTest" : "none of these files declares a PolicyTest",
                hint: "countersign schema PolicyTest says what one looks like")
        }
        return report
    }

    /// `--ref`, else the branch in force.
    private func commit(_ site: Site) throws(UserError) -> ObjectID {
        if let revision = site.options.ref { return try site.commit(revision) }
        let head = try site.commit("HEAD")
        guard let branch = try site.load(head).set.repository?.spec.branch else { return head }
        return try site.tip(of: branch)
    }

    /// What tests are tried on that bring no policies of their own: it must be valid, or nothing would be shown.
    private func declaredIfNeeded(
        _ files: [DecodedFile], by load: () throws(UserError) -> LoadedTree, _ report: inout Report
    ) throws(UserError) -> DeclarationSet? {
        guard files.contains(where: { $0.policyTests.contains(where: \.spec.policies.isEmpty) }) else { return nil }
        let loaded = try load()
        report.diagnostics += loaded.diagnostics.filter { $0.severity == .error }
        return loaded.isValid ? loaded.set : nil
    }

    private func run(
        _ files: [DecodedFile], _ declared: DeclarationSet?, _ report: inout Report, source: (String) -> SourceFile?
    ) throws(UserError) {
        let found = Decoded(files)
        report.diagnostics += found.ownDiagnostics
        var places = PolicyTestPlaces(files)
        for test in found.policyTests {
            guard let base = self.base(of: test, declared, &places, &report, source) else { continue }
            report.tests.append(Self.run(test, on: base, &places))
        }
        report.diagnostics = Set(report.diagnostics).sorted()
    }

    /// nil, and a diagnostic, where a file that it names is not there or not sound.
    private func base(
        of test: PolicyTest, _ declared: DeclarationSet?, _ places: inout PolicyTestPlaces, _ report: inout Report,
        _ source: (String) -> SourceFile?
    ) -> DeclarationSet? {
        guard !test.spec.policies.isEmpty else { return declared }
        let folder = test.position.file.lastIndex(of: "/").map { test.position.file[...$0] } ?? ""
        var named: [DecodedFile] = []
        for (index, path) in test.spec.policies.enumerated() {
            guard let file = source(folder + path) else {
                report.diagnostics.append(
                    Diagnostic(
                        at: places.place(of: test, policies: index), "there is no file \(folder + path)",
                        rule: Rule.file.rawValue))
                return nil
            }
            named.append(DeclarationReader.decode(file))
        }
        let decoded = Decoded(named)
        report.diagnostics += decoded.ownDiagnostics
        return decoded.ownDiagnostics.isEmpty ? decoded.set : nil
    }

    private static func run(_ test: PolicyTest, on base: DeclarationSet, _ places: inout PolicyTestPlaces) -> Tested {
        let trial = PolicyTrial(test.spec.trustSet(from: base))
        var tested = Tested(name: test.name, position: test.position, cases: [])
        for (index, tried) in test.spec.cases.enumerated() {
            var mismatches = tried.expect.mismatches(with: trial.outcome(of: tried))
            if tried.expect.isEmpty {
                // A case that expects nothing can never fail.
                mismatches.append(PolicyMismatch(field: "", expected: "something", found: "expect is empty"))
            }
            var failures: [Tested.Case.Failure] = []
            for mismatch in mismatches {
                let place = places.place(of: test, case: index, expecting: mismatch.field)
                failures.append(Tested.Case.Failure(position: place, mismatch: mismatch))
            }
            tested.cases.append(
                Tested.Case(name: tried.name, position: places.place(of: test, case: index), failures: failures))
        }
        return tested
    }

    private static func read(_ path: String) throws(UserError) -> SourceFile {
        guard let bytes = SmallFile.read(path, atMost: 1 << 20) else {
            throw UserError("NotReadable", "\(Shown.text(path)) cannot be read, is no file, or is larger than 1 MiB")
        }
        return SourceFile(path: path, bytes: bytes)
    }
}
