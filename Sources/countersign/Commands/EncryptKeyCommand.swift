// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Operations
internal import Rendering
internal import Vocabulary

struct EncryptKeyCommand: CountersignCommand {
    static let configuration = CommandConfiguration(
        commandName: "encrypt-key",
        abstract: "Encrypts a private key for git, to the gateways that need it (CMS, AES-256-GCM).",
        discussion: """
            To the recipients in force of the zones that --certificate goes to, of --zone, or of all zones. Only the gateways can open it; \
            then commit the file that a Certificate names as privateKey: {encrypted: FILE}.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @Argument(help: "The private key: PEM or DER, without a passphrase.")
    var file: String
    @Option(help: ArgumentHelp("For the zones that this certificate goes to.", valueName: "name"))
    var certificate: String?
    @Option(
        name: [.short, .customLong("output")],
        help: ArgumentHelp("Where to write it (default: standard output).", valueName: "file"))
    var outputFile: String?

    func execute(_ output: Output) async throws -> ExitStatus {
        let site = try await Site.open(global.siteOptions(environment: output.environment))
        let report = try await EncryptKeyOperation(site: site).run(file, certificate: certificate, output: outputFile)
        let sealed = String(decoding: report.sealed, as: UTF8.self)
        let zones = report.zones.map(\.text)
        if let path = report.path {
            output.print(
                text: { EncryptedKeyText.render(report, path: path, $0) },
                json: {
                    [
                        "formatVersion": "1", "path": .string(path), "recipients": .integer(Int64(report.recipients)),
                        "spki": .string(report.spki.hex), "zones": .array(zones.map { .string($0) }),
                    ]
                })
        } else {
            output.print(
                text: { _ in sealed },
                json: {
                    [
                        "formatVersion": "1", "encrypted": .string(sealed),
                        "recipients": .integer(Int64(report.recipients)), "spki": .string(report.spki.hex),
                        "zones": .array(zones.map { .string($0) }),
                    ]
                })
        }
        return .success
    }
}
