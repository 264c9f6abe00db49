// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import PKI
internal import Planning
internal import Vocabulary

/// Kind `exec`: a device that a plugin knows. The verbs are its own; what it observes is parsed and judged here, and what must
/// be true of every candidate is checked here before it is asked.
struct ExecDriver: DeviceDriver {
    let device: DeviceName
    let plugin: Plugin
    /// Under which the bytes of what is neither certificate nor key are shown.
    let secret: SecretBytes
    let timeouts: DeviceSpec.Timeouts
    let keepPrevious: Seconds

    var traits: DriverTraits {
        DriverTraits(hasShell: false, checksInShadow: true, isCloud: false, isHitless: false)
    }

    // MARK: reading

    func observe(
        _ slots: [Slot], unlessStill known: DeviceStateToken?
    ) async throws(DeviceError) -> DeviceObservation {
        let seen = try await look(at: slots, unlessStill: known)
        return DeviceObservation(
            slots: seen.slots?.map(\.observation), token: seen.token, referenced: seen.referenced,
            leftovers: seen.leftovers)
    }

    private struct Seen: Sendable {
        var slots: [(observation: SlotObservation, state: FileDigest?)]?
        var token: DeviceStateToken
        var referenced: Set<String>?
        var leftovers: Leftovers
    }

    private func look(at slots: [Slot], unlessStill known: DeviceStateToken?) async throws(DeviceError) -> Seen {
        // Of another kind than ours it says nothing to a plugin.
        let token = known.flatMap { $0.text.hasPrefix(Self.tokenForm) ? $0.text.dropFirst(Self.tokenForm.count) : nil }
        var (answer, _) = try await plugin.ask(
            .observe, ["slots": Self.words(slots), "unlessStill": token.map { .string(String($0)) }],
            within: timeouts.check)
        let text = try answer.text("token", atMost: 1024)
        guard !text.isEmpty else { throw answer.wrong("token", "is empty") }
        var found: [(SlotObservation, FileDigest?)]?
        if let slotsAnswer = answer.take("slots") {
            var list = PluginAnswer(["slots": slotsAnswer]) { answer.wrong("slots", $0) }
            found = []
            for (slot, part) in zip(slots, try list.objects("slots", count: slots.count)) {
                found?.append(try observation(of: slot, part))
            }
        } else if token.map(String.init) != text {
            throw answer.wrong("slots", "is missing, and the token is another one")
        }
        let referenced = try answer.texts("referenced", atMost: 100_000)
        let leftovers = try leftovers(&answer)
        try answer.end()
        return Seen(
            slots: found, token: DeviceStateToken(Self.tokenForm + text), referenced: referenced.map(Set.init),
            leftovers: leftovers)
    }

    private static let tokenForm = "exec/1 "

    private func leftovers(_ answer: inout PluginAnswer) throws(DeviceError) -> Leftovers {
        let batches = try answer.texts("leftBatches", atMost: 10_000) ?? []
        let expired = try answer.flag("hasExpired") ?? false
        for batch in batches where (try? FileSlots.check(BatchID(batch))) == nil {
            throw answer.wrong("leftBatches", "holds what is no batch: 16 hex digits in lower case")
        }
        return Leftovers(batches: Set(batches.map { BatchID($0) }), hasExpired: expired)
    }

    private func observation(
        of slot: Slot, _ part: PluginAnswer
    ) throws(DeviceError) -> (SlotObservation, FileDigest?) {
        var part = part
        let certificate = try part.textOrNull("certificate", atMost: FileSlots.certificateLimit)
        let publicKey = try part.textOrNull("publicKey", atMost: FileSlots.keyLimit)
        let other: FileDigest? = try part.digest("other")
        let state: FileDigest? = try part.digest("state")
        try part.end()
        let key = SlotKey(device: device, path: slot.path)
        var spki: SPKIFingerprint?
        if let publicKey {
            guard let block = PEM.read(Array(publicKey.utf8)).blocks.first, block.label == "PUBLIC KEY" else {
                throw part.wrong("publicKey", "is no PEM of a PUBLIC KEY")
            }
            spki = SPKIFingerprint(hashing: block.der)
        }
        guard let certificate else {
            let holding: Holding =
                other.map { .other(authenticationCode(of: Array($0.hex.utf8), under: secret)) } ?? .nothing
            if holding != .nothing, state == nil {
                throw part.wrong("state", "is missing, and the slot holds something")
            }
            return (SlotObservation(slot: key, holding: holding, key: spki), state)
        }
        let blocks = PEM.read(Array(certificate.utf8)).blocks.filter { CertificateOutline($0.der) != nil }
        guard let leaf = blocks.first, other == nil else {
            throw part.wrong("certificate", "is no PEM of certificates, or stands beside other")
        }
        guard state != nil else { throw part.wrong("state", "is missing, and the slot holds something") }
        return (
            SlotObservation(
                slot: key, holding: .certificate(leaf: Fingerprint(hashing: leaf.der)),
                chain: blocks.dropFirst().map { Fingerprint(hashing: $0.der) }, key: spki, leafDER: leaf.der), state
        )
    }

    // MARK: pushing

    func stage(_ batch: Batch, fence: Fence) async throws(DeviceError) -> StagedBatch {
        try FileSlots.check(batch.id)
        for candidate in batch.candidates { try FileSlots.check(candidate) }
        let seen = try await look(at: batch.candidates.map(\.slot), unlessStill: nil)
        guard let slots = seen.slots else {
            throw DeviceError(.failed, operation: "observe", detail: "it says nothing of the slots")
        }
        var live: [String: FileDigest?] = [:]
        for (candidate, slot) in zip(batch.candidates, slots) {
            guard slot.observation.holding == candidate.expects else {
                throw DeviceError(
                    .changed, operation: "stage",
                    detail: "\(candidate.slot.path): holds \(slot.observation.holding.words), "
                        + "not \(candidate.expects.words)")
            }
            live.updateValue(slot.state, forKey: candidate.slot.path)
        }
        let staged = StagedBatch(batch: batch, live: live)
        try await ask(.stage, staged, fence, within: timeouts.check).end()
        return staged
    }

    func check(_ staged: StagedBatch) async throws(DeviceError) -> [WorkOrderDigest: CandidateVerdict] {
        var answer = try await ask(.check, staged, nil, within: timeouts.check)
        let candidates = staged.batch.candidates
        let parts = try answer.objects("verdicts", count: candidates.count)
        try answer.end()
        var verdicts: [WorkOrderDigest: CandidateVerdict] = [:]
        for (candidate, part) in zip(candidates, parts) {
            var part = part
            let accepted = try part.flag("accepted")
            let refused = try part.textOrNull("refused", atMost: 64 << 10)
            let awaits = try part.texts("awaits", atMost: 10_000)
            try part.end()
            let keys = candidates.compactMap(\.privateKey)
            switch (accepted, refused, awaits) {
            case (true?, nil, nil): verdicts[candidate.workOrder] = .accepted
            case (nil, let message?, nil) where !message.isEmpty:
                verdicts[candidate.workOrder] = .refused(
                    message: Plugin.withholding(keys, String(message.prefix(2048))))
            case (nil, nil, let files?) where !files.isEmpty:
                verdicts[candidate.workOrder] = .awaits(files: files)
            default:
                throw part.wrong("accepted", "is not true, and there is no single refused or awaits in its place")
            }
        }
        return verdicts
    }

    func install(_ staged: StagedBatch, fence: Fence) async throws(DeviceError) {
        try await ask(.install, staged, fence, within: timeouts.reload).end()
    }

    func makeLive(_ slots: [Slot], fence: Fence) async throws(DeviceError) -> Duration {
        let (answer, took) = try await plugin.ask(
            .makeLive, ["fence": fence.words, "slots": Self.words(slots)], within: timeouts.reload)
        try answer.end()
        return took
    }

    func undo(_ batch: BatchID, slots: [Slot], fence: Fence) async throws(DeviceError) {
        try await settle(.undo, batch, slots, fence, within: timeouts.reload)
    }

    func clean(_ batch: BatchID, slots: [Slot], fence: Fence) async throws(DeviceError) {
        try await settle(.clean, batch, slots, fence, within: timeouts.check)
    }

    func tidy(_ slots: [Slot], open: Set<BatchID>, fence: Fence) async throws(DeviceError) {
        let request: JSONObject = [
            "fence": fence.words, "slots": Self.words(slots), "keepPrevious": .integer(keepPrevious.count),
            "open": .array(open.map(\.text).sorted().map { .string($0) }),
        ]
        try await plugin.ask(.tidy, request, within: timeouts.check).answer.end()
    }

    private func settle(
        _ verb: Plugin.Verb, _ batch: BatchID, _ slots: [Slot], _ fence: Fence, within limit: Duration
    ) async throws(DeviceError) {
        try FileSlots.check(batch)
        let request: JSONObject = [
            "fence": fence.words, "batch": .string(batch.text), "slots": Self.words(slots),
            "keepPrevious": .integer(keepPrevious.count),
        ]
        try await plugin.ask(verb, request, within: limit).answer.end()
    }

    private func ask(
        _ verb: Plugin.Verb, _ staged: StagedBatch, _ fence: Fence?, within limit: Duration
    ) async throws(DeviceError) -> PluginAnswer {
        let mark = Plugin.Mark()
        var keys: [SecretBytes] = []
        var candidates: [JSONValue] = []
        for candidate in staged.batch.candidates {
            // Absent where it is taken away; a key that is absent stays as it lies there.
            candidates.append([
                "workOrder": .string(candidate.workOrder.description), "connector": .string(candidate.connector.text),
                "slot": Self.words(candidate.slot),
                "certificate": candidate.certificate.map { .string(String(decoding: $0, as: UTF8.self)) },
                "privateKey": candidate.privateKey.map { _ in .string(mark.text) },
                "state": .orNull((staged.live[candidate.slot.path] ?? nil).map { .string($0.hex) }),
            ])
            if let key = candidate.privateKey { keys.append(key) }
        }
        let request: JSONObject = [
            "fence": fence?.words, "batch": .string(staged.batch.id.text), "candidates": .array(candidates),
        ]
        return try await plugin.ask(verb, request, keys: keys, mark: mark, within: limit).answer
    }

    // MARK: what is said of a slot

    private static func words(_ slots: [Slot]) -> JSONValue { .array(slots.map(words)) }

    private static func words(_ slot: Slot) -> JSONValue {
        var words: JSONObject = [
            "owner": slot.owner.map { .string($0) }, "mode": slot.mode.map(octal),
            "certificateMode": slot.certificateMode.map(octal),
        ]
        switch slot.files {
        case .pair(let certificate, let key):
            words["certificate"] = .string(certificate)
            words["privateKey"] = .string(key)
        case .bundle(let path): words["bundle"] = .string(path)
        case .entry(let name): words["entry"] = .string(String(name.dropFirst(Slot.pluginEntry.count)))
        }
        return .object(words)
    }

    private static func octal(_ mode: UInt32) -> JSONValue {
        let digits = String(mode, radix: 8)
        return .string(String(repeating: "0", count: max(0, 4 - digits.count)) + digits)
    }
}

extension Fence {
    /// As a plugin is told it.
    fileprivate var words: JSONValue {
        [
            "zone": .string(realm.zone.text), "epoch": .string(realm.epoch.text),
            "begun": .integer(realm.begunAt.secondsSince1970), "lease": .integer(Int64(clamping: lease)),
            "succeeds": realm.succeeds.isEmpty ? nil : .array(realm.succeeds.map { .string($0.text) }),
        ]
    }
}
