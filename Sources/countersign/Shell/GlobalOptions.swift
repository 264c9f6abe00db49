// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Operations
internal import Rendering

enum Format: String, CaseIterable, ExpressibleByArgument { case text, json, markdown, csv, html }

extension Style.ColourChoice: ExpressibleByArgument {}

/// What every command takes.
struct GlobalOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The repository: a work tree or a bare one.", valueName: "dir"))
    var repo = "."
    @Option(help: ArgumentHelp("What to read (default: the branch in force; for validate HEAD).", valueName: "rev"))
    var ref: String?
    @Option(
        help: ArgumentHelp(
            "Where state is kept (default: XDG_STATE_HOME/countersign/<repository id>).", valueName: "dir"))
    var state: String?
    @Option(help: ArgumentHelp("The trusted commit, where the state has none of its own.", valueName: "commit"))
    var trust: String?
    @Option(help: ArgumentHelp("The zone (default: the only one, or 'default').", valueName: "zone"))
    var zone: String?
    @Option(help: "How data is printed: text, json or markdown; some commands also csv or html.")
    var format = Format.text
    @Option(help: "auto, always or never.")
    var color = Style.ColourChoice.auto
    @Flag(name: [.customShort("v"), .customLong("verbose")], help: "Full fingerprints, and why each policy matched.")
    var isVerbose = false

    /// - Parameter environment: of this process, read once.
    func siteOptions(environment: [String: String]) -> SiteOptions {
        SiteOptions(
            repository: repo, ref: ref, state: state, trust: trust, zone: zone,
            isInteractive: Terminal.isOne(Terminal.input) && Terminal.isOne(Terminal.errors), environment: environment)
    }
}
