// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Declarations
package import PKI
package import Planning
package import Vocabulary

/// What a driver can do.
package struct DriverTraits: Sendable, Hashable {
    package var hasShell: Bool
    package var checksInShadow: Bool
    package var isCloud: Bool
    package var isHitless: Bool

    package init(hasShell: Bool, checksInShadow: Bool, isCloud: Bool, isHitless: Bool) {
        (self.hasShell, self.checksInShadow) = (hasShell, checksInShadow)
        (self.isCloud, self.isHitless) = (isCloud, isHitless)
    }
}

/// What a device holds now.
package struct DeviceObservation: Sendable {
    /// nil: still what the token said.
    package var slots: [SlotObservation]?
    package var token: DeviceStateToken
    /// Slot paths that the device's configuration refers to; nil where the driver cannot tell.
    package var referenced: Set<String>?
    /// What lies there for `tidy`. Also where the token is still the same: nothing of ours is in it.
    package var leftovers: Leftovers

    package init(
        slots: [SlotObservation]?, token: DeviceStateToken, referenced: Set<String>?, leftovers: Leftovers = .none
    ) {
        (self.slots, self.token, self.referenced, self.leftovers) = (slots, token, referenced, leftovers)
    }
}

/// What is put into one slot: PEM made anew from verified DER and a parsed key.
package struct Candidate: Sendable {
    package var workOrder: WorkOrderDigest
    package var connector: ConnectorName
    package var slot: Slot
    /// The certificate file's bytes (leaf and chain), or nil for `remove`.
    package var certificate: [UInt8]?
    package var leaf: Fingerprint?
    /// PKCS#8 PEM; nil where the key stays as it lies there.
    package var privateKey: SecretBytes?
    /// What the slot must still hold at the switch.
    package var expects: Holding

    package init(
        workOrder: WorkOrderDigest, connector: ConnectorName, slot: Slot, certificate: [UInt8]?, leaf: Fingerprint?,
        privateKey: SecretBytes?, expects: Holding
    ) {
        (self.workOrder, self.connector, self.slot) = (workOrder, connector, slot)
        (self.certificate, self.leaf, self.privateKey, self.expects) = (certificate, leaf, privateKey, expects)
    }
}

/// All that one push does to one device.
package struct Batch: Sendable {
    package var id: BatchID
    package var candidates: [Candidate]

    package init(id: BatchID, candidates: [Candidate]) { (self.id, self.candidates) = (id, candidates) }
}

package struct StagedBatch: Sendable {
    package var batch: Batch
    /// Digests of every live file as it was when staged: what the conditional switch compares.
    package var live: [String: FileDigest?]
    /// What was staged, by our own folder; empty where the driver stages nothing.
    var manifests: [(home: String, manifest: BatchManifest)] = []

    package init(batch: Batch, live: [String: FileDigest?]) { (self.batch, self.live) = (batch, live) }
}

package enum CandidateVerdict: Sendable, Hashable {
    case accepted
    case refused(message: String)  // in the device's own words
    /// Nothing is wrong with the candidate, but the configuration also names these files, and nothing lies there: it must go
    /// together with the candidates for those. No `CandidateRefused`; tried again whenever there is something to push.
    case awaits(files: [String])
}

/// Made for one device by a registry kind → factory; holds its transport. Every verb is idempotent; those with `fence` refuse on
/// the device itself (the latest fence is kept beside the slots), because a lease in a store cannot stop a process that was asleep.
package protocol DeviceDriver: Sendable {
    var traits: DriverTraits { get }
    func observe(_ slots: [Slot], unlessStill: DeviceStateToken?) async throws(DeviceError) -> DeviceObservation
    /// Only below our own folder, with final owner and mode from the first byte.
    func stage(_ batch: Batch, fence: Fence) async throws(DeviceError) -> StagedBatch
    /// The device's own parser on the candidates in a shadow: nothing live is touched.
    func check(_ staged: StagedBatch) async throws(DeviceError) -> [WorkOrderDigest: CandidateVerdict]
    /// `stage` and `check` in as few round trips as the device allows.
    func prepare(
        _ batch: Batch, fence: Fence
    ) async throws(DeviceError) -> (StagedBatch, [WorkOrderDigest: CandidateVerdict])
    /// The switch, conditional on what the slots hold; keeps what was there for `undo`. Nothing is reloaded.
    ///
    /// `changed` and `fenced` mean that no live byte of any slot of the batch has been changed by it: the caller neither undoes
    /// nor reloads. Whatever else is thrown, it may have.
    func install(_ staged: StagedBatch, fence: Fence) async throws(DeviceError)
    /// One reload; how long it took, never whether it worked. `refused` if the reload itself said no. `slots`: those of the
    /// batch, because fences lie beside them.
    func makeLive(_ slots: [Slot], fence: Fence) async throws(DeviceError) -> Duration
    /// `install` and `makeLive` in as few round trips as the device allows; throws as `install` does.
    func switchOver(_ staged: StagedBatch, fence: Fence) async throws(DeviceError) -> Duration
    /// Files only: what lay there before this batch. The caller makes live and proves. Nothing to do if nothing was switched.
    /// What was changed by somebody else since is left as it is: `changed`, once all other slots are restored.
    func undo(_ batch: BatchID, slots: [Slot], fence: Fence) async throws(DeviceError)
    /// Staging and generations that nobody needs. What this batch replaced is kept for as long as the device says.
    func clean(_ batch: BatchID, slots: [Slot], fence: Fence) async throws(DeviceError)
    /// `clean` for every batch of which something is left over beside these slots and that is not open, and what was kept for long
    /// enough. For a device of which `observe` says so: no batch may be begun there meanwhile.
    func tidy(_ slots: [Slot], open: Set<BatchID>, fence: Fence) async throws(DeviceError)
    /// What was replaced in these slots and still lies there.
    func kept(_ slots: [Slot]) async throws(DeviceError) -> [KeptPair]
    /// Takes away what is kept of these keys. No batch may be open there.
    func forget(_ keys: Set<SPKIFingerprint>, in slots: [Slot], fence: Fence) async throws(DeviceError)
}

/// A certificate and a private key that a push has replaced, as the device keeps them for a while.
package struct KeptPair: Sendable {
    /// Of the folder.
    package var path: String
    package var leaf: Fingerprint?
    /// The key's, and the one that the certificate is for: after a loss of power they may differ.
    package var keys: Set<SPKIFingerprint>
    package var privateKey: PrivateKey?

    package init(path: String, leaf: Fingerprint?, keys: Set<SPKIFingerprint>, privateKey: PrivateKey?) {
        (self.path, self.leaf, self.keys, self.privateKey) = (path, leaf, keys, privateKey)
    }
}

extension DeviceDriver {
    // Where a device gives no key back there is none to keep.
    package func kept(_ slots: [Slot]) async throws(DeviceError) -> [KeptPair] { [] }
    package func forget(_ keys: Set<SPKIFingerprint>, in slots: [Slot], fence: Fence) async throws(DeviceError) {}

    package func keptKey(of leaf: Fingerprint, in slot: Slot) async throws(DeviceError) -> PrivateKey? {
        try await kept([slot]).first { $0.leaf == leaf && $0.privateKey != nil }?.privateKey
    }
}

extension DeviceDriver {
    package func prepare(
        _ batch: Batch, fence: Fence
    ) async throws(DeviceError) -> (StagedBatch, [WorkOrderDigest: CandidateVerdict]) {
        let staged = try await stage(batch, fence: fence)
        return (staged, try await check(staged))
    }

    package func switchOver(_ staged: StagedBatch, fence: Fence) async throws(DeviceError) -> Duration {
        try await install(staged, fence: fence)
        do throws(DeviceError) {
            return try await makeLive(staged.batch.candidates.map(\.slot), fence: fence)
        } catch {
            throw error.afterSwitch
        }
    }
}

extension DeviceError {
    /// It comes from after the switch, where no error may say that nothing was touched.
    var afterSwitch: DeviceError {
        code == .changed || code == .fenced ? DeviceError(.failed, operation: operation, detail: detail) : self
    }
}

package struct DeviceError: Error, Equatable, Sendable {
    package enum Code: String, Sendable {
        case unreachable, denied, timedOut, fenced, changed, refused, noSpace, unsupported, failed
    }
    package var code: Code
    package var operation: String
    package var detail: String

    package init(_ code: Code, operation: String, detail: String) {
        (self.code, self.operation, self.detail) = (code, operation, detail)
    }
}
