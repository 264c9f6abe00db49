// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Operations
internal import Rendering

struct DiscoverCommand: CountersignCommand {
    static let configuration = CommandConfiguration(
        commandName: "discover",
        abstract:
            "Reads what devices hold, what their configurations name, and what is served, and writes declarations for the rest.",
        discussion: """
            On the gateway only. Without a name: every device of the zone, and the servers of known kinds that run on this \
            machine and that nobody has declared. Nothing is changed on any device.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @Argument(help: ArgumentHelp("Only these devices.", valueName: "device"))
    var devices: [String] = []
    @Option(
        help: ArgumentHelp(
            "Only the servers on this machine that run with this configuration; may be repeated.", valueName: "file"))
    var config: [String] = []
    @Option(
        help: ArgumentHelp(
            "Write Device, AppConnector, Certificate and Binding declarations for what nobody has declared into this folder.",
            valueName: "folder"))
    var propose: String?

    static var exits: [(status: ExitStatus, when: String)] {
        [
            (.success, "everything could be read"),
            (.failure, "some device could not be read, or an error, which is told"),
        ]
    }

    func execute(_ output: Output) async throws -> ExitStatus {
        let site = try await Site.open(global.siteOptions(environment: output.environment))
        let showsProgress = output.format == .text && Terminal.isOne(Terminal.errors)
        let report = try await DiscoverOperation(site: site, time: HostClock()).run(
            devices: devices, configurations: config, proposeIn: propose
        ) { done, all in
            if showsProgress { output.say(rendered: "\rreading devices: \(done) of \(all)\(done == all ? "\n" : "")") }
        }
        output.print(text: { DiscoverText.render(report, $0) }, json: { DiscoverJSON.value(report) })
        return report.findings.allSatisfy { $0.error == nil } ? .success : .failure
    }
}
