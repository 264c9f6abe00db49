// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
package import Commits
internal import Declarations
package import Git
internal import Planning
internal import StatusBranch
package import Vocabulary

/// Replays every push from git and public keys alone: the recorder's word is taken for when records were first seen and what
/// devices held, for nothing else.
package struct AuditRun {
    private let git: Git.Repository
    private let loader: TreeLoader
    private let trusted: ObjectID
    private let heads: String

    /// - Parameters:
    ///   - trusted: the first commit that is trusted: what stands in it needs no signature.
    ///   - heads: where branches are read, with the slash: `refs/remotes/origin/` or `refs/heads/`.
    package init(git: Git.Repository, loader: TreeLoader, trusted: ObjectID, heads: String) {
        (self.git, self.loader, self.trusted, self.heads) = (git, loader, trusted, heads)
    }

    /// - Parameter only: this zone; nil: all that the trusted commit declares.
    /// - Throws: what made it impossible to begin. What is wrong in what was read stands in the report.
    package func run(only: ZoneName? = nil) throws(AuditError) -> AuditReport {
        let (tree, repository) = try begin()
        var report = AuditReport(
            repositoryID: repository.spec.id, repositoryName: repository.name.text, trusted: trusted,
            trustSet: tree.trust.digest)
        let replays = try read(tree, only, into: &report)
        let branch: ObjectID?
        do { branch = try git.reference(heads + repository.spec.branch) } catch { throw AuditError(error) }
        if branch == nil {
            report.notices.append("there is no branch \(repository.spec.branch) here: who asked cannot be told")
        }
        var milestones = Set(replays.flatMap { $0.told.map(\.order.tip) })
        milestones.formUnion(replays.flatMap { $0.timeline.entries.map(\.commit) })
        var askers = Askers(git: git, loader: loader, trusted: trusted, branch: branch, milestones: milestones)
        let shelves = replays.map { RecordShelf($0.kept, timeline: $0.timeline, git: git) }
        var firstAccepted: [PolicyChangeDigest: Timestamp] = [:]
        for claim in replays.flatMap({ $0.timeline.entries.compactMap(\.claim) }) {
            if let change = claim.by { firstAccepted[change] = min(firstAccepted[change] ?? claim.at, claim.at) }
        }
        for (replay, shelf) in zip(replays, shelves) {
            report.findings += replay.findings + shelf.findings
            report.notices += replay.notices
            let claims = TrustClaims(timeline: replay.timeline, shelves: shelves, firstAccepted: firstAccepted)
                .run(&askers)
            report.findings += claims.findings
            var pushes = judged(replay, shelf, &askers)
            if let from = claims.unprovenFrom {
                for index in pushes.indices where (pushes[index].began ?? pushes[index].at) >= from {
                    pushes[index].reasons += claims.findings
                }
            }
            report.slots += try slots(replay, pushes)
            report.pushes += pushes
        }
        report.pushes.sort { ($0.at, $0.slot, $0.sequence) < ($1.at, $1.slot, $1.sequence) }
        report.slots.sort { ($0.slot.device, $0.slot.path) < ($1.slot.device, $1.slot.path) }
        return report
    }

    private func begin() throws(AuditError) -> (LoadedTree, Declarations.Repository) {
        let tree: LoadedTree
        do { tree = try loader.load(trusted) } catch { throw AuditError(error) }
        guard tree.isValid, let repository = tree.trust.repository else {
            throw AuditError(.invalidTrust, "the declarations of commit \(trusted.short) are not valid")
        }
        return (tree, repository)
    }

    private func read(
        _ tree: LoadedTree, _ only: ZoneName?, into report: inout AuditReport
    ) throws(AuditError) -> [Replay] {
        if let only, tree.trust.zones[only] == nil {
            throw AuditError(.unknownZone, "no zone is named \(only) in commit \(trusted.short)")
        }
        let reader = StatusReader(git)
        var replays: [Replay] = []
        for zone in only.map({ [$0] }) ?? tree.trust.zones.keys.sorted() {
            let tip: ObjectID?
            do {
                tip = try git.reference(heads + StatusPath.branch(of: zone).dropFirst("refs/heads/".count))
            } catch {
                throw AuditError(error)
            }
            guard let tip else {
                report.notices.append(
                    "zone \(zone) has no status branch here: nothing was ever pushed, or it was not fetched")
                continue
            }
            var replay = Replay(zone: zone, loader: loader, trusted: tree.trust, commit: trusted)
            try replay.run(to: tip, reader)
            report.lines.append(
                AuditReport.Line(zone: zone, tip: tip, commits: replay.commits, until: replay.believed?.committed))
            replays.append(replay)
        }
        guard !replays.isEmpty else {
            throw AuditError(
                .noStatus, "there is no status branch here: no reconciler has written one, or it was not fetched")
        }
        return replays
    }

    private func judged(_ replay: Replay, _ shelf: RecordShelf, _ askers: inout Askers) -> [AuditedPush] {
        var used: [RecordKey: Set<WorkOrderDigest>] = [:]
        var pushes = replay.told.map { told in
            PushCheck(
                told: told, zone: replay.zone, timeline: replay.timeline, shelf: shelf, loader: loader,
                leaves: replay.leaves
            ).run(&askers, used: &used)
        }
        BudgetCheck(timeline: replay.timeline).run(&pushes)
        return pushes
    }

    private func slots(_ replay: Replay, _ pushes: [AuditedPush]) throws(AuditError) -> [AuditedSlot] {
        guard let believed = replay.believed else { return [] }
        var published: [SlotKey: PublishedSlot] = [:]
        do throws(StatusError) {
            for slot in try StatusReader(git).slots(of: believed.tree) { published[slot.slot] = slot }
        } catch {
            throw AuditError(error)
        }
        return Set(published.keys).union(replay.books.filter { !$0.value.pushes.isEmpty }.keys).map { slot in
            AuditedSlot(slot, published[slot], replay.books[slot] ?? SlotBook(), pushes, zone: replay.zone)
        }
    }
}

extension AuditedSlot {
    fileprivate init(
        _ slot: SlotKey, _ published: PublishedSlot?, _ book: SlotBook, _ pushes: [AuditedPush], zone: ZoneName
    ) {
        let holding = published?.observed ?? book.left
        let last = book.lastCompleted
        let brought = book.broughtBy.map { pushes[$0] }
        self.init(
            zone: zone, slot: slot, connector: published?.connector ?? brought?.connector,
            certificate: published?.certificate ?? brought?.certificate, holding: holding, verdict: .unapproved,
            by: nil, pushes: book.pushes.count, reason: nil)
        if let unproven = book.pushes.map({ pushes[$0] }).last(where: { !$0.isProven }) {
            (verdict, reason) = (.unproven, "\(unproven.digest.id) is not proven")
        } else if let last, let brought, holding?.leaf == last.leaf,
            holding.map({ $0.leaf != nil || $0 == .nothing }) ?? false
        {
            (verdict, by) = (brought.isAdoption ? .adopted : .proven, last.digest)
        } else if let last {
            reason = "changed by hand after \(last.digest.id)"
        } else if holding == nil || holding == .nothing {
            verdict = .empty
        } else {
            reason = "it lay there before, and nobody has signed for it"
        }
    }
}
