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
    /// Keys that were made there, also those that are in use. Also where the token is still the same.
    package var madeKeys: [CertificateName: Set<SPKIFingerprint>]

    package init(
        slots: [SlotObservation]?, token: DeviceStateToken, referenced: Set<String>?, leftovers: Leftovers = .none,
        madeKeys: [CertificateName: Set<SPKIFingerprint>] = [:]
    ) {
        (self.slots, self.token, self.referenced, self.leftovers) = (slots, token, referenced, leftovers)
        self.madeKeys = madeKeys
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
    /// PKCS#8 PEM; nil where the key stays as it lies there, or was made there.
    package var privateKey: SecretBytes?
    /// The key that was made on the device, and goes into the slot from there.
    package var madeKey: MadeKey?
    /// What the slot must still hold at the switch.
    package var expects: Holding

    package init(
        workOrder: WorkOrderDigest, connector: ConnectorName, slot: Slot, certificate: [UInt8]?, leaf: Fingerprint?,
        privateKey: SecretBytes?, madeKey: MadeKey? = nil, expects: Holding
    ) {
        (self.workOrder, self.connector, self.slot) = (workOrder, connector, slot)
        (self.certificate, self.leaf, self.privateKey, self.expects) = (certificate, leaf, privateKey, expects)
        self.madeKey = madeKey
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

/// A key that was made on a device: whose, which, and beside which slots it may lie.
package struct MadeKey: Sendable, Hashable {
    package var certificate: CertificateName
    package var spki: SPKIFingerprint
    /// All of the certificate's slots there.
    package var slots: [Slot]

    package init(certificate: CertificateName, spki: SPKIFingerprint, slots: [Slot]) {
        (self.certificate, self.spki, self.slots) = (certificate, spki, slots)
    }
}

/// What a device is asked for when it shall make a key.
package struct KeyRequest: Sendable {
    package var certificate: CertificateName
    /// All of the certificate's slots on the device.
    package var slots: [Slot]
    package var keyType: CertificateSpec.Request.KeyType
    package var dnsNames: [String]
    package var ipAddresses: [String]
    package var usages: [CertificateSpec.Request.Usage]
    /// Also where a key waits there already for which no certificate has come.
    package var makesAnew: Bool

    package init(
        certificate: CertificateName, slots: [Slot], keyType: CertificateSpec.Request.KeyType, dnsNames: [String],
        ipAddresses: [String], usages: [CertificateSpec.Request.Usage], makesAnew: Bool
    ) {
        (self.certificate, self.slots, self.keyType) = (certificate, slots, keyType)
        (self.dnsNames, self.ipAddresses, self.usages) = (dnsNames, ipAddresses, usages)
        self.makesAnew = makesAnew
    }
}

/// A PKCS#10 request for a certificate of a key that stays where it is.
package struct SigningRequest: Sendable, Hashable {
    /// `CERTIFICATE REQUEST`.
    package var pem: [UInt8]
    package var spki: SPKIFingerprint
    /// The key was made for it; otherwise it waited there.
    package var isNewKey: Bool

    package init(pem: [UInt8], spki: SPKIFingerprint, isNewKey: Bool) {
        (self.pem, self.spki, self.isNewKey) = (pem, spki, isNewKey)
    }
}

/// Made for one device by a registry kind → factory; holds its transport. Every verb is idempotent; those with `fence` refuse on
/// the device itself (the latest fence is kept beside the slots), because a lease in a store cannot stop a process that was asleep.
package protocol DeviceDriver: Sendable {
    var traits: DriverTraits { get }
    func observe(_ slots: [Slot], unlessStill: DeviceStateToken?) async throws(DeviceError) -> DeviceObservation
    /// Everything that its configuration says of certificates, declared or not; nil: still what the token said. Reads only.
    func survey(unlessStill: DeviceStateToken?) async throws(DeviceError) -> DeviceSurvey?
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
    /// Makes a key below our own folder, or takes the one that waits there, and asks for its certificate. What is in use stays as it
    /// is. Throws `unsupported` where a device makes no keys.
    func signingRequest(_ request: KeyRequest, fence: Fence) async throws(DeviceError) -> SigningRequest
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
    package func signingRequest(
        _ request: KeyRequest, fence: Fence
    ) async throws(DeviceError) -> SigningRequest {
        throw DeviceError(.unsupported, operation: "make key", detail: "this kind of device makes no keys")
    }

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
