// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Approvals
package import Vocabulary

/// Random, made by `trust`: approvals are good on one history only. 32 lower-case hex digits.
package struct Epoch: Hashable, Sendable, Codable {
    package var text: String
    /// nil unless `text` is 32 lower-case hex digits.
    package init?(_ text: String) {
        guard let bytes = Hex.decode(text), bytes.count == 16 else { return nil }
        self.text = text
    }
}

package struct BatchID: Hashable, Comparable, Sendable, Codable {
    package var text: String  // 16 lower-case hex digits
    package init(_ text: String) { self.text = text }
    package static func < (left: Self, right: Self) -> Bool { left.text < right.text }
}

/// What is known of one slot from everything that happened: a fold over facts, one row a slot.
///
/// Copies share their content until one of them is changed: ten thousand heads of half a kilobyte are read, looked up and
/// handed around, and hardly ever changed.
package struct SlotHead: Hashable, Sendable, Codable {
    private struct Content: Hashable, Sendable, Codable {
        var sequence: Int64 = 0
        var observed: SlotObservation?
        var observedAt: Timestamp?
        var served: [EndpointObservation] = []
        var lastCompleted: CompletedWorkOrder?
        var lastVerified: Fingerprint?
        var lastEnded: EndedWorkOrder?
        var openBatch: BatchID?
        var heldSince: Timestamp?
        var signedFor: SignedFor?
        var formerLeaves: [Fingerprint] = []
        var reference = SlotReference.unknown
        var provenBefore: Fingerprint?
        var putBacks: [Timestamp] = []
    }
    // Sendable because it is changed only where nobody else refers to it: in `update`.
    private final class Box: @unchecked Sendable {
        var content: Content
        init(_ content: Content) { self.content = content }
    }
    private var box: Box

    package init() { box = Box(Content()) }

    /// How many pushes to this slot have ended with a recorded outcome.
    package var sequence: Int64 {
        get { box.content.sequence }
        set { update { $0.sequence = newValue } }
    }
    /// The last observation; nil: never observed in this epoch.
    package var observed: SlotObservation? {
        get { box.content.observed }
        set { update { $0.observed = newValue } }
    }
    package var observedAt: Timestamp? {
        get { box.content.observedAt }
        set { update { $0.observedAt = newValue } }
    }
    /// What its endpoints last answered.
    package var served: [EndpointObservation] {
        get { box.content.served }
        set { update { $0.served = newValue } }
    }
    /// The last completed or adopted work order.
    package var lastCompleted: CompletedWorkOrder? {
        get { box.content.lastCompleted }
        set {
            update { content in
                if let leaf = content.lastCompleted?.leaf, let new = newValue, new.leaf != leaf {
                    content.provenBefore = leaf
                }
                content.lastCompleted = newValue
            }
        }
    }
    /// What it got, by a completed or adopted work order, before it got what the last one brought: where a restore leads back to.
    package var provenBefore: Fingerprint? {
        get { box.content.provenBefore }
        set { update { $0.provenBefore = newValue } }
    }
    /// The leaf last proven as served by a completed push.
    package var lastVerified: Fingerprint? {
        get { box.content.lastVerified }
        set { update { $0.lastVerified = newValue } }
    }
    /// The last ended work order whatever its outcome (a failed leaf is not pushed again by a standing approval).
    package var lastEnded: EndedWorkOrder? {
        get { box.content.lastEnded }
        set { update { $0.lastEnded = newValue } }
    }
    /// Whether the configuration names it.
    package var reference: SlotReference {
        get { box.content.reference }
        set { update { $0.reference = newValue } }
    }
    /// When what somebody had changed on the device was put back, with nothing else asked for in between: two in a row that were undone
    /// again, and something is at work there that no third one will stop.
    package var putBacks: [Timestamp] {
        get { box.content.putBacks }
        set { update { $0.putBacks = newValue } }
    }
    package var openBatch: BatchID? {
        get { box.content.openBatch }
        set { update { $0.openBatch = newValue } }
    }

    /// Since when it has held what it holds. What was signed before that was signed for a slot that somebody has touched since.
    package var heldSince: Timestamp? {
        get { box.content.heldSince }
        set { update { $0.heldSince = newValue } }
    }
    /// What was last signed for this slot. What was signed for another content before that does not come back to life with it.
    package var signedFor: SignedFor? {
        get { box.content.signedFor }
        set { update { $0.signedFor = newValue } }
    }
    /// What it held before, and what failed to get there: no standing approval brings it back. In the order in which they came.
    package private(set) var formerLeaves: [Fingerprint] {
        get { box.content.formerLeaves }
        set { update { $0.formerLeaves = newValue } }
    }
    package mutating func remember(former leaf: Fingerprint?) {
        if let leaf, !formerLeaves.contains(leaf) { formerLeaves.append(leaf) }
    }
    /// Approvals that were seen earlier are void (8-engine.md, row 21 of the transition table).
    package var signaturesSince: Timestamp? { [heldSince, signedFor?.since].compactMap(\.self).max() }

    private mutating func update(_ change: (inout Content) -> Void) {
        if !isKnownUniquelyReferenced(&box) { box = Box(box.content) }
        change(&box.content)
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.box === right.box || left.box.content == right.box.content
    }
    package func hash(into hasher: inout Hasher) { hasher.combine(box.content) }
    package init(from decoder: any Decoder) throws { box = Box(try Content(from: decoder)) }
    package func encode(to encoder: any Encoder) throws { try box.content.encode(to: encoder) }

    package struct SignedFor: Hashable, Sendable, Codable {
        package var digest: WorkOrderDigest
        /// When the first record on it was seen that counted.
        package var since: Timestamp
        package init(digest: WorkOrderDigest, since: Timestamp) { (self.digest, self.since) = (digest, since) }
    }

    package struct CompletedWorkOrder: Hashable, Sendable, Codable {
        package var digest: WorkOrderDigest
        package var leaf: Fingerprint?
        package var at: Timestamp
        package var adopted: Bool
        /// The accepted tip it was derived from: requesters are counted after it.
        package var tip: ObjectID
        /// The rest is read from the signed content: see `init(of:at:adopted:)`.
        package var chain: [Fingerprint] = []
        package var spki: SPKIFingerprint?
        package var certificate: CertificateName?
        package var binding: BindingName?
        package var connector: ConnectorName?
        package var bindingPush: Int64 = 0
        package var connectorPush: Int64 = 0
        /// What a standing approval wants to find unchanged; nil where the content is not known here.
        package var terms: Terms?
        package init(digest: WorkOrderDigest, leaf: Fingerprint?, at: Timestamp, adopted: Bool, tip: ObjectID) {
            (self.digest, self.leaf, self.at, self.adopted, self.tip) = (digest, leaf, at, adopted, tip)
        }
    }
    /// Of what was signed, by hash: the connector's spec, and the kind and place of the private key.
    package struct Terms: Hashable, Sendable, Codable {
        package var connector: FileDigest
        package var key: FileDigest
        package init(connector: FileDigest, key: FileDigest) { (self.connector, self.key) = (connector, key) }
        package init(connector: JSONValue, key: JSONValue) {
            self.init(
                connector: FileDigest(hashing: connector.canonicalBytes), key: FileDigest(hashing: key.canonicalBytes))
        }
    }
    package struct EndedWorkOrder: Hashable, Sendable, Codable {
        package var digest: WorkOrderDigest
        package var leaf: Fingerprint?
        package var outcome: Outcome
        package var at: Timestamp
        package init(digest: WorkOrderDigest, leaf: Fingerprint?, outcome: Outcome, at: Timestamp) {
            (self.digest, self.leaf, self.outcome, self.at) = (digest, leaf, outcome, at)
        }
    }
}

/// A batch that was intended and has not ended.
package struct OpenBatch: Hashable, Sendable, Codable {
    package var id: BatchID
    package var device: DeviceName
    package var intents: [Intent]
    package var intendedAt: Timestamp
    package var switching: Bool
    /// Recorded `unknownEffect`: the device could not be seen after the switch.
    package var unknown: Bool
    /// The undo was tried and not proven.
    package var undoFailed: Bool

    package init(
        id: BatchID, device: DeviceName, intents: [Intent], intendedAt: Timestamp, switching: Bool = false,
        unknown: Bool = false, undoFailed: Bool = false
    ) {
        (self.id, self.device, self.intents, self.intendedAt) = (id, device, intents, intendedAt)
        (self.switching, self.unknown, self.undoFailed) = (switching, unknown, undoFailed)
    }
}

/// What a batch means to do to one slot. Holds all that recovery needs, so that a crash needs no derivation.
package struct Intent: Hashable, Sendable, Codable {
    package var workOrder: WorkOrderDigest
    package var connector: ConnectorName
    package var slot: SlotKey
    /// Canonical bytes of the content document: what was signed.
    package var content: [UInt8]
    package var installs: Fingerprint?
    package var replaces: Holding
    package var records: [RecordKey]
    package var tip: ObjectID

    package init(
        workOrder: WorkOrderDigest, connector: ConnectorName, slot: SlotKey, content: [UInt8], installs: Fingerprint?,
        replaces: Holding, records: [RecordKey], tip: ObjectID
    ) {
        (self.workOrder, self.connector, self.slot, self.content) = (workOrder, connector, slot, content)
        (self.installs, self.replaces, self.records, self.tip) = (installs, replaces, records, tip)
    }
}

/// A work order that has an outcome or was begun.
package struct WorkOrderFacts: Hashable, Sendable, Codable {
    package var outcome: Outcome?
    package var intendedAt: Timestamp?
    package var endedAt: Timestamp?
    package init() {}
}

/// All that planning needs of the past: never what finished long ago.
package struct History: Sendable {
    package var epoch: Epoch?
    /// Known to the gateway's own journal only.
    package var epochBegunAt: Timestamp?
    package var acceptedTip: ObjectID?
    package var trustSet: AcceptedTrustSet?
    package var beginning: Beginning?
    package var slots: [SlotKey: SlotHead] = [:]
    package var openBatches: [BatchID: OpenBatch] = [:]
    package var workOrders: [WorkOrderDigest: WorkOrderFacts] = [:]
    package var records: [RecordKey: SeenRecord] = [:]
    /// Which devices could not be observed last, and since when.
    package var unreachable: [DeviceName: Unreachable] = [:]
    package var tokens: [DeviceName: DeviceStateToken] = [:]
    /// The latest time in the journal: now is never before it.
    package var latest: Timestamp?
    package var published: ObjectID?
    /// What began of late without people, by work order.
    package var stood: [WorkOrderDigest: Stood] = [:]

    /// Of certificates that were pushed or adopted and say where that can be asked.
    package var revocations: [Fingerprint: Revocation] = [:]

    /// Every push that was an emergency, reviewed or not: there are few.
    package var emergencies: [WorkOrderDigest: Emergency] = [:]

    /// So often its reconciler writes, whatever happens; nil: on transitions only. Known where it was read from a status branch.
    package var heartbeat: Seconds?
    /// Of devices that have changed their zone.
    package var tenures: [DeviceName: Tenure] = [:]
    /// Zones that policy changes have removed: nobody there gives anything away any more. Known to the gateway's own journal only.
    package var removedZones: Set<ZoneName> = []

    package struct Emergency: Hashable, Sendable, Codable {
        package var policy: PolicyName
        package var slot: SlotKey
        package var connector: ConnectorName
        package var people: [PersonName]
        /// What they said, each for himself.
        package var reasons: [String]
        /// When it began.
        package var at: Timestamp
        /// By which it was decided: many slots that the same records decide on are one emergency.
        package var records: Set<RecordKey>
        package var reviewedBy: PersonName?
        package var review: RecordKey?
        package init(
            policy: PolicyName, slot: SlotKey, connector: ConnectorName, people: [PersonName], reasons: [String],
            at: Timestamp, records: Set<RecordKey>, reviewedBy: PersonName? = nil, review: RecordKey? = nil
        ) {
            (self.policy, self.slot, self.connector, self.records) = (policy, slot, connector, records)
            (self.people, self.reasons, self.at) = (people, reasons, at)
            (self.reviewedBy, self.review) = (reviewedBy, review)
        }
    }

    /// A push that standing approvals let through.
    package struct Stood: Hashable, Sendable, Codable {
        package var approvals: [StandingApprovalName]
        /// When it began.
        package var at: Timestamp
        package init(approvals: [StandingApprovalName], at: Timestamp) { (self.approvals, self.at) = (approvals, at) }
    }

    package struct AcceptedTrustSet: Hashable, Sendable, Codable {
        package var digest: TrustSetDigest
        package var commit: ObjectID
        package var by: PolicyChangeDigest?
        package var number: Int
        package var at: Timestamp
        /// Of the change, where there was one: the set before it, the change before it, and the records it was accepted by.
        package var from: TrustSetDigest?
        package var previous: PolicyChangeDigest?
        package var records: [RecordKey] = []
        package init(
            digest: TrustSetDigest, commit: ObjectID, by: PolicyChangeDigest?, number: Int, at: Timestamp,
            from: TrustSetDigest? = nil, previous: PolicyChangeDigest? = nil, records: [RecordKey] = []
        ) {
            (self.digest, self.commit, self.by, self.number, self.at) = (digest, commit, by, number, at)
            (self.from, self.previous, self.records) = (from, previous, records)
        }
    }
    /// The commit that somebody trusted on the gateway's host: what stood in it has no requester, and an audit begins there.
    package struct Beginning: Hashable, Sendable, Codable {
        package var commit: ObjectID
        package var at: Timestamp
        /// It was not the first: somebody said `--anew`. Shown for ever.
        package var isAnew: Bool
        package init(commit: ObjectID, at: Timestamp, isAnew: Bool) {
            (self.commit, self.at, self.isAnew) = (commit, at, isAnew)
        }
    }
    package struct Unreachable: Hashable, Sendable, Codable {
        package var since: Timestamp
        package var message: String
        package init(since: Timestamp, message: String) { (self.since, self.message) = (since, message) }
    }

    package init() {}
}
