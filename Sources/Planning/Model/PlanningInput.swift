// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Approvals
package import Declarations
package import Vocabulary

/// Everything that a plan is made from. Values only: no clock, disk, network or process stands behind any of it.
package struct PlanningInput: Sendable {
    /// What the planned commit declares.
    package var desired: DeclarationSet
    /// What that binds where, if it is known already.
    package var slots: DesiredSlots?
    /// The set that decides.
    package var inForce: TrustSet
    /// The tip's own set, partial where the tip is invalid: takes away at once, never gives.
    package var tip: TrustSet
    package var history: History
    /// Chain files by repository path: fingerprints without decoding.
    package var chains: [String: SentChain]
    /// DER of every certificate in `chains`, and of served leaves as far as they are known, each distinct one once; decoded
    /// only where something differs.
    package var certificates: [Fingerprint: [UInt8]]
    package var keyChecks: [CertificateName: KeyCheck]
    /// Of what is to be restored: also the copy of its key that the device keeps has been looked for.
    package var restoredKeyChecks: [ConnectorName: KeyCheck] = [:]
    /// By resource key and by repository path.
    package var requesters: RequesterTable
    /// Records on refs and from the history, each once.
    package var records: [SeenRecord]
    /// Commits on approval refs that are no countable record, with why.
    package var refusedCommits: [Judgement.RefusedRecord]
    package var zone: ZoneName
    package var now: Timestamp
    /// The policy change that is judged beside the plan, and the last accepted one: records on them fit.
    package var policyChange: PolicyChangeDigest?
    /// Devices of this zone that another has not given away yet, with what to do about it.
    package var notReleased: [DeviceName: String] = [:]

    package init(
        desired: DeclarationSet, slots: DesiredSlots? = nil, inForce: TrustSet, tip: TrustSet, history: History,
        chains: [String: SentChain],
        certificates: [Fingerprint: [UInt8]], keyChecks: [CertificateName: KeyCheck], requesters: RequesterTable,
        records: [SeenRecord],
        refusedCommits: [Judgement.RefusedRecord], zone: ZoneName, now: Timestamp
    ) {
        (self.desired, self.slots) = (desired, slots)
        (self.inForce, self.tip, self.history) = (inForce, tip, history)
        (self.chains, self.certificates, self.keyChecks) = (chains, certificates, keyChecks)
        self.requesters = requesters
        (self.records, self.refusedCommits, self.zone, self.now) = (records, refusedCommits, zone, now)
    }
}

/// A chain file's certificates in the order sent.
package struct SentChain: Hashable, Sendable {
    package var leaf: Fingerprint
    package var chain: [Fingerprint]  // after the leaf

    package init(leaf: Fingerprint, chain: [Fingerprint]) { (self.leaf, self.chain) = (leaf, chain) }
}

/// Who touched what since the trusted commit: (resource or file) → touches, oldest first.
package struct RequesterTable: Sendable {
    package enum Subject: Hashable, Sendable {
        case resource(ResourceKey)
        case file(String)
    }
    /// One commit that touched a subject.
    package struct Touch: Hashable, Sendable {
        package var commit: ObjectID
        /// Position in the topological walk: later commits have higher ones.
        package var ordinal: Int
        /// nil: unsigned, or by a key that nobody in the set in force has.
        package var signer: PersonName?
        /// People whose e-mail stands as author or Co-authored-by.
        package var named: Set<PersonName>
        /// Signed by a forge with an author whom nobody knows, unsigned, or signed by a stranger.
        package var unknown: Bool
        /// `countersign push` signed by a person: takes the request over.
        package var takesOver: Bool
        package var subjectLine: String

        package init(
            commit: ObjectID, ordinal: Int, signer: PersonName?, named: Set<PersonName>, unknown: Bool, takesOver: Bool,
            subjectLine: String
        ) {
            (self.commit, self.ordinal, self.signer, self.named) = (commit, ordinal, signer, named)
            (self.unknown, self.takesOver, self.subjectLine) = (unknown, takesOver, subjectLine)
        }
    }
    package var touches: [Subject: [Touch]]
    /// Ordinal of every walked commit, to tell what came after a slot's last completed work order. Of every commit that some
    /// slot was last completed from: all that it descends from has lower ordinals, all else higher ones (a side branch that
    /// is merged later came later, whatever its dates say).
    package var ordinals: [ObjectID: Int]
    /// Ordinals of the walked parents of each walked commit, by its own ordinal; a parent's is always lower.
    package var parents: [[Int]]

    package init(touches: [Subject: [Touch]] = [:], ordinals: [ObjectID: Int] = [:], parents: [[Int]] = []) {
        (self.touches, self.ordinals, self.parents) = (touches, ordinals, parents)
    }
}

extension PlanningInput {
    /// What is known of the private key that would go there.
    func keyCheck(of certificate: CertificateName?, at connector: ConnectorName) -> KeyCheck {
        restoredKeyChecks[connector] ?? certificate.flatMap { keyChecks[$0] } ?? .notChecked
    }
}
