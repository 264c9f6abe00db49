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
    /// When each change was accepted by the first zone that did: it counts as seen in the others.
    let firstAccepted: [PolicyChangeDigest: Timestamp]

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
        guard let digest = claim.by else {
            return
                "no policy change is named for it: somebody began anew there (trust --anew), and an audit can begin with that commit"
        }
        guard askers.isOnBranch(claim.commit) else { return "its commit is not on the branch in force here" }
        guard let table = try? askers.table(inForce: before.set, tip: entry.set) else {
            return "who asked for it cannot be told"
        }
        let proof = PolicyChangeProof(
            before: before.set, after: entry.set, claim: claim, number: number, previous: previous,
            acceptedAt: min(firstAccepted[digest] ?? claim.at, claim.at))
        return proof.refusal(
            requesters: table.asking(from: before.set, at: before.commit, to: entry.set, at: entry.commit),
            records: shelves.flatMap { $0.records(on: .policyChange(digest), by: claim.at) })
    }
}
