// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Signatures
package import Vocabulary

/// Raw commit bytes → a record whose form and signature are good, or why not (docs/approval-record.md, "The record").
///
/// Pure: the caller has made sure that `commit` is the id of `raw`. Whose the key is, and whether the record counts, is `Judge`'s.
package enum RecordReader {
    /// A committer date further ahead than this is `Malformed` until its time has come: clocks differ, by less.
    package static let clockSkew = Seconds.minutes(5)
    /// More bytes than 1,000 work orders, a comment and a signature need. Nothing above is parsed.
    package static let largest = 256 << 10

    /// `read(commit:raw:)` and `notYet` together.
    package static func read(
        commit: ObjectID, raw: [UInt8], openpgp keys: OpenPGPKeys = .none, now: Timestamp
    ) -> Result<SignedRecord, Refusal> {
        read(commit: commit, raw: raw, openpgp: keys).flatMap { signed in
            notYet(signed.record, now: now).map { .failure($0) } ?? .success(signed)
        }
    }

    /// What never changes for these bytes and keys.
    ///
    /// Fails with `Malformed`, `MergeCommit`, then `Unsigned`, `WrongNamespace`, `WeakKey`, `UnknownKey` (a kind of key that nobody can
    /// have declared, and an OpenPGP key that is not among `keys`: without it nothing can be verified), `BadSignature`.
    package static func read(
        commit: ObjectID, raw: [UInt8], openpgp keys: OpenPGPKeys = .none
    ) -> Result<SignedRecord, Refusal> {
        do throws(Refusal) {
            guard raw.count <= largest else {
                throw Words.malformed("it has \(raw.count) bytes; \(largest) are the most")
            }
            return read(commit: commit, try parse(raw), openpgp: keys)
        } catch {
            return .failure(error)
        }
    }

    /// The name that these bytes would have as a record, their signature not verified: to see whether it was seen before.
    package static func presumedKey(of raw: [UInt8]) -> RecordKey? { candidate(raw)?.key }

    /// What has the form of a commit with one signature: parsed once, whether it was seen before or has to be verified.
    package struct Candidate: Sendable {
        package let key: RecordKey
        fileprivate let object: CommitObject
        fileprivate let signature: CommitObject.NamedSignature
    }

    package static func candidate(_ raw: [UInt8]) -> Candidate? {
        guard raw.count <= largest, let object = try? parse(raw), let named = try? object.namedSignature() else {
            return nil
        }
        return Candidate(
            key: RecordIdentity.key(payload: object.signedPayload, signingKey: named.key), object: object,
            signature: named)
    }

    /// As `read(commit:raw:openpgp:now:)`, of what was parsed already.
    package static func read(
        commit: ObjectID, _ candidate: Candidate, openpgp keys: OpenPGPKeys, now: Timestamp
    ) -> Result<SignedRecord, Refusal> {
        read(commit: commit, candidate, openpgp: keys).flatMap { signed in
            notYet(signed.record, now: now).map { .failure($0) } ?? .success(signed)
        }
    }

    private static func read(
        commit: ObjectID, _ candidate: Candidate, openpgp keys: OpenPGPKeys
    ) -> Result<SignedRecord, Refusal> {
        do throws(Refusal) {
            let record = try record(of: candidate.object)
            let key: SignatureKey
            do {
                key = try candidate.object.verified(candidate.signature, openpgp: keys).key
            } catch {
                throw Words.signature(error)
            }
            let name =
                key == candidate.signature.key
                ? candidate.key : RecordIdentity.key(payload: candidate.object.signedPayload, signingKey: key)
            return .success(
                SignedRecord(key: name, commit: commit, record: record, signingKey: SigningKey.identity(of: key)))
        } catch {
            return .failure(error)
        }
    }

    private static func read(
        commit: ObjectID, _ object: CommitObject, openpgp keys: OpenPGPKeys
    ) -> Result<SignedRecord, Refusal> {
        do throws(Refusal) {
            let record = try record(of: object)
            let key = try signingKey(of: object, keys)
            return .success(
                SignedRecord(
                    key: RecordIdentity.key(payload: object.signedPayload, signingKey: key), commit: commit,
                    record: record, signingKey: SigningKey.identity(of: key)))
        } catch {
            return .failure(error)
        }
    }

    /// A record that was read before and kept under `key` by whoever verified it then: parsed again, not verified again. nil where the
    /// bytes are not those of that record.
    package static func reread(_ key: RecordKey, _ commit: ObjectID, _ raw: [UInt8]) -> SignedRecord? {
        guard let object = try? parse(raw), let record = try? record(of: object),
            let named = (try? object.namedSignature())?.key,
            RecordIdentity.key(payload: object.signedPayload, signingKey: named) == key
        else { return nil }
        return SignedRecord(key: key, commit: commit, record: record, signingKey: SigningKey.identity(of: named))
    }

    /// Why a record of good form does not count *yet*. Not to be kept: it changes with the clock.
    package static func notYet(_ record: ApprovalRecord, now: Timestamp) -> Refusal? {
        record.committed > now + clockSkew ? Words.dateAhead(record.committed, now: now) : nil
    }

    private static func parse(_ raw: [UInt8]) throws(Refusal) -> CommitObject {
        let object: CommitObject
        do {
            object = try CommitObject(parsing: raw)
        } catch {
            throw Words.malformed(error.description)
        }
        if let irregularity = object.irregularities.first { throw Words.irregular(irregularity) }
        guard !object.parents.isEmpty else { throw Words.noParent() }
        guard object.parents.count == 1 else { throw Words.mergeCommit(object.parents.count) }
        return object
    }

    private static func record(of object: CommitObject) throws(Refusal) -> ApprovalRecord {
        guard let committer = object.committer, let parent = object.parents.first else { throw Words.noParent() }
        let message = try RecordMessage(parsing: object.message)
        let terms = try RecordTerms(message.trailers)
        return ApprovalRecord(
            repository: terms.repository, level: terms.level, decision: terms.decision, subject: terms.subject,
            implementation: terms.implementation, emergency: terms.emergency, acknowledgements: terms.acknowledgements,
            title: message.title, comment: message.comment, tree: object.tree, parent: parent, committed: committer.time
        )
    }

    private static func signingKey(of object: CommitObject, _ keys: OpenPGPKeys) throws(Refusal) -> SignatureKey {
        do {
            return try object.verifiedSignature(openpgp: keys).key
        } catch {
            throw Words.signature(error)
        }
    }
}
