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

    /// - Parameter only: this zone; nil: all that the trusted commit declares, or a set that came into force after it.
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
        var judged: [[AuditedPush]] = []
        // Another zone's line may be what proves a set: all are read, whichever is asked about.
        let asked = zip(replays, shelves).filter { only == nil || $0.0.zone == only }
        for (replay, shelf) in asked {
            report.findings += replay.findings + shelf.findings
            report.notices += replay.notices
            let claims = TrustClaims(timeline: replay.timeline, shelves: shelves, firstAccepted: firstAccepted)
                .run(&askers)
            report.findings += claims.findings
            var pushes = self.judged(replay, shelf, &askers)
            if let from = claims.unprovenFrom {
                for index in pushes.indices where (pushes[index].began ?? pushes[index].at) >= from {
                    pushes[index].reasons += claims.findings
                }
            }
            judged.append(pushes)
            report.pushes += pushes
        }
        // What lies in a slot may have come there while another zone answered for the device.
        let known = Dictionary(report.pushes.map { ($0.digest, $0) }) { first, _ in first }
        for ((replay, _), pushes) in zip(asked, judged) { report.slots += try slots(replay, pushes, known) }
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
        let reader = StatusReader(git)
        let tips = try statusBranches()
        let root = TrustTimeline(trusted: tree.trust, commit: trusted)
        var zones = Set(tree.trust.zones.keys)
        var replays: [Replay] = []
        for zone in zones.sorted() {
            if let tip = tips[zone] { replays.append(try Replay(zone, loader, root, upTo: tip, reader)) }
        }
        try tell(&replays, &zones, tips, reader)
        if let only, !zones.contains(only) {
            throw AuditError(
                .unknownZone, "no zone is named \(only) in commit \(trusted.short), nor in a set that came into force after it")
        }
        for replay in replays where only == nil || replay.zone == only {
            guard let tip = tips[replay.zone] else { continue }
            report.lines.append(
                AuditReport.Line(
                    zone: replay.zone, tip: tip, commits: replay.commits, until: replay.believed?.committed))
        }
        for zone in zones.sorted() where tips[zone] == nil && (only ?? zone) == zone {
            report.notices.append(
                "zone \(zone) has no status branch here: nothing was ever pushed, or it was not fetched")
        }
        for zone in tips.keys.sorted() where only == nil && !zones.contains(zone) {
            report.notices.append(
                "the status branch of \(zone) is not audited: no set that was ever in force declares such a zone")
        }
        guard !report.lines.isEmpty else {
            throw AuditError(
                .noStatus, "there is no status branch here: no reconciler has written one, or it was not fetched")
        }
        return replays
    }

    /// Where each zone's branch is here, whoever made it.
    private func statusBranches() throws(AuditError) -> [ZoneName: ObjectID] {
        let prefix = heads + StatusPath.branches.dropFirst("refs/heads/".count)
        do throws(GitError) {
            return try git.references(under: prefix).reduce(into: [:]) { tips, reference in
                if let zone = ZoneName(String(reference.name.dropFirst(prefix.count))) { tips[zone] = reference.id }
            }
        } catch {
            throw AuditError(error)
        }
    }

    /// All lines to their ends, in turns: where a device changed its zone, one line goes on from another, and where a policy change has
    /// brought a zone, its line begins with the sets that were told until then.
    private func tell(
        _ replays: inout [Replay], _ zones: inout Set<ZoneName>, _ tips: [ZoneName: ObjectID], _ reader: StatusReader
    ) throws(AuditError) {
        var waits = true
        while true {
            let told = replays.map(\.timeline)
            let brought = told.reduce(into: Set<ZoneName>()) { $0.formUnion($1.zones) }.subtracting(zones).sorted()
            for zone in brought {
                zones.insert(zone)
                guard let tip = tips[zone] else { continue }
                let first = try beginning(of: tip, reader)
                let sets =
                    told.compactMap { $0.prefix(bringing: zone) { $0.digest == first } }.first
                    ?? told.compactMap { $0.prefix(bringing: zone) }.first
                if let sets { replays.append(try Replay(zone, loader, sets, upTo: tip, reader)) }
            }
            waits = waits || !brought.isEmpty
            guard replays.contains(where: { !$0.isDone }) else { return }
            let before = replays.map(\.commits)
            for index in replays.indices where !replays[index].isDone {
                let released = replays.reduce(into: [:]) { $0.merge($1.releases) { first, _ in first } }
                try replays[index].run(reader, released: released, waits: waits)
            }
            waits = replays.map(\.commits) != before
        }
    }

    /// The set that a line names first, whoever wrote it.
    private func beginning(of tip: ObjectID, _ reader: StatusReader) throws(AuditError) -> TrustSetDigest? {
        do throws(StatusError) {
            for step in try reader.steps(to: tip) {
                if let set = try? reader.delta(from: nil, to: step.tree).head?.trustSet { return set.digest }
            }
            return nil
        } catch {
            throw AuditError(error)
        }
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

    private func slots(
        _ replay: Replay, _ pushes: [AuditedPush], _ known: [WorkOrderDigest: AuditedPush]
    ) throws(AuditError) -> [AuditedSlot] {
        guard let believed = replay.believed else { return [] }
        var published: [SlotKey: PublishedSlot] = [:]
        do throws(StatusError) {
            for slot in try StatusReader(git).slots(of: believed.tree) { published[slot.slot] = slot }
        } catch {
            throw AuditError(error)
        }
        let slots = Set(published.keys).union(replay.books.filter { !$0.value.pushes.isEmpty }.keys)
        // What was given away the zone that took it over tells of.
        return slots.filter { slot in
            if case .released? = replay.tenures[slot.device] { false } else { true }
        }.map { slot in
            let book = replay.books[slot] ?? SlotBook()
            let brought = book.broughtBy.map { pushes[$0] } ?? book.lastCompleted.flatMap { known[$0.digest] }
            return AuditedSlot(slot, published[slot], book, pushes, broughtBy: brought, zone: replay.zone)
        }
    }
}

extension AuditedSlot {
    fileprivate init(
        _ slot: SlotKey, _ published: PublishedSlot?, _ book: SlotBook, _ pushes: [AuditedPush],
        broughtBy brought: AuditedPush?, zone: ZoneName
    ) {
        let holding = published?.observed ?? book.left
        let last = book.lastCompleted
        self.init(
            zone: zone, slot: slot, connector: published?.connector ?? brought?.connector,
            certificate: published?.certificate ?? brought?.certificate, holding: holding, verdict: .unapproved,
            by: nil, pushes: book.pushes.count, reason: nil)
        let own = book.pushes.map { pushes[$0] }
        if let unproven = (own + [brought].compactMap(\.self)).last(where: { !$0.isProven }) {
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
