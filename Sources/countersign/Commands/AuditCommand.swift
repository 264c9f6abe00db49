// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Audit
internal import Operations
internal import Rendering
internal import Vocabulary

struct AuditCommand: CountersignCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Replays every push from git and public keys alone, without network.",
        discussion: """
            Everything is replayed from the trusted commit on; the options below choose what is told. Exits 0 where all of it \
            is proven, 2 where something is not.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @Option(help: ArgumentHelp("Only this connector.", valueName: "name"))
    var connector: String?
    @Option(help: ArgumentHelp("Only this device.", valueName: "name"))
    var device: String?
    @Option(help: ArgumentHelp("Only this certificate.", valueName: "name"))
    var certificate: String?
    @Option(help: ArgumentHelp("Only what ended at or after this time (RFC 3339, or a day in UTC).", valueName: "time"))
    var from: AuditTime?
    @Option(help: ArgumentHelp("Only what ended before this time; a day is told whole.", valueName: "time"))
    var to: AuditTime?

    static var exits: [(status: ExitStatus, when: String)] {
        [
            (.success, "all of it is proven"),
            (.changes, "something is not"),
            (.failure, "an error, which is told"),
        ]
    }

    func execute(_ output: Output) async throws -> ExitStatus {
        let site = try await Site.open(global.siteOptions(environment: output.environment))
        let report = try await AuditOperation(site: site).run(
            AuditOperation.Selection(
                connector: connector, device: device, certificate: certificate, from: from?.start, until: to?.end))
        output.print(text: { AuditText.render(report, $0) }, json: { AuditJSON.value(report) })
        return report.isProven ? .success : .changes
    }
}

/// A moment, or a whole day in UTC.
struct AuditTime: ExpressibleByArgument {
    let start: Timestamp
    let end: Timestamp

    init?(argument: String) {
        if let moment = Timestamp(rfc3339: argument) {
            (start, end) = (moment, moment)
        } else if let day = Timestamp(rfc3339: argument + "T00:00:00Z") {
            (start, end) = (day, day + .days(1))
        } else {
            return nil
        }
    }
}
