// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Operations
internal import Rendering

struct TestCommand: CountersignCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Runs PolicyTests: for this change, do these signatures suffice?",
        discussion: """
            A PolicyTest says what policies must say of a change: who is missing, whose signature is refused, what stands \
            in the way. Without FILE every PolicyTest of the commit is run (--ref HEAD: of what you have committed here).
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @Argument(help: "Files that hold PolicyTests, as they lie here.")
    var files: [String] = []
    @Option(help: ArgumentHelp("Also write the result as JUnit XML.", valueName: "file"))
    var junit: String?

    func execute(_ output: Output) async throws -> ExitStatus {
        let operation = PolicyTestOperation(
            options: global.siteOptions(environment: output.environment), paths: files)
        let report = try await operation.run()
        if let junit { try WrittenFile.write(JUnitXML.document(report), to: junit) }
        if output.format != .json, !report.diagnostics.isEmpty {
            output.say(rendered: DiagnosticsText.render(report.diagnostics, commit: report.commit, output.messageStyle))
        }
        output.print(text: { PolicyTestText.render(report, $0) }, json: { PolicyTestJSON.value(report) })
        return report.hasPassed ? .success : .failure
    }
}
