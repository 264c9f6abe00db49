// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Signatures
package import Vocabulary

/// What stands in the place of a record's parent.
package enum ParentFinding: Hashable, Sendable {
    /// Signed by a recorder who was declared at that time, of any zone.
    case statusCommit(tree: ObjectID)
    /// Some other commit, with why it is no status commit.
    case other(String)
    /// The repository has no such commit.
    case absent
}

/// Whether a record stands on a status commit, with that commit's tree: the approver saw this reconciler's view, and no rebase or
/// cherry-pick can have turned somebody else's text into a signature.
package enum Placement {
    /// - Parameters:
    ///   - raw: the parent's bytes; nil where the repository does not have it. The caller has made sure that they have its id.
    ///   - recorders: the keys of the set in force when the record was first seen.
    ///   - time: when the record was first seen.
    package static func finding(raw: [UInt8]?, recorders: KeyRing, at time: Timestamp) -> ParentFinding {
        guard let raw else { return .absent }
        do {
            let parent = try CommitObject(parsing: raw)
            let key = SigningKey.identity(of: try parent.verifiedSignature().key)
            guard recorders.recorder(forKey: key, at: time) != nil else {
                return .other("it is signed by \(SigningKey.shown(key)), which is no declared recorder's key")
            }
            return .statusCommit(tree: parent.tree)
        } catch let refusal as SignatureRefusal {
            return .other(refusal.code == .unsigned ? "it is not signed" : refusal.message)
        } catch {
            return .other("it is no commit")
        }
    }

    /// `NotOnStatus`, `NotTreeIdentical`, or nil.
    package static func refusal(of record: ApprovalRecord, on parent: ParentFinding) -> Refusal? {
        switch parent {
        case .absent: Words.parentAbsent(record.parent)
        case .other(let why): Words.notOnStatus(record.parent, why)
        case .statusCommit(let tree): tree == record.tree ? nil : Words.notTreeIdentical(record.parent)
        }
    }
}
