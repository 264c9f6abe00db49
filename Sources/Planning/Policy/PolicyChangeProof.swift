// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Approvals
package import Declarations
package import Vocabulary

/// One step from a trust set to the next, as a reconciler says that it was made: whether the people of the set before signed it.
package struct PolicyChangeProof: Sendable {
    package var before: TrustSet
    package var after: TrustSet
    /// How it is said to have come into force.
    package var claim: History.AcceptedTrustSet
    /// Of this change: one more than that of the set before.
    package var number: Int
    package var previous: PolicyChangeDigest?
    /// When it was first accepted, by whichever zone.
    package var acceptedAt: Timestamp

    package init(
        before: TrustSet, after: TrustSet, claim: History.AcceptedTrustSet, number: Int, previous: PolicyChangeDigest?,
        acceptedAt: Timestamp
    ) {
        (self.before, self.after, self.claim) = (before, after, claim)
        (self.number, self.previous, self.acceptedAt) = (number, previous, acceptedAt)
    }

    /// Why it is not proven; nil: it is.
    package func refusal(requesters: Requesters, records: [SeenRecord]) -> String? {
        guard let digest = claim.by else { return "no policy change is named for it" }
        guard let document = PolicyChangeDocument(from: before, to: after, number: number, previous: previous),
            let policy = before.decidingPolicy
        else { return "nobody could decide on it by the set before" }
        guard document.digest == digest else {
            return "\(digest.id) is not change \(number) from the set before it to this one"
        }
        let judgement = Judge(inForce: before, tip: after, now: acceptedAt).judgement(
            on: .policyChange(digest, under: policy.spec, requesters: requesters),
            records: RecordIndex(records.filter { record in record.firstSeen.map { $0 <= acceptedAt } ?? false }))
        guard judgement.isComplete, judgement.tombstone == nil else {
            let refused = judgement.refused.map { "\($0.commit.short) \($0.refusal.code.rawValue)" }
            let missing = judgement.levels.reduce(0) { $0 + $1.missing }
            return (["\(digest.id) lacks \(missing) signatures"] + refused).joined(separator: "; ")
        }
        return nil
    }
}

extension PolicyChangeDocument {
    /// nil where the set in force declares no repository.
    package init?(from old: TrustSet, to new: TrustSet, number: Int, previous: PolicyChangeDigest?) {
        guard let repository = old.repository?.spec.id else { return nil }
        self.init(from: old.digest, to: new.digest, number: number, previous: previous, repository: repository)
    }
}

extension TrustSet {
    /// The policy that says who decides over the trust set.
    package var decidingPolicy: ApprovalPolicy? { PolicyName("default").flatMap { policies[$0] } }
}
