// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Operations
internal import Rendering

struct SigningRequestCommand: CountersignCommand {
    static let configuration = CommandConfiguration(
        commandName: "csr",
        abstract: "Makes a certificate's key on its device, where it stays, and prints a request for the certificate.",
        discussion: """
            On the gateway, for a Certificate with privateKey: {endpoint: DEVICE}. Names, key type and usages are those that it declares \
            (request), else those of the chain that is there, else the server names of its connectors. Where a key waits on the device for \
            which no certificate was pushed, the request is for that one. What is in use is not touched: the new key goes into its slot \
            together with its certificate, by a work order. --ref reads a branch on which the chain is not there yet.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @Argument(help: "The certificate, by its name in the repository.")
    var certificate: String
    @Flag(name: .customLong("new-key"), help: "Make a key also where one waits already.")
    var newKey = false
    @Option(
        name: [.short, .customLong("output")],
        help: ArgumentHelp("Where to write the request (default: standard output).", valueName: "file"))
    var outputFile: String?

    func execute(_ output: Output) async throws -> ExitStatus {
        let site = try await Site.open(global.siteOptions(environment: output.environment))
        let report = try await SigningRequestOperation(site: site, time: HostClock())
            .run(certificate, makesAnew: newKey, output: outputFile)
        if report.path == nil, output.format == .text {
            output.say(rendered: SigningRequestText.render(report, output.messageStyle))
        }
        output.print(
            text: {
                report.path == nil
                    ? String(decoding: report.request, as: UTF8.self) : SigningRequestText.render(report, $0)
            },
            json: { SigningRequestJSON.value(report) })
        return .success
    }
}
