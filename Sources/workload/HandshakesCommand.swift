// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Commits
internal import Declarations
internal import Operations
internal import TLSProbe
internal import Vocabulary

/// The handshakes that a pass makes, and nothing else: what is left of a pass without them is ours.
struct HandshakesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "handshakes", abstract: "Shakes hands with every endpoint; prints seconds and how many answered.")

    @Option(help: "The repository.") var repo: String

    func run() async throws {
        let site = try await Site.open(SiteOptions(repository: repo, environment: [:]))
        let tree = try site.loader.load(try site.tip(of: "main"))
        var plan = ProbePlan()
        for connector in tree.set.connectors.values {
            guard let device = tree.set.devices[connector.spec.device] else { continue }
            for endpoint in connector.spec.endpoints { plan.add(endpoint, on: device) }
        }
        let clock = ContinuousClock()
        let begun = clock.now
        let answers = await Prober().probe(plan.targets)
        let seconds = (clock.now - begun) / .seconds(1)
        let served = answers.count { answer in
            !answer.addresses.isEmpty && answer.addresses.allSatisfy { $0.outcome.leaf != nil }
        }
        print(seconds, served)
    }
}
