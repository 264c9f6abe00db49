// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Operations

struct ApproveCommand: CountersignCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve", abstract: "Signs the lowest incomplete level but the last.")

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @OptionGroup var signing: SigningOptions
    @OptionGroup var timing: TimingOptions
    @Flag(
        name: .customLong("emergency"),
        help: "By the policy's emergency quorum in place of its levels; needs -m with the reason.")
    var isEmergency = false

    func validate() throws {
        guard isEmergency else { return }
        if signing.level != nil { throw ValidationError("--emergency and --level exclude each other") }
        if signing.message?.isEmpty ?? true { throw ValidationError("--emergency needs a reason: -m TEXT") }
    }

    func execute(_ output: Output) async throws -> ExitStatus {
        try await Signing(global, signing, timing, isEmergency: isEmergency).run(.approve, output)
    }
}
