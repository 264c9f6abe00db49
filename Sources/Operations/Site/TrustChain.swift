// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Approvals
internal import Commits
internal import Declarations
internal import Git
package import Journal
package import Planning
package import StatusBranch
package import Vocabulary

/// The sets that came into force after a trusted one, as the zones' status branches tell: each step is proven by the signatures of the
/// people of the set before it. For those who have no journal, and for a gateway that hears of a change by another zone's.
package struct TrustChain {
    private let site: Site
    private let listener: Listener?

    /// A gateway that hears of other zones' changes. What its own journal knows stands before what anybody tells.
    package struct Listener: Sendable {
        package var zone: ZoneName
        /// What it has seen itself: nobody can leave out that somebody rejected a change.
        package var records: [SeenRecord]
        /// Where it began anew: what was accepted before that is not in force here.
        package var since: Timestamp?

        package init(zone: ZoneName, records: [SeenRecord], since: Timestamp?) {
            (self.zone, self.records, self.since) = (zone, records, since)
        }
    }

    package init(_ site: Site, for listener: Listener? = nil) { (self.site, self.listener) = (site, listener) }

    /// A step that is proven.
    package struct Step {
        package var trust: TrustInForce
        package var accepted: History.AcceptedTrustSet
        package var evidence: [Evidence]

        /// It counts as accepted and seen at `moment` by a zone that hears of it: its records are kept with its evidence.
        package func facts(at moment: Timestamp) -> [Fact] {
            var accepted = accepted
            accepted.at = moment
            return evidence.map { evidence in
                .recordSeen(
                    evidence.record, commit: evidence.commit.id, raw: evidence.commit.raw, placement: evidence.placement,
                    at: moment)
            } + [.trustSetAccepted(accepted)]
        }
    }

    /// The last set that can be proven.
    func reached(from trust: TrustInForce) -> TrustInForce { steps(from: trust).last?.trust ?? trust }

    /// All steps onward, by the zone that can prove most. What cannot be proven ends the way, and is not believed.
    package func steps(from trust: TrustInForce) -> [Step] {
        var best: [Step] = []
        for zone in trust.set.zones.keys.sorted() where zone != listener?.zone {
            let found = steps(from: trust, by: zone)
            if found.count > best.count { best = found }
        }
        return best
    }

    /// Whatever lies there, and whoever wrote it: what cannot be read proves nothing, and stops nobody.
    private func steps(from trust: TrustInForce, by zone: ZoneName) -> [Step] {
        let reader = StatusReader(site.git)
        do throws(StatusError) {
            let tip = try reader.tip(
                site.statusRef(of: zone), zone: zone, recorders: KeyRing(of: trust.set),
                now: Timestamp(secondsSince1970: 0),
                acceptingUndeclared: true)
            let head = try reader.head(tip.tree)
            guard head.zone == zone, head.repository == trust.set.repository?.spec.id else { return [] }
            // What is kept of a time before somebody began anew there is not in force there.
            let last = head.trustSet?.number ?? 0
            let changes = try reader.policyChanges(tip.tree).filter {
                $0.accepted.number > trust.number && $0.accepted.number <= last
            }
            let isRecorder = { (set: TrustSet) in
                KeyRing(of: set).recorder(forKey: tip.key, at: tip.committed) == zone
            }
            let objections = objections(isRecorder(trust.set))
            var steps: [Step] = []
            var present = trust
            for change in changes {
                guard change.accepted.number == present.number + 1,
                    listener?.since.map({ change.accepted.at >= $0 }) ?? true
                else { break }
                let evidence = try evidence(of: change.accepted.records, reader, tip.tree)
                guard let next = prove(change.accepted, from: present, evidence, objections) else { break }
                steps.append(Step(trust: next, accepted: change.accepted, evidence: evidence))
                present = next
            }
            // Who tells of them must be the zone's recorder by the set that they lead to. Where the last step replaces the recorder, the new
            // one signs the branch at its first pass.
            return isRecorder(present.set) ? steps : []
        } catch {
            return []
        }
    }

    /// What this gateway has seen itself that takes back or closes. From a recorder who is not in force here, and so might be one only by
    /// the change that is told, no time is believed: an objection was there before.
    private func objections(_ isInForce: Bool) -> [SeenRecord] {
        (listener?.records ?? []).filter { $0.signed.record.decision != .approve }.map { record in
            var record = record
            if !isInForce { record.firstSeen = Timestamp(secondsSince1970: 0) }
            return record
        }
    }

    private func evidence(
        of records: [RecordKey], _ reader: StatusReader, _ tree: ObjectID
    ) throws(StatusError) -> [Evidence] {
        var found: [Evidence] = []
        for record in records { found.append(try reader.evidence(of: record, tree: tree)) }
        return found
    }

    private func prove(
        _ claim: History.AcceptedTrustSet, from present: TrustInForce, _ evidence: [Evidence],
        _ objections: [SeenRecord]
    ) -> TrustInForce? {
        let (git, loader) = (site.git, site.loader)
        guard (try? git.isAncestor(present.commit, of: claim.commit)) == true,
            let set = try? loader.trustSet(claim.commit), set.digest == claim.digest,
            // Beside the branch anybody can write the same files again, and others would have asked for them.
            isOnBranch(claim.commit, of: [set, present.set]),
            let table = try? RequesterWalk.table(
                from: present.root, to: claim.commit, milestones: [present.commit], git: git, loader: loader,
                identities: CommitIdentities(inForce: present.set, tip: set))
        else { return nil }
        let recorders = KeyRing(of: present.set)
        let records = evidence.compactMap { evidence -> SeenRecord? in
            guard (try? Git.Repository.id(of: evidence.commit.raw, as: .commit)) == evidence.commit.id,
                case .success(let signed) = RecordReader.read(
                    commit: evidence.commit.id, raw: evidence.commit.raw, openpgp: recorders.openpgp),
                signed.key == evidence.record
            else { return nil }
            let parent = evidence.parent.flatMap { parent in
                (try? Git.Repository.id(of: parent.raw, as: .commit)) == signed.record.parent ? parent.raw : nil
            }
            let finding = Placement.finding(raw: parent, recorders: recorders, at: evidence.firstSeen)
            return SeenRecord(
                signed: signed, firstSeen: evidence.firstSeen,
                placement: Placement.refusal(of: signed.record, on: finding))
        }
        let proof = PolicyChangeProof(
            before: present.set, after: set, claim: claim, number: present.number + 1, previous: present.previous,
            acceptedAt: claim.at)
        let requesters = table.asking(from: present.set, at: present.commit, to: set, at: claim.commit)
        let shown = Set(records.map(\.signed.key))
        let all = records + objections.filter { !shown.contains($0.signed.key) }
        guard proof.refusal(requesters: requesters, records: all) == nil else { return nil }
        return TrustInForce(
            commit: claim.commit, set: set, acceptedAt: claim.at, root: present.root, number: claim.number,
            previous: claim.by)
    }

    private func isOnBranch(_ commit: ObjectID, of sets: [TrustSet]) -> Bool {
        sets.compactMap { $0.repository?.spec.branch }.contains { branch in
            guard let tip = try? site.tip(of: branch) else { return false }
            return (try? site.git.isAncestor(commit, of: tip)) == true
        }
    }
}
