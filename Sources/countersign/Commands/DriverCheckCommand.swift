// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Conformance
internal import Foundation
internal import Operations
internal import Rendering

struct DriverCheckCommand: CountersignCommand {
    static let configuration = CommandConfiguration(
        commandName: "driver-check", abstract: "Tries a plugin: does it stand what every driver must stand?",
        discussion: """
            ARGV is the plugin, as a command of Repository would name it. Without --bench only its answers are looked at; with it, \
            every scenario is tried on the device that the bench describes, and whatever is there is lost (docs/plugins.md).
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @Option(help: ArgumentHelp("A description of a device that may be spoilt (JSON).", valueName: "file"))
    var bench: String?
    @Flag(help: "Stop a push at every point, not at a few.")
    var thorough = false
    @Argument(parsing: .captureForPassthrough, help: "The plugin.")
    var argv: [String]

    func execute(_ output: Output) async throws -> ExitStatus {
        let description = bench.flatMap { SmallFile.read($0, atMost: 1 << 20) }
        if let bench, description == nil {
            throw UserError("BenchNotUnderstood", "\(bench): no readable file of at most 1 MiB")
        }
        var argv = argv
        // As a shell would find it; a Repository names it by an absolute path, or by a name on PATH.
        if let program = argv.first, program.contains("/"), !program.hasPrefix("/") {
            argv[0] = FileManager.default.currentDirectoryPath + "/" + program
        }
        let check = try DriverCheck(argv, bench: description)
        let folder = FileManager.default.temporaryDirectory.appending(path: "countersign-check-\(UUID().uuidString)")
            .path
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let report = try await check.run(
            folder: folder, time: HostClock(), depth: thorough ? .everyPoint : .sample
        ) { scenario, cell, _ in
            guard output.format != .json, Terminal.isOne(Terminal.errors) else { return }
            output.say(rendered: DriverCheckText.line(scenario, cell, output.messageStyle))
        }
        output.print(text: { DriverCheckText.render(report, $0) }, json: { DriverCheckJSON.value(report) })
        return report.hasPassed ? .success : .failure
    }
}
