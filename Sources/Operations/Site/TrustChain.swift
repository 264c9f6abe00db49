// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Commits
internal import Declarations
internal import Git
package import Planning
package import StatusBranch
internal import Vocabulary

/// The sets that came into force after a trusted one, as the zones' status branches tell: each step is proven by the signatures of the
/// people of the set before it. For those who have no journal, and for a gateway that hears of a change by another zone's.
package struct TrustChain {
    private let site: Site

    package init(_ site: Site) { self.site = site }

    /// A step that is proven.
    package struct Step {
        package var trust: TrustInForce
        package var accepted: History.AcceptedTrustSet
        package var evidence: [Evidence]
    }

    /// The last set that can be proven.
    func reached(from trust: TrustInForce) throws(UserError) -> TrustInForce {
        try steps(from: trust).last?.trust ?? trust
    }

    /// All steps onward, by the zone that can prove most. What cannot be proven ends the way, and is not believed.
    package func steps(from trust: TrustInForce) throws(UserError) -> [Step] {
        var best: [Step] = []
        for zone in trust.set.zones.keys.sorted() {
            let found = try steps(from: trust, by: zone)
            if found.count > best.count { best = found }
        }
        return best
    }

    private func steps(from trust: TrustInForce, by zone: ZoneName) throws(UserError) -> [Step] {
        let reader = StatusReader(site.git)
        do throws(StatusError) {
            let tip = try reader.tip(
                site.statusRef(of: zone), zone: zone, recorders: KeyRing(of: trust.set),
                now: Timestamp(secondsSince1970: 0),
                acceptingUndeclared: true)
            let changes = try reader.policyChanges(tip.tree).filter { $0.accepted.number > trust.number }
            var steps: [Step] = []
            var present = trust
            for change in changes {
                guard change.accepted.number == present.number + 1 else { break }
                let evidence = try evidence(of: change.accepted.records, reader, tip.tree)
                guard let next = prove(change.accepted, from: present, evidence) else { break }
                steps.append(Step(trust: next, accepted: change.accepted, evidence: evidence))
                present = next
            }
            // Who tells of them must be the zone's recorder by the set that they lead to.
            guard KeyRing(of: present.set).recorder(forKey: tip.key, at: tip.committed) == zone else { return [] }
            return steps
        } catch  where error.code == .absent || error.code == .stranger {
            return []
        } catch {
            throw UserError(error, zone: zone)
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
        _ claim: History.AcceptedTrustSet, from present: TrustInForce, _ evidence: [Evidence]
    ) -> TrustInForce? {
        let (git, loader) = (site.git, site.loader)
        guard (try? git.isAncestor(present.commit, of: claim.commit)) == true,
            let set = try? loader.trustSet(claim.commit), set.digest == claim.digest,
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
        guard proof.refusal(requesters: requesters, records: records) == nil else { return nil }
        return TrustInForce(
            commit: claim.commit, set: set, acceptedAt: claim.at, root: present.root, number: claim.number,
            previous: claim.by)
    }
}
