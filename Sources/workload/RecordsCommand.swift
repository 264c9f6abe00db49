// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import ArgumentParser
internal import Commits
internal import Git
internal import Journal
internal import Operations
internal import Planning
internal import Signatures
internal import Vocabulary

/// A bare repository as in a fresh clone, with approval refs that nobody has seen.
struct RecordsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "records", abstract: "A bare repository with signed records, and the line of those who signed.")

    @Option(help: "Records, each on a ref of its own.") var count: Int
    @Argument(help: "A folder that is not there yet.") var folder: String

    func validate() throws {
        guard (1...1_000_000).contains(count) else { throw ValidationError("1 to 1,000,000 records") }
    }

    func run() async throws {
        let now = Timestamp.current
        let estate = Estate(count: 20, place: .afar)
        let recorder = try SSHPrivateKey.generate(comment: "recorder")
        let cast = try Cast(recorder: recorder.publicKey.line)
        let issuance = Issuance(authority: try Authority(now: now), estate: estate, now: now)
        let repository = try await BareRepository.make(at: folder)
        let files = estate.files + cast.files(keyRoot: estate.keyRoot) + issuance.files(try issuance.old(Array(0..<20)))
        let trusted = try repository.store(
            commit: cast.commit(
                tree: try repository.store(files, on: nil), parents: [], message: "Declare what is in force\n",
                at: now - .hours(2)))
        try repository.update("refs/heads/main", to: trusted, expecting: nil)
        let site = try await Site.open(SiteOptions(repository: folder, environment: [:]))
        guard let zone = ZoneName("default") else { throw WorkloadError("no zone") }
        try Precedent(tree: try site.loader.load(trusted), zone: zone, now: now - .hours(1)).publish(
            by: recorder, in: repository)

        guard let tip = try repository.reference("refs/heads/countersign/status/default") else {
            throw WorkloadError("no status")
        }
        let status = try repository.commit(tip)
        let records = try Records(signer: cast.bob, parent: status.id, tree: status.tree, now: now).write(
            count, in: repository)
        try await BareRepository.set(records.map(\.reference), in: folder)
        try await BareRepository.pack(folder)
        print("bob@example.com \(cast.bob.publicKey.line)")
    }
}

/// Reads and verifies what lies on the approval refs, as a pass does that has seen none of it: on one thread.
struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify-records",
        abstract: "Verifies every record on the approval refs: seconds, verified, refused.")

    @Option(help: "The repository.") var repo: String
    @Option(help: "A state directory, whose journal knows what was seen; without it all is new.") var state: String?

    func run() async throws {
        let site = try await Site.open(SiteOptions(repository: repo, state: state, environment: [:]))
        let tree = try site.loader.load(try site.tip(of: "main"))
        let keys = KeyRing(of: tree.trust)
        let journal = try state.flatMap { (_) throws in try State.existing(site)?.journal }
        let history = try await journal?.history().history ?? History()
        let clock = ContinuousClock()
        let begun = clock.now
        let read = try await ReadApprovals.read(
            site, history: history, recorders: keys, openpgp: keys.openpgp, now: .current,
            unseenCommits: { (commits) async throws(UserError) in
                do throws(JournalError) { return try await journal?.unseen(commits) ?? Set(commits) } catch {
                    throw UserError(error)
                }
            }, seen: { (_) async throws(UserError) in [] })
        let seconds = (clock.now - begun) / .seconds(1)
        let counted = read.new.count { $0.seen.placement == nil && keys[$0.seen.signed.signingKey] != nil }
        print(seconds, counted, read.verified - counted)
    }
}
