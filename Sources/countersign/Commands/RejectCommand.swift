// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

struct RejectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reject", abstract: "Closes a work order: it stays rejected until its content changes.")

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @OptionGroup var signing: SigningOptions
}
