// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Commits
internal import Operations
internal import Planning
internal import Vocabulary

/// After the first pass: everything that was found is adopted, as if people had signed it. Then there is nothing to do.
struct AdoptCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "adopt", abstract: "Journals the adoption of every slot that holds what is declared.")

    @Option(help: "The repository.") var repo: String
    @Option(help: "Its state directory.") var state: String

    func run() async throws {
        let site = try await Site.open(SiteOptions(repository: repo, state: state, environment: [:]))
        guard let own = try State.existing(site) else { throw WorkloadError("no journal in \(state)") }
        let history = try await own.history().history
        let tree = try site.loader.load(try site.tip(of: "main"))
        let precedent = Precedent(
            tree: tree, zone: try site.zone(in: tree.trust), now: max(.current, history.latest ?? .current))
        let adoptions = precedent.adoptions(precedent.plan(history))
        try await own.append(adoptions)
        print(adoptions.count)
    }
}
