// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Glibc

/// Makes repositories of any size for `scripts/bench`, and measures what has to be taken off its figures. Not installed.
@main struct Workload: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workload", abstract: "Repositories of any size for the benchmarks.",
        subcommands: [
            RepositoryCommand.self, ServedCommand.self, FleetCommand.self, AdoptCommand.self, HandshakesCommand.self,
            ProbeCommand.self,
            RecordsCommand.self,
            VerifyCommand.self,
        ])

    static func main() async {
        signal(SIGPIPE, SIG_IGN)
        await main(nil)
    }
}

struct WorkloadError: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}
