// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Commits
internal import Git
internal import Journal
internal import Operations
internal import Planning
internal import Vocabulary

/// After the first pass: everything that was found is adopted, as if people had signed it. Then there is nothing to do.
struct AdoptCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "adopt", abstract: "Journals the adoption of every slot that holds what is declared.")

    @Option(help: "The repository.") var repo: String
    @Option(help: "Its state directory.") var state: String

    @Option(help: "How many work orders had been finished before, as published.") var finished = 0
    @Flag(help: "They are pushes that are not published yet: the next pass tells of them.") var told = false
    @Option(help: "How many of them by a record whose ref is there still.") var records = 0

    func validate() throws {
        guard (0...1_000_000).contains(finished), (0...finished).contains(records) else {
            throw ValidationError("at most 1,000,000 finished work orders, of which so many by a record")
        }
    }

    func run() async throws {
        let site = try await Site.open(SiteOptions(repository: repo, state: state, environment: [:]))
        guard let own = try State.existing(site) else { throw WorkloadError("no journal in \(state)") }
        let history = try await own.history().history
        let tree = try site.loader.load(try site.tip(of: "main"))
        let precedent = Precedent(
            tree: tree, zone: try site.zone(in: tree.trust), now: max(.current, history.latest ?? .current))
        let adoptions = precedent.adoptions(precedent.plan(history))
        if finished > 0 {
            try await append(Past(adoptions, finished: finished, records: records, isTold: told), to: own, site)
        }
        try await own.append(adoptions)
        print(adoptions.count)
    }
}

extension AdoptCommand {
    /// Journals it as what the status branch tells already, and leaves the refs of its records.
    private func append(_ past: Past, to own: State, _ site: Site) async throws {
        guard let (status, _) = try await own.journal.published() else {
            throw WorkloadError("no status commit: reconcile comes first")
        }
        let written = try past.write(in: site.git, on: try site.git.commit(status))
        for batch in stride(from: 0, to: written.facts.count, by: 2_000) {
            try await own.append(Array(written.facts[batch..<min(batch + 2_000, written.facts.count)]))
        }
        if !told { try await own.append([.published(status: status, upTo: try await own.history().head)]) }
        try await BareRepository.set(written.references, in: repo)
        try await BareRepository.pack(repo)
    }
}
