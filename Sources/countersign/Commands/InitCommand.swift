// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

struct InitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Makes a commented starting repository that validates; commits nothing.")

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @Flag(help: "Two levels and this user in both groups, instead of one person alone.")
    var team = false
    @Argument(help: ArgumentHelp("A folder that is empty or holds only .git.", valueName: "dir"))
    var folder: String
}
