// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Approvals
package import Git
internal import Signatures
internal import Synchronization
package import Vocabulary

/// Whether commits are status commits: signed by a recorder who was declared then. Each commit is verified once.
package final class StatusCommits: Sendable {
    /// What never changes for a commit: whose signature it carries.
    private struct Signed: Sendable {
        var key: String?
        var tree: ObjectID
        var parents: [ObjectID]
        var refusal: String
    }

    private let repository: Repository
    private let known = Mutex([ObjectID: Signed]())

    package init(_ repository: Repository) { self.repository = repository }

    /// - Parameters:
    ///   - recorders: the keys of the set that was in force at `time`.
    ///   - time: when the commit, or the record that stands on it, was first seen.
    package func isStatusCommit(
        _ commit: ObjectID, recorders: KeyRing, at time: Timestamp
    ) throws(StatusError) -> Bool {
        guard let key = try signed(commit)?.key else { return false }
        return recorders.recorder(forKey: key, at: time) != nil
    }

    /// What stands in the place of a record's parent; `absent` where the repository does not have it.
    package func finding(
        _ commit: ObjectID, recorders: KeyRing, at time: Timestamp
    ) throws(StatusError) -> ParentFinding {
        guard let signed = try signed(commit) else { return .absent }
        guard let key = signed.key else { return .other(signed.refusal) }
        guard recorders.recorder(forKey: key, at: time) != nil else {
            return .other("it is signed by \(SigningKey.shown(key)), which is no declared recorder's key")
        }
        return .statusCommit(tree: signed.tree)
    }

    /// The identity of the key whose signature holds; nil for what is unsigned, signed wrongly, or not here.
    func signer(of commit: ObjectID) throws(StatusError) -> String? { try signed(commit)?.key }

    /// Why it has no signer.
    func refusal(of commit: ObjectID) throws(StatusError) -> String? { try signed(commit)?.refusal }

    func parents(of commit: ObjectID) throws(StatusError) -> [ObjectID] { try signed(commit)?.parents ?? [] }

    private func signed(_ commit: ObjectID) throws(StatusError) -> Signed? {
        if let signed = known.withLock({ $0[commit] }) { return signed }
        let raw: RawCommit
        do {
            raw = try repository.commit(commit)
        } catch  where error.code == .notFound {
            return nil
        } catch {
            throw StatusError(error, commit.hex)
        }
        let signed = Self.verify(raw)
        known.withLock { $0[commit] = signed }
        return signed
    }

    private static func verify(_ raw: RawCommit) -> Signed {
        var signed = Signed(key: nil, tree: raw.tree, parents: raw.parents, refusal: "it is no commit")
        guard let object = try? CommitObject(parsing: raw.bytes) else { return signed }
        // libgit2 and we read the same bytes; where two trees or parents stand in them, neither is believed.
        guard object.irregularities.isEmpty, object.tree == raw.tree, object.parents == raw.parents else {
            signed.refusal = "it is not as a recorder writes it"
            return signed
        }
        do throws(SignatureRefusal) {
            signed.key = SigningKey.identity(of: try object.verifiedSignature().key)
        } catch {
            signed.refusal = error.code == .unsigned ? "it is not signed" : error.message
        }
        return signed
    }
}
