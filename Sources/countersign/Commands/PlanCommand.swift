// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Says what would be done and who must sign; changes nothing.")

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @Option(help: ArgumentHelp("What to compare with (default: the accepted tip).", valueName: "rev"))
    var base: String?
    @Flag(name: .customLong("no-discover"), help: "Read no device: use what the reconciler last saw.")
    var noDiscover = false
}
