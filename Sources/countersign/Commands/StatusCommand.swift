// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "How everything stands, or one certificate, connector, work order or request.")

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @Argument(help: "An ID or a name.")
    var id: String?
}
