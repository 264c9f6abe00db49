// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Operations
internal import Planning
internal import Rendering

struct VerifyCommand: CountersignCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Shakes hands with all endpoints now and compares what they serve with what was pushed.")

    @OptionGroup(title: "Global options") var global: GlobalOptions

    @Option(help: ArgumentHelp("Also write the result as JUnit XML.", valueName: "file"))
    var junit: String?

    static var formats: Set<Format> { [.text, .json, .markdown] }

    static var exits: [(status: ExitStatus, when: String)] {
        [
            (.success, "every endpoint serves what was pushed"),
            (.changes, "some differ or do not answer"),
            (.failure, "an error, which is told"),
        ]
    }

    func execute(_ output: Output) async throws -> ExitStatus {
        let site = try await Site.open(global.siteOptions(environment: output.environment))
        let showsProgress = output.format == .text && Terminal.isOne(Terminal.errors)
        let report = try await VerifyOperation(site: site, time: HostClock()).run { count in
            if showsProgress, count > 0 { output.say("asking \(count) endpoints …") }
        }
        if let junit { try WrittenFile.write(JUnitXML.document(report), to: junit) }
        output.print(
            text: { VerifyText.render(report, $0) }, json: { VerifyJSON.value(report) },
            markdown: { VerifyText.markdown(report) })
        return report.count(.matched) == report.endpoints.count ? .success : .changes
    }
}
