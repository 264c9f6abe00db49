// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Operations
internal import Rendering
internal import Vocabulary

struct RenewCommand: CountersignCommand {
    static let configuration = CommandConfiguration(
        commandName: "renew",
        abstract:
            "For hooks of ACME clients: brings a renewed certificate and its key, and asks for the push by one signed commit.",
        discussion: """
            Checks that key and chain belong together and that no name is lost, encrypts the key to the gateways (or lays it into the \
            declared folder, where the declaration says {spki}), commits signed by this host's git, and pushes; where others push at \
            the same time it fetches and tries again. It approves nothing. Run again with the same certificate it does nothing.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @Argument(help: "The certificate, by its name in the repository.")
    var certificate: String
    @Option(help: ArgumentHelp("The new chain: PEM, leaf first.", valueName: "file"))
    var chain: String
    @Option(help: ArgumentHelp("Its private key; none where it is made on a device (`csr`).", valueName: "file"))
    var key: String?
    @Option(
        help: ArgumentHelp("Ask on this branch, for a pull request, not on the branch in force.", valueName: "name"))
    var branch: String?
    @Option(name: [.short, .customLong("message")], help: "A comment, shown beside the work orders.")
    var message: String?

    func execute(_ output: Output) async throws -> ExitStatus {
        let site = try await Site.open(global.siteOptions(environment: output.environment))
        let wish = RenewOperation.Wish(
            certificate: certificate, chain: chain, key: key, branch: branch, comment: message)
        let report = try await RenewOperation(site: site, time: HostClock()).run(wish)
        output.print(text: { RenewedText.render(report, $0) }, json: { RenewedJSON.value(report) })
        return .success
    }
}
