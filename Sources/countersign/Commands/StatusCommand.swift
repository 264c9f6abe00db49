// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Operations
internal import Planning
internal import Rendering

struct StatusCommand: CountersignCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "How everything stands, or one certificate, connector, work order or request.")

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @Argument(help: "An ID or a name.")
    var id: String?
    @Option(
        help: ArgumentHelp("Look again every so many seconds, until interrupted; on a terminal the screen is drawn anew.", valueName: "seconds"))
    var watch: Int?

    func validate() throws {
        guard (1...86_400).contains(watch ?? 1) else { throw ValidationError("--watch takes 1 to 86400 seconds") }
    }

    func execute(_ output: Output) async throws -> ExitStatus {
        guard let watch else { return try await show(output) }
        let redraws = output.format == .text && Terminal.isOne(Terminal.output)
        while true {
            if redraws { output.print("\u{1b}[H\u{1b}[2J") }
            do {
                _ = try await show(output)
            } catch {
                // The remote may be away for a while: what is watched is not given up for that.
                output.fail(ErrorWords.said(of: error))
            }
            try await Task.sleep(for: .seconds(watch))
        }
    }

    private func show(_ output: Output) async throws -> ExitStatus {
        let site = try await Site.open(global.siteOptions(environment: output.environment))
        let overview = try await Overview.open(site, time: HostClock())
        let report = overview.report
        guard let id else {
            // Old leaves are only in the JSON: they cost a look into the archive.
            let inventory = output.format == .json ? try overview.inventory() : Inventory()
            output.print(text: { StatusText.render(report, $0) }, json: { StatusJSON.value(report, inventory) })
            return .success
        }
        let connectors = try Lookup(report, archived: try overview.finished(named: id)).connectors(id)
        let inventory = try overview.inventory(only: overview.certificates(of: connectors))
        let subject = TopologyText.Subject(report, inventory: inventory, endings: try overview.endings(of: connectors))
        output.print(
            text: { TopologyText.render(subject, of: connectors, $0) },
            json: { StatusJSON.value(report, inventory, only: connectors) })
        return .success
    }
}
