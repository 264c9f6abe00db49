// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Operations
internal import Reconciler

struct WakeCommand: CountersignCommand {
    static let configuration = CommandConfiguration(
        commandName: "wake",
        abstract: "Makes a running service look at once: for a post-receive hook on the gateway's host.")

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func execute(_ output: Output) async throws -> ExitStatus {
        let isAwake = try await WakeOperation(options: global.siteOptions(environment: output.environment)).run()
        guard isAwake else {
            throw UserError(
                "NotRunning", "no countersign run is at work on this state directory",
                hint: "countersign reconcile makes one pass")
        }
        return .success
    }
}
