// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Commits
internal import Declarations
internal import Git
internal import Journal
internal import Operations
internal import Planning
internal import StatusBranch
internal import Vocabulary

/// Writes the status branch: on transitions only, by compare-and-swap, after everything else, whatever happened.
struct WriteBack: Sendable {
    var site: Site
    var view: Viewpoint
    var journal: any JournalStore
    var time: any TimeSource
    /// At least this often; nil: on transitions only.
    var heartbeat: Seconds?

    /// The commit that was written; nil where nothing has changed.
    ///
    /// The journal knows a commit before it is pushed: one of our own recorder that the journal does not know means that the
    /// state was set back, and stops pushes.
    func run(_ derivation: Derivation, _ report: PlanReport) async throws(UserError) -> ObjectID? {
        guard let gateway = view.gateway else { return nil }
        defer { site.loader.derived?.save() }
        let publisher = Self.publisher(site, view, gateway)
        let (known, upTo) = try await journaled { () async throws(JournalError) in
            let last = try await journal.published()
            return (last?.status, last?.upTo ?? Revision(0))
        }
        let (finished, head) = try await journaled { () async throws(JournalError) in
            (try await journal.ended(after: upTo), try await journal.history().head)
        }
        do throws(StatusError) {
            var content = StatusContent(
                repository: report.repositoryID, zone: view.zone, history: derivation.history, plan: report.plan,
                finished: finished.map {
                    StatusBranch.FinishedWorkOrder(
                        intent: $0.intent, outcome: $0.outcome, at: $0.at, sequence: $0.sequence,
                        began: $0.outcome == .adopted
                            ? nil : derivation.history.workOrders[$0.intent.workOrder]?.intendedAt,
                        standing: $0.standing)
                },
                evidence: try await evidence(derivation, finished, publisher, known: known),
                invalidTip: report.invalidTip?.commit, notices: report.notices)
            content.requesterCommits = try requesterCommits(
                derivation, report.plan, finished, publisher, known: known)
            content.leaves = served(finished, derivation)
            content.heartbeat = heartbeat
            content.policyChange = try policyChange(derivation, publisher, known: known)
            content.report = try known.flatMap { (known) throws(StatusError) in
                try dueReport(derivation, report, known: known)
            }
            let prepared = try publisher.prepare(
                StatusFiles(content), message: message(report, finished), known: known,
                remoteTip: try Self.remoteTip(site, view), now: max(time.now, derivation.history.latest ?? time.now),
                // A recorder that has replaced another signs what stands there, or nobody could believe it by the set in force.
                heartbeat: known.map(view.hasSigned) ?? true ? heartbeat : Seconds(0))
            guard let prepared else { return nil }
            if prepared.isNew { try await remember(prepared.commit, upTo: head) }
            try await publisher.push(prepared)
            await keepName(prepared.commit)
            return prepared.commit
        } catch {
            throw UserError(error, zone: view.zone)
        }
    }

    /// So that nobody can make a branch named `approvals`, in whose place no record could be.
    private func keepName(_ commit: ObjectID) async {
        guard (try? site.git.reference(site.approvals + "README")) == nil else { return }
        try? await site.publish(commit, as: "approvals/README", expecting: nil)
    }

    static func publisher(_ site: Site, _ view: Viewpoint, _ gateway: Viewpoint.Gateway) -> StatusPublisher {
        StatusPublisher(
            repository: site.git, remote: site.hasOrigin ? "origin" : site.git.directory, zone: view.zone,
            key: gateway.recorder.key, recorders: KeyRing(of: view.trust.set), derived: site.loader.derived)
    }

    /// As it was fetched; where somebody pushes in between, the compare-and-swap says so.
    static func remoteTip(_ site: Site, _ view: Viewpoint) throws(StatusError) -> ObjectID? {
        do throws(GitError) {
            return try site.git.reference(site.statusRef(of: view.zone))
        } catch {
            throw StatusError(.git, site.statusRef(of: view.zone), error.detail)
        }
    }

    private func remember(_ commit: ObjectID, upTo head: Revision) async throws(StatusError) {
        do throws(JournalError) {
            _ = try await journal.append([.published(status: commit, upTo: head)], under: nil, expecting: nil)
        } catch {
            throw StatusError(.git, commit.hex, "it could not be journaled: \(error.detail)")
        }
    }

    /// Of every record that may still count, and of those that were used, where the branch has none yet.
    private func evidence(
        _ derivation: Derivation, _ finished: [EndedFact], _ publisher: StatusPublisher, known: ObjectID?
    ) async throws(StatusError) -> [Evidence] {
        let keys = Set(derivation.history.records.keys).union(finished.flatMap(\.intent.records))
            .union(derivation.history.trustSet?.records ?? [])
            .union(derivation.history.emergencies.values.compactMap(\.review))
        let missing = try publisher.withoutEvidence(keys.sorted(), at: known)
        guard !missing.isEmpty else { return [] }
        let kept: [RecordEvidence]
        do throws(JournalError) {
            kept = try await journal.evidence(of: missing)
        } catch {
            throw StatusError(.git, "evidence", error.detail)
        }
        return kept.map { record in
            let parent = RecordReader.reread(record.key, record.commit, record.raw).flatMap { signed in
                (try? site.git.commit(signed.record.parent)).map { Evidence.Commit(id: $0.id, raw: $0.bytes) }
            }
            return Evidence(
                record: record.key, commit: Evidence.Commit(id: record.commit, raw: record.raw), parent: parent,
                firstSeen: record.firstSeen, placement: derivation.history.records[record.key]?.placement)
        }
    }

    /// The commits that touched what open and ended work orders are made from: who asked can be checked with them where the branch in
    /// force was squashed or pruned later.
    private func requesterCommits(
        _ derivation: Derivation, _ plan: Plan, _ finished: [EndedFact], _ publisher: StatusPublisher, known: ObjectID?
    ) throws(StatusError) -> [Evidence.Commit] {
        var subjects: Set<RequesterTable.Subject> = []
        func add(_ connector: ConnectorName, _ binding: BindingName?, _ certificate: CertificateName?) {
            subjects.insert(.resource(ResourceKey(kind: .appConnector, name: connector.text)))
            if let binding { subjects.insert(.resource(ResourceKey(kind: .binding, name: binding.text))) }
            guard let certificate else { return }
            subjects.insert(.resource(ResourceKey(kind: .certificate, name: certificate.text)))
            guard let spec = derivation.desired.set.certificates[certificate]?.spec else { return }
            subjects.insert(.file(spec.chain))
            if case .encrypted(let path) = spec.privateKey { subjects.insert(.file(path)) }
        }
        for order in plan.workOrders where order.digest != nil {
            add(order.connector, order.binding, order.certificate)
        }
        for ended in finished {
            guard let content = SignedContent(ended.intent.content) else { continue }
            add(content.connector, content.binding?.name, content.certificate)
        }
        let commits = Set(subjects.flatMap { derivation.requesters.touches[$0] ?? [] }.map(\.commit))
        let paths = Dictionary(commits.map { (StatusPath.requester($0), $0) }) { first, _ in first }
        return try publisher.absent(paths.keys.sorted(), at: known).compactMap { path in
            guard let commit = paths[path], let raw = try? site.git.commit(commit).bytes else { return nil }
            return Evidence.Commit(id: commit, raw: raw)
        }
    }

    /// How the present set came into force, where the branch does not tell of it yet.
    private func policyChange(
        _ derivation: Derivation, _ publisher: StatusPublisher, known: ObjectID?
    ) throws(StatusError) -> PolicyChangeEvidence? {
        guard let accepted = derivation.history.trustSet, let digest = accepted.by,
            try !publisher.absent([StatusPath.policyChange(digest)], at: known).isEmpty,
            let from = accepted.from, let repository = derivation.inForce.repository?.spec.id
        else { return nil }
        let document = PolicyChangeDocument(
            from: from, to: accepted.digest, number: accepted.number, previous: accepted.previous,
            repository: repository)
        return PolicyChangeEvidence(digest: digest, document: document.value, accepted: accepted)
    }

    private func dueReport(
        _ derivation: Derivation, _ report: PlanReport, known: ObjectID
    ) throws(StatusError) -> ReportFigures? {
        let tree: ObjectID
        do throws(GitError) { tree = try site.git.commit(known).tree } catch {
            throw StatusError(.git, known.hex, error.detail)
        }
        return try ReportDuty.due(
            StatusArchive(site.git, tree: tree, derived: site.loader.derived), derivation,
            views: report.plan.connectors, now: report.now)
    }

    /// What completed pushes have proven as served.
    private func served(_ finished: [EndedFact], _ derivation: Derivation) -> [LeafEvidence] {
        finished.compactMap { ended in
            guard ended.outcome == .completed, let leaf = ended.intent.installs else { return nil }
            let observed = derivation.history.slots[ended.intent.slot]?.observed
            let der =
                derivation.desired.certificates[leaf] ?? (observed?.holding.leaf == leaf ? observed?.leafDER : nil)
            return der.map { LeafEvidence(leaf: leaf, der: $0) }
        }
    }

    private func message(_ report: PlanReport, _ finished: [EndedFact]) -> String {
        let open = report.plan.workOrders.count
        let ended = finished.map { "\($0.intent.workOrder.id) \($0.intent.connector)" }
        let subject = "Status of zone \(view.zone): \(open) open, \(finished.count) ended"
        return ([subject, ""] + ended.prefix(50)).joined(separator: "\n").trimmedEnd + "\n"
    }
}

extension String {
    fileprivate var trimmedEnd: String {
        var text = self
        while text.last?.isNewline == true { text.removeLast() }
        return text
    }
}
