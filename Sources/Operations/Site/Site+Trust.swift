// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Commits
package import Declarations
internal import Git
internal import Journal
package import Planning
internal import Signatures
internal import StatusBranch
package import Vocabulary

/// The set that decides, and since when.
package struct TrustInForce: Sendable {
    package var commit: ObjectID
    package var set: TrustSet
    package var acceptedAt: Timestamp?
    /// The commit that somebody trusted: what stood in it has no requester. The set in force may be a later one.
    package var root: ObjectID
    /// Of the last accepted change, 0 where there was none.
    package var number = 0
    package var previous: PolicyChangeDigest?

    package init(
        commit: ObjectID, set: TrustSet, acceptedAt: Timestamp?, root: ObjectID, number: Int = 0,
        previous: PolicyChangeDigest? = nil
    ) {
        (self.commit, self.set, self.acceptedAt, self.root) = (commit, set, acceptedAt, root)
        (self.number, self.previous) = (number, previous)
    }

    package var standing: PlanReport.TrustStanding {
        PlanReport.TrustStanding(
            digest: set.digest, commit: commit, acceptedAt: acceptedAt, isTrial: set.isTrial)
    }
}

extension Site {
    /// From the state's own pin, else from `--trust`.
    ///
    /// - Throws: `NotTrusted` where there is neither, with the commit to look at.
    package func trust(_ history: History?) throws(UserError) -> TrustInForce {
        if let accepted = history?.trustSet {
            let set = try trustSet(at: accepted.commit)
            guard set.digest == accepted.digest else {
                throw UserError(
                    "TrustSetDiffers", "commit \(accepted.commit.short) does not hold the trust set that was accepted",
                    hint: "this state belongs to another repository, or the repository is damaged")
            }
            return TrustInForce(
                commit: accepted.commit, set: set, acceptedAt: accepted.at,
                root: history?.beginning?.commit ?? accepted.commit, number: accepted.number, previous: accepted.by)
        }
        if let revision = options.trust {
            let tree = try load(try commit(revision))
            guard tree.isValid, tree.trust.repository != nil else {
                throw UserError(
                    "Invalid", "commit \(tree.commit.short) cannot be trusted: its declarations are not valid",
                    hint: "countersign validate --ref \(tree.commit.short) shows what is wrong")
            }
            return TrustChain(self).reached(
                from: TrustInForce(commit: tree.commit, set: tree.trust, acceptedAt: nil, root: tree.commit))
        }
        let candidate = try? tipOfLikelyBranch()
        let shown = candidate?.short ?? "COMMIT"
        throw UserError(
            "NotTrusted", "this repository is not trusted yet",
            hint: "look at commit \(shown) and its people and policies, then: countersign trust \(shown)")
    }

    /// As somebody sees it whose host is no gateway: no journal tells it of policy changes, so that what the status branches prove of those
    /// after the pin is followed.
    ///
    /// - Throws: as `trust`.
    func trustSeen(_ history: History?) throws(UserError) -> TrustInForce {
        followed(try trust(history), history)
    }

    /// The same, from what `trust` has said of that history: what `--trust` names was followed there already.
    func followed(_ trust: TrustInForce, _ history: History?) -> TrustInForce {
        history?.trustSet == nil ? trust : TrustChain(self).reached(from: trust)
    }

    private func tipOfLikelyBranch() throws(UserError) -> ObjectID {
        let head = try commit("HEAD")
        guard let branch = try load(head).set.repository?.spec.branch else { return head }
        return try tip(of: branch)
    }
}
