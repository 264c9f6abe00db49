// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

struct RevokeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Takes back all of one's own earlier signatures on it.")

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @OptionGroup var signing: SigningOptions
}
