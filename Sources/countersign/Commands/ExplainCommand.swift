// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Which policy matched and why, who signed, what is missing, why each record was refused.")

    @OptionGroup(title: "Global options") var global: GlobalOptions
    @Argument(help: "WO-…, REQ-… or POL-… (a unique beginning is enough), or sha256: and 64 digits.")
    var id: String
}
