// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

struct CancelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "Withdraws a work order that one asked for or may approve.")

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @OptionGroup var signing: SigningOptions
}
