// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import PKI
internal import Planning
internal import Vocabulary

extension FileSlots {
    /// Writes the candidates, durably, below our own folder. What lay there of this batch from before is made anew.
    ///
    /// Throws `changed` if a slot does not hold what the candidate expects, `refused` if a candidate is no certificate or no
    /// key, `denied` if owner or group cannot be set, `failed` if this batch has been switched already.
    func stage(_ batch: Batch, fence: Fence) async throws(DeviceError) -> StagedBatch {
        memory.forget()
        let (staged, steps) = try await staging(batch, fence: fence)
        _ = try await perform(steps)
        return staged
    }

    /// What `stage` does, and what there will be then; only reads.
    func staging(_ batch: Batch, fence: Fence) async throws(DeviceError) -> (StagedBatch, [Step]) {
        let slots = batch.candidates.map(\.slot)
        try Self.check(batch.id)
        for candidate in batch.candidates { try Self.check(candidate) }
        let before = try await manifests(of: batch.id, slots, fence: nil)
        for (_, manifest) in before
        where try await positions(of: manifest.files).contains(where: { $0.hasPrevious && !$0.liveIsPrevious }) {
            throw DeviceError(.failed, operation: "stage", detail: "batch \(batch.id.text) has been switched already")
        }
        let ground = try await ground(of: batch.candidates)
        var staged = StagedBatch(batch: batch, live: [:])
        var (folders, steps): ([Step], [Step]) = ([], [])
        for home in Self.homes(of: slots).sorted() {
            var staging = Staging(batch: batch.id, home: home, ground: ground)
            for candidate in batch.candidates where candidate.slot.home == home {
                try staging.add(candidate)
            }
            staged.live.merge(staging.expected) { $1 }
            staged.manifests.append((home, staging.manifest))
            folders += staging.ownFolders(under: fence)
            steps += staging.steps
        }
        // What was seen may be some seconds old: as it was, and not switched meanwhile.
        var expected = ground.digests.filter { !OwnFolder.isOurs($0.key) }
        for home in staged.manifests.map(\.home) where !before.contains(where: { $0.home == home }) {
            expected.updateValue(nil, forKey: joined(Self.batchFolder(batch.id, in: home), "manifest"))
        }
        return (staged, folders + [.expect(expected)] + steps)
    }

    /// Defence in depth: the caller has judged all of this and more.
    private static func check(_ candidate: Candidate) throws(DeviceError) {
        func refusal(_ detail: String) -> DeviceError {
            DeviceError(.refused, operation: "stage", detail: "\(candidate.connector): \(detail)")
        }
        if let certificate = candidate.certificate {
            guard let chain = try? ChainFile(pem: certificate) else { throw refusal("this is no certificate chain") }
            guard chain.leaf.fingerprint == candidate.leaf else { throw refusal("this is another certificate") }
        }
        if let key = candidate.privateKey, (try? PrivateKey(key)) == nil { throw refusal("private key cannot be read") }
    }

    private func ground(of candidates: [Candidate]) async throws(DeviceError) -> Ground {
        let slots = candidates.map(\.slot)
        var ground = Ground()
        let paths = slots.flatMap(\.paths).distinct()
        let lives = candidates.map { joined(joined($0.slot.home, $0.connector.text), "live") }.distinct()
        let folders = paths.map(folder(of:)).distinct()
        let results = try await perform([
            .stat(paths, followingLinks: true), .stat(folders, followingLinks: true), .digest(paths + lives),
            .stat(lives + paths, followingLinks: false),
        ])
        guard results.count == 4 else { throw DeviceError(.failed, operation: "look", detail: "results are missing") }
        for status in results[0].statuses { ground.files[status.path] = status }
        for status in results[1].statuses { ground.fileSystems[status.path] = status.device }
        ground.digests = results[2].digests
        for status in results[3].statuses { ground.entries[status.path] = status }
        for (slot, content) in zip(slots, try await contents(of: slots)) {
            let observed = content.observation(of: device, under: secret)
            ground.holdings[slot.path] = observed.holding
            if case .bundle = slot.files { ground.bundles[slot.path] = content.privateKey }
        }
        for candidate in candidates where ground.holdings[candidate.slot.path] != candidate.expects {
            throw DeviceError(
                .changed, operation: "stage",
                detail: "\(candidate.slot.path): holds \(ground.holdings[candidate.slot.path]?.words ?? "nothing"), "
                    + "not \(candidate.expects.words)")
        }
        for path in folders where (ground.fileSystems[path] ?? 0) == 0 {
            throw DeviceError(.failed, operation: "stage", detail: "\(path): there is no such folder")
        }
        return ground
    }
}

/// What was found where candidates shall go.
struct Ground: Sendable {
    var files: [String: FileStatus] = [:]  // links followed
    var entries: [String: FileStatus] = [:]  // links themselves
    var digests: [String: FileDigest?] = [:]
    var fileSystems: [String: UInt64] = [:]  // of folders
    var holdings: [String: Holding] = [:]
    var bundles: [String: SecretBytes] = [:]
}

extension Holding {
    var words: String {
        switch self {
        case .nothing: "nothing"
        case .certificate(let leaf): "certificate \(leaf.short)"
        case .other(let code): "something that is neither certificate nor key (\(code.short))"
        }
    }
    /// The folder's name under which it is kept once it is replaced.
    var generation: String {
        switch self {
        case .nothing: "nothing"
        case .certificate(let leaf): leaf.hex
        case .other(let code): "other-" + code.hex
        }
    }
}
