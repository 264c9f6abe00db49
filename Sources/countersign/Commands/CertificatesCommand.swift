// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Operations
internal import Planning
internal import Rendering
internal import Vocabulary

struct CertificatesCommand: CountersignCommand {
    static let configuration = CommandConfiguration(
        commandName: "certificates",
        abstract:
            "The inventory: what is declared, what it replaced, what lies on devices undeclared, how long each is valid and where it is.")

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @Option(
        help: ArgumentHelp(
            "Instead: everything that holds this key, serves with it or would install it (SHA-256 of its SPKI).",
            valueName: "spki"))
    var key: String?
    @Option(
        help: ArgumentHelp("Only what ends within this time (30d, 12h, 90m), or has ended.", valueName: "span"))
    var expiring: Span?
    @Option(
        help: ArgumentHelp("Only certificates with this label; may be given several times.", valueName: "key[=value]"))
    var label: [LabelChoice] = []

    static var formats: Set<Format> { [.text, .json, .markdown, .csv] }

    func execute(_ output: Output) async throws -> ExitStatus {
        let site = try await Site.open(global.siteOptions(environment: output.environment))
        let overview = try await Overview.open(site, time: HostClock())
        if let key { return try find(key, overview, output) }
        let selection = InventorySelection(
            endsBy: expiring.map { overview.report.now + $0.seconds }, labels: label.map(\.label))
        let inventory = selection.chosen(of: try await overview.wholeInventory(), in: overview.report.plan)
        output.print(
            text: { CertificatesText.render(overview.report, inventory, $0) },
            json: { CertificatesJSON.value(overview.report, inventory) },
            markdown: { CertificatesText.markdown(overview.report, inventory) },
            csv: { CertificatesCSV.render(overview.report, inventory) })
        return .success
    }

    private func find(_ key: String, _ overview: Overview, _ output: Output) throws -> ExitStatus {
        guard let key = SPKIFingerprint(hex: key) else {
            throw UserError(
                "UnknownName", "\"\(Shown.text(key))\" is no SHA-256 of a public key (64 hex digits in lower case)",
                hint: "openssl x509 -in cert.pem -noout -pubkey | openssl pkey -pubin -outform der | sha256sum")
        }
        let found = overview.whereabouts(of: key)
        output.print(
            text: { KeyWhereaboutsText.render(overview.report, found, $0) },
            json: { KeyWhereaboutsJSON.value(overview.report, found) })
        return .success
    }
}

/// `30d`, `12h`, `90m`.
struct Span: ExpressibleByArgument {
    var seconds: Seconds

    init?(argument: String) {
        guard let seconds = Seconds(span: argument) else { return nil }
        self.seconds = seconds
    }
}

/// `team=payments`, or `team` with any value.
struct LabelChoice: ExpressibleByArgument {
    var label: InventorySelection.Label

    init?(argument: String) {
        guard let label = InventorySelection.Label(argument) else { return nil }
        self.label = label
    }
}
