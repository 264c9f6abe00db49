// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Approvals
package import Git
package import Planning
package import Signatures
package import Vocabulary

/// Reads what a recorder wrote: for those who have no state of their own. Nothing is believed that no declared recorder signed.
package struct StatusReader: Sendable {
    /// A status commit whose signature was verified.
    package struct Tip: Hashable, Sendable {
        package var commit: ObjectID
        package var tree: ObjectID
        package var committed: Timestamp
        /// The recorder's key as declared: `TYPE BASE64`.
        package var key: String
        /// False where it was read although the key is not declared (`--unverified-status`).
        package var isDeclared: Bool
    }

    let repository: Repository
    let commits: StatusCommits

    package init(_ repository: Repository, commits: StatusCommits? = nil) {
        (self.repository, self.commits) = (repository, commits ?? StatusCommits(repository))
    }

    /// The tip of a zone's branch, verified.
    ///
    /// - Parameters:
    ///   - reference: where the branch is here: `refs/remotes/origin/countersign/status/default`.
    ///   - acceptingUndeclared: takes a commit by any sound key; the signature must hold all the same.
    /// - Throws: `absent`, `undeclaredRecorder` (also a recorder of another zone), `stranger`, `git`.
    package func tip(
        _ reference: String, zone: ZoneName, recorders: KeyRing, now: Timestamp, acceptingUndeclared: Bool = false
    ) throws(StatusError) -> Tip {
        let commit: ObjectID?
        do { commit = try repository.reference(reference) } catch { throw StatusError(error, reference) }
        guard let commit else { throw StatusError(.absent, reference, "there is no such branch here") }
        return try verified(
            commit, zone: zone, recorders: recorders, now: now, acceptingUndeclared: acceptingUndeclared)
    }

    /// One status commit, verified as `tip` does.
    package func verified(
        _ commit: ObjectID, zone: ZoneName, recorders: KeyRing, now: Timestamp, acceptingUndeclared: Bool = false
    ) throws(StatusError) -> Tip {
        guard let key = try commits.signer(of: commit) else {
            throw StatusError(.stranger, commit.hex, "it is not signed by a recorder")
        }
        let isDeclared = recorders.recorder(forKey: key, at: now) == zone
        guard isDeclared || acceptingUndeclared else {
            throw StatusError(
                .undeclaredRecorder, commit.hex,
                "\(SigningKey.shown(key)) is not declared as a recorder of zone \(zone)")
        }
        let raw: RawCommit
        do { raw = try repository.commit(commit) } catch { throw StatusError(error, commit.hex) }
        guard let committer = (try? CommitObject(parsing: raw.bytes))?.committer else {
            throw StatusError(.damaged, commit.hex, "it does not say when it was made")
        }
        return Tip(commit: commit, tree: raw.tree, committed: committer.time, key: key, isDeclared: isDeclared)
    }

    /// The recorder-signed commits from `tip` back, by first parents, newest first, at most `limit`. Ends where a commit is not
    /// signed by a recorder of the zone.
    package func line(
        from tip: ObjectID, zone: ZoneName, recorders: KeyRing, at time: Timestamp, limit: Int
    ) throws(StatusError) -> [ObjectID] {
        var line: [ObjectID] = []
        var next: ObjectID? = tip
        while let commit = next, line.count < limit {
            guard let key = try commits.signer(of: commit), recorders.recorder(forKey: key, at: time) == zone else {
                break
            }
            line.append(commit)
            next = try commits.parents(of: commit).first
        }
        return line
    }

    /// The history as the recorder knew it.
    ///
    /// - Parameters:
    ///   - openpgp: the keys of the set in force, by which OpenPGP records are verified again.
    ///   - known: slots that need not be read again.
    /// - Throws: `foreign` for another repository or zone, `damaged`, `newerFormat`, `git`.
    package func history(
        of tip: Tip, repository id: String, zone: ZoneName, openpgp: OpenPGPKeys = .none, known: KnownSlots = .none
    ) throws(StatusError) -> History {
        let listing = try listing(tip.tree)
        guard let first = listing.first, first.path == StatusPath.head else {
            throw StatusError(.damaged, tip.commit.hex, "it has no \(StatusPath.head)")
        }
        let head: HeadForm
        switch try Self.read([first], from: repository).first.map(Self.part) {
        case .success(.head(let read))?: head = read
        case .failure(let error)?: throw error
        default: throw StatusError(.damaged, tip.commit.hex, "it has no \(StatusPath.head)")
        }
        guard head.repository == id, head.zone == zone else {
            throw StatusError(.foreign, tip.commit.hex, "it is of another repository or zone")
        }
        var history = History()
        (history.epoch, history.acceptedTip, history.trustSet) = (head.epoch, head.acceptedTip, head.trustSet)
        (history.latest, history.published, history.beginning) = (tip.committed, tip.commit, head.beginning)
        (history.stood, history.heartbeat) = (head.stood, head.heartbeat)
        (history.emergencies, history.tenures) = (head.emergencies, head.tenures)
        // Inflating and hashing costs more than parsing: each worker reads with a handle of its own.
        let observation = Observation(epoch: head.epoch?.text, at: tip.committed)
        let parts = inParallel(Array(listing.dropFirst())) {
            OwnHandle(repository)
        } transform: { own, slice in
            Self.parts(slice, own, known, observation)
        }
        history.slots.reserveCapacity(parts.count)
        history.workOrders.reserveCapacity(parts.count)
        for part in parts {
            switch part {
            case .success(let part): try part.put(into: &history)
            case .failure(let error): throw error
            }
        }
        try readRecords(head.records, tree: tip.tree, openpgp, into: &history)
        return history
    }

    private struct Listed: Sendable {
        var path: String
        var id: ObjectID
        var tellsOfSlot: Bool { path.hasPrefix(StatusPath.connectors + "/") || path.hasPrefix(StatusPath.slots + "/") }
    }

    private struct File: Sendable {
        var path: String
        var bytes: [UInt8]
    }

    /// What one file adds to a history.
    private enum Part: Sendable {
        case head(HeadForm)
        /// Boxed: some 600 bytes, of which ten thousand are handed from thread to thread.
        indirect case slot(SlotKey, SlotHead)
        case batch(OpenBatch)
        case workOrder(WorkOrderDigest, WorkOrderFacts)
        case device(Document)
        case revocation(Fingerprint, Revocation)
        case nothing

        func put(into history: inout History) throws(StatusError) {
            switch self {
            case .slot(let slot, let head):
                guard history.slots[slot] == nil else {
                    throw StatusError(.damaged, slot.path, "two connectors tell of one slot on \(slot.device)")
                }
                history.slots[slot] = head
                if let ended = head.lastEnded {
                    var facts = WorkOrderFacts()
                    (facts.outcome, facts.endedAt) = (ended.outcome, ended.at)
                    history.workOrders[ended.digest, default: facts].merge(facts)
                }
                if let completed = head.lastCompleted, completed.digest != head.lastEnded?.digest {
                    var facts = WorkOrderFacts()
                    (facts.outcome, facts.endedAt) = (completed.adopted ? .adopted : .completed, completed.at)
                    history.workOrders[completed.digest, default: facts].merge(facts)
                }
            case .batch(let batch):
                history.openBatches[batch.id] = batch
                for intent in batch.intents {
                    history.workOrders[intent.workOrder, default: WorkOrderFacts()].intendedAt = batch.intendedAt
                }
            case .workOrder(let digest, let facts): history.workOrders[digest, default: facts].merge(facts)
            case .device(let document): try DeviceForm.put(document, into: &history)
            case .revocation(let leaf, let revocation): history.revocations[leaf] = revocation
            case .head, .nothing: break
            }
        }
    }

    /// When, and in which epoch, the recorder of a status commit had observed what it tells.
    private struct Observation: Sendable {
        var epoch: String?
        var at: Timestamp

        /// Consumes it: a head that somebody else holds too is copied when it is changed.
        func slot(_ slot: consuming KnownSlots.Slot) -> Part {
            // Digests use this epoch only: what was observed in another was not observed.
            if slot.epoch != epoch { slot.head.observed = nil }
            if slot.head.observed != nil { slot.head.observedAt = at }
            return .slot(slot.key, slot.head)
        }
    }

    /// A worker's own handle, opened when the first file is to be read.
    private final class OwnHandle {
        let shared: Repository
        lazy var repository = (try? Repository(at: shared.directory, userGit: shared.userGit)) ?? shared
        init(_ shared: Repository) { self.shared = shared }
    }

    private static func parts(
        _ listing: ArraySlice<Listed>, _ own: OwnHandle, _ known: KnownSlots, _ observation: Observation
    ) -> [Result<Part, StatusError>] {
        var parts: [Result<Part, StatusError>?] = listing.map { listed in
            guard listed.tellsOfSlot, let slot = known.find(listed.id) else { return nil }
            return .success(observation.slot(slot))
        }
        let missing = zip(parts.indices, listing).filter { parts[$0.0] == nil }
        guard !missing.isEmpty else { return parts.compactMap(\.self) }
        do throws(StatusError) {
            for ((place, listed), file) in zip(missing, try read(missing.map(\.1)[...], from: own.repository)) {
                guard listed.tellsOfSlot else {
                    parts[place] = part(file)
                    continue
                }
                parts[place] = slot(file).map { slot in
                    known.keep(listed.id, slot)
                    return observation.slot(slot)
                }
            }
        } catch {
            return [.failure(error)]
        }
        return parts.compactMap(\.self)
    }

    private static func slot(_ file: File) -> Result<KnownSlots.Slot, StatusError> {
        do throws(StatusError) {
            let (key, head, epoch) = try ConnectorForm.head(try Document(parsing: file.bytes, path: file.path))
            return .success(KnownSlots.Slot(key: key, head: head, epoch: epoch))
        } catch {
            return .failure(error)
        }
    }

    private static func part(_ file: File) -> Result<Part, StatusError> {
        do throws(StatusError) {
            let document = try Document(parsing: file.bytes, path: file.path)
            switch String(file.path.prefix { $0 != "/" }) {
            case StatusPath.head: return .success(.head(try HeadForm(document)))
            case StatusPath.batches: return .success(.batch(try BatchForm.batch(document)))
            case StatusPath.workOrders:
                let (digest, facts) = try WorkOrderForm.facts(document)
                return .success(.workOrder(digest, facts))
            case StatusPath.devices: return .success(.device(document))
            case StatusPath.revocations:
                let (leaf, revocation) = try RevocationForm.read(document)
                return .success(.revocation(leaf, revocation))
            default: return .success(.nothing)
            }
        } catch {
            return .failure(error)
        }
    }

    /// The files that a derivation needs: not the certificates' views, and nothing that only grows. `status.json` first.
    private func listing(_ tree: ObjectID) throws(StatusError) -> [Listed] {
        let folders = [
            StatusPath.connectors, StatusPath.slots, StatusPath.workOrders, StatusPath.batches, StatusPath.devices,
            StatusPath.revocations,
        ]
        var listing: [Listed] = []
        do throws(GitError) {
            if let head = try repository.entry(StatusPath.head, of: tree), head.mode == .file {
                listing.append(Listed(path: StatusPath.head, id: head.id))
            }
            for folder in folders {
                guard let entry = try repository.entry(folder, of: tree), entry.mode == .tree else { continue }
                for file in try repository.files(of: entry.id) where file.mode == .file {
                    listing.append(Listed(path: folder + "/" + file.path, id: file.id))
                }
            }
            return listing
        } catch {
            throw StatusError(error, tree.hex)
        }
    }

    private static func read(
        _ listing: ArraySlice<Listed>, from repository: Repository
    ) throws(StatusError) -> [File] {
        do {
            return zip(listing, try repository.blobs(listing.map(\.id), limit: 4 << 20)).map { listed, content in
                // One that is too large is none: nothing that a recorder writes is.
                if case .bytes(let bytes) = content { return File(path: listed.path, bytes: bytes) }
                return File(path: listed.path, bytes: [])
            }
        } catch {
            throw StatusError(error, listing.first?.path ?? "")
        }
    }

    private func readRecords(
        _ keys: [RecordKey], tree: ObjectID, _ openpgp: OpenPGPKeys, into history: inout History
    ) throws(StatusError) {
        for key in keys {
            let evidence = try evidence(of: key, tree: tree)
            guard let signed = Self.record(key, evidence.commit, openpgp), signed.key == key,
                (try? Repository.id(of: evidence.commit.raw, as: .commit)) == evidence.commit.id
            else { throw StatusError(.damaged, StatusPath.evidence(key), "its bytes are not the record that it names") }
            history.records[key] = SeenRecord(
                signed: signed, firstSeen: evidence.firstSeen, placement: evidence.placement)
        }
    }

    /// An OpenPGP record whose key is no longer declared cannot be verified again. It counts for nobody, and damages nothing.
    private static func record(_ key: RecordKey, _ commit: Evidence.Commit, _ openpgp: OpenPGPKeys) -> SignedRecord? {
        switch RecordReader.read(commit: commit.id, raw: commit.raw, openpgp: openpgp) {
        case .success(let signed): signed
        case .failure(let refusal):
            refusal.code == .unknownKey ? RecordReader.reread(key, commit.id, commit.raw) : nil
        }
    }

    /// What the branch holds of a record.
    package func evidence(of key: RecordKey, tree: ObjectID) throws(StatusError) -> Evidence {
        let path = StatusPath.evidence(key)
        let content: BlobContent?
        do throws(GitError) {
            guard let entry = try repository.entry(path, of: tree), entry.mode == .file else {
                throw GitError(code: .notFound, operation: "read \(path)", detail: "it is not there")
            }
            content = try repository.blobs([entry.id], limit: 4 << 20).first
        } catch {
            throw StatusError(error, path)
        }
        guard case .bytes(let bytes) = content else { throw StatusError(.damaged, path, "it is too large") }
        return try EvidenceForm.evidence(Document(parsing: bytes, path: path))
    }
}

extension WorkOrderFacts {
    /// An end that is recorded stands over what is said of a work order otherwise.
    fileprivate mutating func merge(_ other: WorkOrderFacts) {
        if other.endedAt != nil || endedAt == nil {
            (outcome, endedAt) = (other.outcome ?? outcome, other.endedAt ?? endedAt)
        }
        intendedAt = intendedAt ?? other.intendedAt
    }
}
