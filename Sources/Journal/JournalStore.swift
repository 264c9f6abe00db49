// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Approvals
package import Planning
package import Vocabulary

/// A position in the journal: how many facts it holds up to here.
package struct Revision: Sendable, Hashable, Comparable, Codable {
    package var value: UInt64
    package init(_ value: UInt64) { self.value = value }
    package static func < (left: Self, right: Self) -> Bool { left.value < right.value }
}

/// Who holds a lease: one process. Random.
package struct HolderID: Sendable, Hashable, Codable {
    package var text: String
    package init(_ text: String) { self.text = text }

    package static func random() -> HolderID {
        var generator = SystemRandomNumberGenerator()
        return HolderID(Hex.encode((0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }))
    }
}

/// The right to act. `epoch` only rises, also over expiry and restart: it is the fencing token.
package struct Lease: Sendable, Hashable {
    package enum Scope: Sendable, Hashable { case leader, device(DeviceName) }
    package var scope: Scope
    package var holder: HolderID
    package var epoch: UInt64
    /// Local, counted from before the request: never trusts a foreign wall clock.
    package var validUntil: ContinuousClock.Instant

    package init(scope: Scope, holder: HolderID, epoch: UInt64, validUntil: ContinuousClock.Instant) {
        (self.scope, self.holder, self.epoch, self.validUntil) = (scope, holder, epoch, validUntil)
    }
}

/// Facts are appended; everything else is a fold over them.
package enum Fact: Sendable, Codable, Equatable {
    case epochBegun(Epoch, at: Timestamp)
    case trustSetAccepted(History.AcceptedTrustSet)
    case tipAccepted(ObjectID, at: Timestamp)
    case adopted(WorkOrderDigest, Intent, at: Timestamp)
    /// `raw`: the commit's bytes, so that deleting its ref withdraws nothing; `placement`: nil where its parent was a status commit.
    case recordSeen(RecordKey, commit: ObjectID, raw: [UInt8], placement: Refusal?, at: Timestamp)
    case observed(DeviceName, token: DeviceStateToken, changed: [SlotObservation], at: Timestamp)
    /// Could not be observed; the first of a row of failures counts as `since`.
    case unobserved(DeviceName, message: String, at: Timestamp)
    /// Per slot, only where an answer changed.
    case served([SlotKey: [EndpointObservation]], at: Timestamp)
    /// Before the first byte leaves for the device.
    case intended(BatchID, DeviceName, [Intent], at: Timestamp)
    /// Before the first live byte changes; absent after a crash = no effect.
    case switching(BatchID)
    case ended(BatchID, [WorkOrderDigest: Outcome], at: Timestamp)
    case published(status: ObjectID, upTo: Revision)
    /// No longer declared at the accepted tip, so that nobody can look or undo any more: what was switched and not ended
    /// is `unknownEffect` for good (row 41 of the transition table), what was not switched is abandoned.
    case deviceUndeclared(DeviceName, at: Timestamp)
    /// Records that can never count again (their work order cannot come back). Their evidence stays.
    case recordsRetired([RecordKey])
    /// A lost journal is rebuilt from what its zone had published: what each slot came to, and the batches that had not ended.
    case recovered([SlotKey: SlotHead], [OpenBatch], at: Timestamp)
    /// Appended with `intended`: what begins without people, and which standing approvals let it through.
    case stood([WorkOrderDigest: [StandingApprovalName]], at: Timestamp)
    /// Appended with `intended`: what begins as an emergency.
    case emergencies([WorkOrderDigest: History.Emergency], at: Timestamp)
    /// Somebody outside of its quorum has looked at an emergency afterwards.
    case reviewed(WorkOrderDigest, by: PersonName, record: RecordKey, at: Timestamp)
    /// Everything that a device's configuration says of certificates, declared or not, and what was served there; changes only.
    case surveyed(DeviceName, DeviceSurvey, served: [EndpointObservation], at: Timestamp)
    /// Whether configurations name these slots; changes only.
    case referenced([SlotKey: SlotReference], at: Timestamp)
    /// What is known of certificates' revocation; changes only. `forgotten`: leaves that no slot was last given any more.
    case revocations([Fingerprint: Revocation], forgotten: [Fingerprint], at: Timestamp)
    /// The first record on another content of a slot has counted.
    case signed([SlotKey: SlotHead.SignedFor])
    /// The set in force gives them to another zone, and nothing of this one's is open there.
    case released([DeviceName], at: Timestamp)
    /// Released by the zones that had it, or these are removed: its slots go on from what was published of them.
    case takenOver(DeviceName, Tenure.Succession, [SlotKey: SlotHead], at: Timestamp)
    /// By a policy change: whoever answered there can give nothing away any more.
    case zonesRemoved([ZoneName], at: Timestamp)
}

/// One instance for each (repository, zone).
package protocol JournalStore: Sendable {
    /// Slot heads, unfinished work and records that may still count. Never all that ever finished.
    func history() async throws(JournalError) -> (history: History, head: Revision)
    /// What the status branch needs of finished work since a revision: (outcome, content) of ended work orders, in order.
    func ended(after: Revision) async throws(JournalError) -> [EndedFact]
    /// Raw bytes and first-seen time of records, for evidence.
    func evidence(of records: [RecordKey]) async throws(JournalError) -> [RecordEvidence]
    /// All or none, durable on return. Throws `fenced` if a newer epoch of the lease exists; with `expecting`, `conflict` if
    /// the head moved.
    @discardableResult
    func append(_ facts: [Fact], under lease: Lease?, expecting: Revision?) async throws(JournalError) -> Revision
    /// nil: somebody else holds it. The store's own clock decides.
    func acquire(_ scope: Lease.Scope, for holder: HolderID, lasting: Duration) async throws(JournalError) -> Lease?
    func renew(_ lease: Lease, lasting: Duration) async throws(JournalError) -> Lease
    func release(_ lease: Lease) async
    /// Who holds it now, for the message when `acquire` gave nil; nil: nobody does.
    func holder(of scope: Lease.Scope) async throws(JournalError) -> LeaseHolder?
    /// The last status commit that was pushed, and up to where it tells the journal.
    func published() async throws(JournalError) -> (status: ObjectID, upTo: Revision)?
    /// When each of these records was first seen, also those that can no longer count.
    func firstSeen(of records: [RecordKey]) async throws(JournalError) -> [RecordKey: Timestamp]
    /// Which of these commits are no records that were seen. Those that were, also where they can no longer count, need not be read.
    func unseen(_ commits: [ObjectID]) async throws(JournalError) -> Set<ObjectID>
}

/// The process that holds a lease.
package struct LeaseHolder: Sendable, Hashable {
    package var holder: HolderID
    package var epoch: UInt64
    package var processID: Int32
    package var expiresIn: Duration

    package init(holder: HolderID, epoch: UInt64, processID: Int32, expiresIn: Duration) {
        (self.holder, self.epoch, self.processID, self.expiresIn) = (holder, epoch, processID, expiresIn)
    }
}

/// A work order that ended, with all that its status file holds.
package struct EndedFact: Sendable, Hashable, Codable {
    package var intent: Intent
    package var outcome: Outcome
    package var at: Timestamp
    /// The slot's sequence after it.
    package var sequence: Int64
    /// What let it through without people.
    package var standing: [StandingApprovalName] = []

    package init(intent: Intent, outcome: Outcome, at: Timestamp, sequence: Int64) {
        (self.intent, self.outcome, self.at, self.sequence) = (intent, outcome, at, sequence)
    }
}

package struct RecordEvidence: Sendable, Hashable, Codable {
    package var key: RecordKey
    package var commit: ObjectID
    package var raw: [UInt8]
    package var firstSeen: Timestamp

    package init(key: RecordKey, commit: ObjectID, raw: [UInt8], firstSeen: Timestamp) {
        (self.key, self.commit, self.raw, self.firstSeen) = (key, commit, raw, firstSeen)
    }
}

package struct JournalError: Error, Equatable, Sendable {
    package enum Code: String, Sendable { case fenced, conflict, full, notWritable, corrupt, busy, newerFormat }
    package var code: Code
    package var operation: String
    package var detail: String

    package init(_ code: Code, operation: String, detail: String) {
        (self.code, self.operation, self.detail) = (code, operation, detail)
    }
}
