// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Commits
internal import Git
internal import Operations
internal import Signatures
internal import Vocabulary

/// `main`: the trusted commit with everything in force, and one that renews some of it. The status branch says that every
/// slot holds what was in force.
struct RepositoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repository", abstract: "A bare repository to plan: trusted commit main~1, change main.")

    @Option(help: "Certificates, each bound to a connector of its own.") var bindings: Int
    @Option(help: "How many of them the change renews.") var differing: Int
    @Argument(help: "A folder that is not there yet.") var folder: String

    func validate() throws {
        guard (1...1_000_000).contains(bindings), (0...bindings).contains(differing) else {
            throw ValidationError("1 to 1,000,000 bindings, of which so many can differ")
        }
    }

    func run() async throws {
        let now = Timestamp.current
        let estate = Estate(count: bindings, place: .afar)
        let recorder = try SSHPrivateKey.generate(comment: "recorder")
        let cast = try Cast(recorder: recorder.publicKey.line)
        let issuance = Issuance(authority: try Authority(now: now), estate: estate, now: now)
        let repository = try await BareRepository.make(at: folder)

        let inForce = issuance.files(try issuance.old(Array(0..<bindings)))
        let tree = try repository.store(estate.files + cast.files(keyRoot: estate.keyRoot) + inForce, on: nil)
        let trusted = try repository.store(
            commit: cast.commit(tree: tree, parents: [], message: "Declare what is in force\n", at: now - .hours(2)))
        // Spread over all, as certificates fall due.
        let due = (0..<differing).map { $0 * bindings / differing }
        let renewed = try repository.store(issuance.files(try issuance.renewed(due)), on: tree)
        let change = try repository.store(
            commit: cast.commit(
                tree: renewed, parents: [trusted], message: "Renew \(differing) certificates\n", at: now - .hours(1)))
        try repository.update("refs/heads/main", to: change, expecting: nil)

        let site = try await Site.open(SiteOptions(repository: folder, environment: [:]))
        guard let zone = ZoneName("default") else { throw WorkloadError("no zone") }
        try Precedent(tree: try site.loader.load(trusted), zone: zone, now: now - .hours(1))
            .publish(by: recorder, in: repository)
        try await BareRepository.pack(folder)
    }
}
