// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

struct ApproveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve", abstract: "Signs the lowest incomplete level but the last.")

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @OptionGroup var signing: SigningOptions
    @OptionGroup var timing: TimingOptions
}
