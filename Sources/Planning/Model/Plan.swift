// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Approvals
package import Declarations
package import Vocabulary

/// Why a work order cannot go on. The code is the contract; the message says what is wrong and what to do.
package struct Block: Hashable, Sendable {
    package enum Code: String, CaseIterable, Hashable, Sendable, Codable {
        // In the fixed order in which the first becomes the `reason`.
        // What is not in force is not looked at either: said before that nothing was seen.
        case awaitsPolicyChange = "AwaitsPolicyChange"
        case deviceIgnored = "DeviceIgnored", deviceMonitored = "DeviceMonitored"
        case gatewayUnhealthy = "GatewayUnhealthy", unobserved = "Unobserved", unsupported = "Unsupported",
            notReleased = "NotReleased"
        case keyCompromised = "KeyCompromised", keyNotForZone = "KeyNotForZone"
        case noPrivateKey = "NoPrivateKey", keyMismatch = "KeyMismatch"
        case notServerAuth = "NotServerAuth", chainIncomplete = "ChainIncomplete"
        case weakCertificate = "WeakCertificate", certificateExpired = "CertificateExpired"
        case certificateNotYetValid = "CertificateNotYetValid", certificateRevoked = "CertificateRevoked"
        case nameNotCovered = "NameNotCovered", coverageLoss = "CoverageLoss"
        case endpointNotAllowed = "EndpointNotAllowed", holdsOther = "HoldsOther", endpointDown = "EndpointDown"
        case candidateRefused = "CandidateRefused"
        case unknownRequester = "UnknownRequester", noApprover = "NoApprover"
        case contested = "Contested"
        case limitExceeded = "LimitExceeded", budgetSpent = "BudgetSpent", outsideWindow = "OutsideWindow"

        /// Only a commit can lift it, and `approve` refuses meanwhile; the others are of the world: signatures count meanwhile.
        package var isOfContent: Bool {
            switch self {
            case .notServerAuth, .chainIncomplete, .weakCertificate, .nameNotCovered, .coverageLoss, .deviceMonitored,
                .deviceIgnored, .certificateExpired, .certificateRevoked, .keyCompromised, .keyNotForZone,
                .endpointNotAllowed, .awaitsPolicyChange, .unsupported, .noApprover, .unknownRequester,
                .contested:
                true
            default: false
            }
        }
    }
    package var code: Code
    package var message: String

    package init(_ code: Code, _ message: String) { (self.code, self.message) = (code, message) }
}

package enum Action: String, CaseIterable, Hashable, Sendable, Codable { case install, replace, remove, adopt, restore }

/// Derived from facts at each pass, never stored (8-engine.md, 2).
package enum WorkOrderState: Hashable, Sendable {
    case requested, pushReviewInProgress
    case scheduled(Window)
    case readyToImplement(Window)
    case implementing, completed
    case blocked(Block)
    case rejected, cancelled, expired
    case scheduleMissed(Window)
    case superseded, pushFailed, rolledBack, rollbackFailed, unknownEffect

    /// As in JSON.
    package var name: String {
        switch self {
        case .requested: "Requested"
        case .pushReviewInProgress: "PushReviewInProgress"
        case .scheduled: "Scheduled"
        case .readyToImplement: "ReadyToImplement"
        case .implementing: "Implementing"
        case .completed: "Completed"
        case .blocked: "Blocked"
        case .rejected: "Rejected"
        case .cancelled: "Cancelled"
        case .expired: "Expired"
        case .scheduleMissed: "ScheduleMissed"
        case .superseded: "Superseded"
        case .pushFailed: "PushFailed"
        case .rolledBack: "RolledBack"
        case .rollbackFailed: "RollbackFailed"
        case .unknownEffect: "UnknownEffect"
        }
    }
}

/// What will be written: fingerprints only; the bytes come from the repository's chain file.
package struct Installs: Hashable, Sendable {
    package var leaf: Fingerprint
    package var spki: SPKIFingerprint
    package var chain: [Fingerprint]

    package init(leaf: Fingerprint, spki: SPKIFingerprint, chain: [Fingerprint]) {
        (self.leaf, self.spki, self.chain) = (leaf, spki, chain)
    }
}

/// One push to one app connector, as planned now.
package struct WorkOrder: Sendable {
    /// nil while the slot was never observed in this epoch.
    package var digest: WorkOrderDigest?
    /// Canonical bytes of the content document.
    package var content: [UInt8]?
    package var request: RequestDigest?
    package var connector: ConnectorName
    package var slot: SlotKey
    package var device: DeviceName
    package var deviceKind: String
    package var zone: ZoneName
    package var binding: BindingName?
    package var certificate: CertificateName?
    package var action: Action
    package var change: ChangeClass
    package var replaces: Holding
    package var installs: Installs?
    package var installsFacts: CertificateFacts?
    package var replacesFacts: CertificateFacts?
    package var policy: PolicyReference?
    package var requesters: Requesters
    package var judgement: Judgement
    package var state: WorkOrderState
    /// All of them, in the fixed order.
    package var blocks: [Block]
    package var history: WorkOrderFacts
    /// What an approver must not miss: names lost or gained, issuer or key type changed.
    package var notes: [String]
    /// The comment of the request (the message of the commit that asked), where there is one.
    package var comment: String?
    package var keyCheck: KeyCheck
    /// The standing approval that stands for people here or, of those that are meant for such a place, the one that comes
    /// nearest to it, with what it lacks.
    package var standing: Standing?
    /// Where a rollout says who goes first, or somebody halted it.
    package var wave: Wave?

    package struct Standing: Hashable, Sendable {
        package var name: StandingApprovalName
        package var levels: [String]
        package var notAfter: Timestamp
        package var objections: [StandingObjection]
        package var left: StandingBudget.Left
        /// The change by which the set in force came, in which it stands; nil: it is the trusted commit's own.
        package var givenBy: History.AcceptedTrustSet?
        package init(
            name: StandingApprovalName, levels: [String], notAfter: Timestamp, objections: [StandingObjection],
            left: StandingBudget.Left, givenBy: History.AcceptedTrustSet?
        ) {
            (self.name, self.levels, self.notAfter) = (name, levels, notAfter)
            (self.objections, self.left, self.givenBy) = (objections, left, givenBy)
        }
    }

    package struct PolicyReference: Hashable, Sendable {
        package var name: PolicyName
        package var version: Int
        /// Why this one decides, in words.
        package var reason: String
        package init(name: PolicyName, version: Int, reason: String) {
            (self.name, self.version, self.reason) = (name, version, reason)
        }
    }

    package init(
        digest: WorkOrderDigest?, content: [UInt8]?, request: RequestDigest?, connector: ConnectorName, slot: SlotKey,
        device: DeviceName, deviceKind: String, zone: ZoneName, binding: BindingName?, certificate: CertificateName?,
        action: Action, change: ChangeClass, replaces: Holding, installs: Installs?, installsFacts: CertificateFacts?,
        replacesFacts: CertificateFacts?, policy: PolicyReference?, requesters: Requesters, judgement: Judgement,
        state: WorkOrderState, blocks: [Block], history: WorkOrderFacts, notes: [String], comment: String?,
        keyCheck: KeyCheck
    ) {
        (self.digest, self.content, self.request, self.connector) = (digest, content, request, connector)
        (self.slot, self.device, self.deviceKind, self.zone) = (slot, device, deviceKind, zone)
        (self.binding, self.certificate, self.action, self.change) = (binding, certificate, action, change)
        (self.replaces, self.installs, self.installsFacts) = (replaces, installs, installsFacts)
        (self.replacesFacts, self.policy, self.requesters) = (replacesFacts, policy, requesters)
        (self.judgement, self.state, self.blocks, self.history) = (judgement, state, blocks, history)
        (self.notes, self.comment, self.keyCheck) = (notes, comment, keyCheck)
    }
}

/// What was found of a certificate's private key. Made by the gateway only.
package enum KeyCheck: Hashable, Sendable {
    case matches
    case mismatch
    /// Cannot be read, decrypted or parsed: one text for all.
    case unavailable
    /// Not read, because others may use its file.
    case loose(path: String, mode: UInt32)
    /// Not looked at here; the zone whose gateway does.
    case notChecked
}

/// Whether a slot holds and serves what is declared.
package enum SyncState: Hashable, Sendable {
    case inSync
    case inSyncUnapproved
    case outOfSync(SyncReason)
    case unknown(since: Timestamp?)
    case unbound
}

/// Worst first.
package enum StatusColour: String, CaseIterable, Comparable, Hashable, Sendable, Codable {
    case black, gray, red, purple, orange, yellow, blue, green

    package static func < (left: Self, right: Self) -> Bool {
        (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
    }
}

/// One declared connector with all that is shown beside it.
package struct ConnectorView: Sendable {
    package var connector: ConnectorName
    package var device: DeviceName
    package var slot: SlotKey
    package var certificate: CertificateName?
    package var sync: SyncState
    package var colour: StatusColour
    package var notAfter: Timestamp?
    package var observedAt: Timestamp?
    package var holding: Holding?
    package var served: [EndpointObservation]
    /// The open work order, else the last ended one.
    package var workOrder: WorkOrderDigest?
    package var request: RequestDigest?
    package var state: String?
    /// Of what it holds, else of what it should hold; nil: nobody is asked.
    package var revocation: Revocation?

    package init(
        connector: ConnectorName, device: DeviceName, slot: SlotKey, certificate: CertificateName?, sync: SyncState,
        colour: StatusColour, notAfter: Timestamp?, observedAt: Timestamp?, holding: Holding?,
        served: [EndpointObservation], workOrder: WorkOrderDigest?, request: RequestDigest?, state: String?
    ) {
        (self.connector, self.device, self.slot, self.certificate) = (connector, device, slot, certificate)
        (self.sync, self.colour, self.notAfter, self.observedAt) = (sync, colour, notAfter, observedAt)
        (self.holding, self.served, self.workOrder) = (holding, served, workOrder)
        (self.request, self.state) = (request, state)
    }
}

/// What was changed by hand on a device.
package struct Drift: Hashable, Sendable {
    package var connector: ConnectorName
    package var device: DeviceName
    package var declared: Fingerprint?
    package var found: Holding
    package var since: Timestamp?
    package var files: [String]
    /// Its key is listed in `compromisedKeys`: nobody may keep it.
    package var isCompromised: Bool

    package init(
        connector: ConnectorName, device: DeviceName, declared: Fingerprint?, found: Holding, since: Timestamp?,
        files: [String], isCompromised: Bool = false
    ) {
        (self.connector, self.device, self.declared) = (connector, device, declared)
        (self.found, self.since, self.files, self.isCompromised) = (found, since, files, isCompromised)
    }

    /// A certificate may be declared as it was found, unless its key has leaked.
    package var mayBeKept: Bool { found.leaf != nil && !isCompromised }
}

/// All open work orders of one certificate and leaf.
package struct Request: Sendable {
    package var digest: RequestDigest
    package var certificate: CertificateName
    package var leaf: Fingerprint
    package var requesters: Requesters
    package var workOrders: [WorkOrderDigest]

    package init(
        digest: RequestDigest, certificate: CertificateName, leaf: Fingerprint, requesters: Requesters,
        workOrders: [WorkOrderDigest]
    ) {
        (self.digest, self.certificate, self.leaf) = (digest, certificate, leaf)
        (self.requesters, self.workOrders) = (requesters, workOrders)
    }
}

package struct LimitStanding: Hashable, Sendable {
    package var changed: Int
    package var total: Int
    package var limits: RepositorySpec.Limits
    package var exceeded: Bool

    package init(changed: Int, total: Int, limits: RepositorySpec.Limits, exceeded: Bool) {
        (self.changed, self.total, self.limits, self.exceeded) = (changed, total, limits, exceeded)
    }
}

/// What would be done and who must sign. Data with many renderings.
package struct Plan: Sendable {
    package var workOrders: [WorkOrder]
    package var requests: [Request]
    package var drift: [Drift]
    package var connectors: [ConnectorView]
    package var limits: LimitStanding
    /// Records that fit no open work order.
    package var refused: [Judgement.RefusedRecord]
    package var unchanged: Int
    /// Pushed as an emergency and not reviewed yet, the oldest first.
    package var emergencies: [OpenEmergency] = []

    package struct OpenEmergency: Hashable, Sendable {
        package var workOrder: WorkOrderDigest
        package var facts: History.Emergency
    }

    package init(
        workOrders: [WorkOrder], requests: [Request], drift: [Drift], connectors: [ConnectorView],
        limits: LimitStanding, refused: [Judgement.RefusedRecord], unchanged: Int
    ) {
        (self.workOrders, self.requests, self.drift) = (workOrders, requests, drift)
        (self.connectors, self.limits, self.refused, self.unchanged) = (connectors, limits, refused, unchanged)
    }
}
