// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

struct TrustCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trust",
        abstract: "Pins the first trusted commit: from then on who decides changes only by an approved policy change.")

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @Argument(help: "The commit whose people, policies and devices you have looked at.")
    var commit: String
}
