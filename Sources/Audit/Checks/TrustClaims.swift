// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Commits
internal import Declarations
internal import Planning
internal import Vocabulary

/// Whether each trust set that a line names came into force by a policy change that the people of the one before it signed.
struct TrustClaims {
    let timeline: TrustTimeline
    let shelves: [RecordShelf]
    let loader: TreeLoader

    /// What is wrong, and the time from which on sets are not proven.
    func run(_ askers: inout Askers) -> (findings: [Finding], unprovenFrom: Timestamp?) {
        var findings: [Finding] = []
        var unprovenFrom: Timestamp?
        var (number, previous): (Int, PolicyChangeDigest?) = (0, nil)
        for (before, entry) in zip(timeline.entries, timeline.entries.dropFirst()) {
            guard let claim = entry.claim, let at = entry.at else { continue }
            number += 1
            if let why = refusal(of: claim, from: before, to: entry, number: number, previous: previous, &askers) {
                findings.append(
                    Finding(
                        .trustSetNotApproved, at: claim.commit.hex,
                        "the trust set of commit \(claim.commit.short), in force since \(at), is not proven: \(why)"))
                unprovenFrom = min(unprovenFrom ?? at, at)
            }
            (number, previous) = (claim.number, claim.by)
        }
        return (findings, unprovenFrom)
    }

    private func refusal(
        of claim: History.AcceptedTrustSet, from before: TrustTimeline.Entry, to entry: TrustTimeline.Entry,
        number: Int,
        previous: PolicyChangeDigest?, _ askers: inout Askers
    ) -> String? {
        guard let digest = claim.by else { return "no policy change is named for it" }
        guard let repository = before.set.repository?.spec.id,
            let policy = Self.deciding.flatMap({ before.set.policies[$0] })
        else {
            return "nobody could decide on it by the set before"
        }
        let document = PolicyChangeDocument(
            from: before.set.digest, to: entry.set.digest, number: number, previous: previous, repository: repository)
        guard document.digest == digest else {
            return "\(digest.id) is not change \(number) from the set before it to this one"
        }
        guard askers.isOnBranch(claim.commit) else { return "its commit is not on the branch in force here" }
        guard let table = try? askers.table(inForce: before.set, tip: entry.set) else {
            return "who asked for it cannot be told"
        }
        let records = shelves.flatMap { $0.records(on: .policyChange(digest), by: claim.at) }
        let judgement = Judge(inForce: before.set, tip: entry.set, now: claim.at).judgement(
            on: .policyChange(
                digest, under: policy.spec, requesters: requesters(from: before, to: entry, in: table)),
            records: RecordIndex(records))
        guard judgement.isComplete, judgement.tombstone == nil else {
            let refused = judgement.refused.map { "\($0.commit.short) \($0.refusal.code.rawValue)" }
            let missing = judgement.levels.reduce(0) { $0 + $1.missing }
            return (["\(digest.id) lacks \(missing) signatures"] + refused).joined(separator: "; ")
        }
        return nil
    }

    /// The policy that says who decides over the trust set.
    private static let deciding = PolicyName("default")

    /// Who touched what is different in the new set, after the one before it.
    private func requesters(
        from before: TrustTimeline.Entry, to entry: TrustTimeline.Entry, in table: RequesterTable
    ) -> Requesters {
        var subjects = Set(before.set.changes(to: entry.set).map { RequesterTable.Subject.resource($0.key) })
        for path in Set(before.set.files.keys).union(entry.set.files.keys)
        where before.set.files[path] != entry.set.files[path] {
            subjects.insert(.file(path))
        }
        let since = table.ordinals[before.commit] ?? 0
        let end = table.ordinals[entry.commit] ?? .max
        var found = Requesters()
        for subject in subjects {
            for touch in table.touches[subject] ?? [] where touch.ordinal > since && touch.ordinal <= end {
                let reason = Requesters.Reason(commit: touch.commit, what: "the trust set")
                for person in touch.named.union([touch.signer].compactMap(\.self)) { found.people[person] = reason }
                if touch.unknown { found.unknown = reason }
            }
        }
        return found
    }
}
