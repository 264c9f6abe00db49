// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import Planning
internal import Vocabulary

/// Slots that are files: how they are read, staged, switched, restored and tidied up, whatever server reads them.
///
/// Below a slot's `.countersign/` (beside its private key) lie
/// - `_fence`,
/// - `_batch-<id>/` with `manifest`, the candidates and, from right before the switch on, what they replace,
/// - `_previous/<leaf>/` with what was replaced,
/// - with `switch: link`, `<connector>/live` and the folders that it points to in turn (a connector's name has no underscore).
///
/// Where a certificate lies on another file system than its key, its candidate is in a `.countersign/` beside it, because
/// rename(2) does not reach across.
struct FileSlots: Sendable {
    var device: DeviceName
    var transport: any Transport
    /// Under which the bytes of what is neither certificate nor key are shown.
    var secret: SecretBytes
    var keepPrevious: Seconds
    /// For one round trip of file work.
    var limit: Duration
    var now: @Sendable () -> Timestamp
    var memory = DeviceMemory()

    static let certificateLimit = 1 << 20
    static let keyLimit = 64 << 10

    func perform(_ steps: [Step]) async throws(DeviceError) -> [StepResult] {
        steps.isEmpty ? [] : try await transport.perform(steps, within: limit)
    }

    static func homes(of slots: [Slot]) -> [String] { slots.map(\.home).distinct() }

    /// In one order for all, since each is a lock.
    static func fences(_ fence: Fence, _ slots: [Slot]) -> [Step] {
        homes(of: slots).sorted().map { .fence(fence, folder: $0) }
    }

    static func batchFolder(_ batch: BatchID, in home: String) -> String { joined(home, OwnFolder.batch(batch)) }

    /// The batch's name becomes a folder's.
    static func check(_ batch: BatchID) throws(DeviceError) {
        guard Hex.decode(batch.text)?.count == 8 else {
            throw DeviceError(.failed, operation: "batch", detail: "not 16 lower-case hex digits")
        }
    }

    // MARK: reading

    /// All that a push asks of these slots before it writes, for one round trip: what they hold, and where candidates would go.
    static func closeLook(at slots: [Slot]) -> [Step] {
        let paths = slots.flatMap(\.paths).distinct()
        let folders = paths.map(folder(of:)).distinct()
        return reads(of: slots)
            + [
                .stat(paths, followingLinks: true), .stat(folders, followingLinks: true), .digest(paths),
                .stat(homes(of: slots), followingLinks: false),
            ] + folders.map { .list($0) }
    }

    private static func reads(of slots: [Slot]) -> [Step] {
        slots.flatMap { slot -> [Step] in
            switch slot.files {
            case .pair(let certificate, let key):
                [.read(certificate, limit: certificateLimit), .read(key, limit: keyLimit)]
            case .bundle(let path): [.read(path, limit: certificateLimit)]
            case .entry: []
            }
        }
    }

    func contents(of slots: [Slot]) async throws(DeviceError) -> [SlotContent] {
        for case .entry(let name) in slots.map(\.files) {
            throw DeviceError(.unsupported, operation: "read slot", detail: "\(name): no file of this device")
        }
        var results = try await perform(Self.reads(of: slots)).makeIterator()
        return slots.map { slot in
            let certificate = results.next()?.content
            let key = if case .pair = slot.files { results.next()?.content } else { certificate }
            return SlotContent(slot: slot, certificate: certificate, privateKey: key)
        }
    }

    func observations(of slots: [Slot]) async throws(DeviceError) -> [SlotObservation] {
        let contents = try await contents(of: slots)
        // A key costs up to some milliseconds: it is checked against itself.
        let part = max(16, (contents.count + 3) / 4)
        return await withTaskGroup(of: (Int, [SlotObservation]).self) { group in
            for start in stride(from: 0, to: contents.count, by: part) {
                let some = contents[start..<min(start + part, contents.count)]
                group.addTask { (start, some.map { $0.observation(of: device, under: secret) }) }
            }
            var parts: [(Int, [SlotObservation])] = []
            for await part in group { parts.append(part) }
            return parts.sorted { $0.0 < $1.0 }.flatMap(\.1)
        }
    }

    // MARK: manifests

    /// Those of a batch that are there; none is where it was not staged to the end.
    func manifests(
        of batch: BatchID, _ slots: [Slot], fence: Fence?
    ) async throws(DeviceError) -> [(home: String, manifest: BatchManifest)] {
        try Self.check(batch)
        let homes = Self.homes(of: slots)
        let paths = homes.map { joined(Self.batchFolder(batch, in: $0), "manifest") }
        let results = try await perform(
            (fence.map { Self.fences($0, slots) } ?? []) + paths.map { .read($0, limit: 16 << 20) })
        var found: [(String, BatchManifest)] = []
        for ((home, path), result) in zip(zip(homes, paths), results.suffix(paths.count)) {
            guard let content = result.content else { continue }
            guard let manifest = BatchManifest(content.withUnsafeBytes { Array($0) }, of: batch) else {
                throw DeviceError(.failed, operation: "read manifest", detail: "\(path): damaged")
            }
            found.append((home, manifest))
        }
        return found
    }

    /// Where each file of a batch stands now.
    func positions(of files: [BatchManifest.File]) async throws(DeviceError) -> [FilePosition] {
        guard !files.isEmpty else { return [] }
        let results = try await perform([
            .digest(files.map(\.live)), .stat(files.map(\.live), followingLinks: false),
            .stat(files.map(\.staged), followingLinks: false), .stat(files.map(\.previous), followingLinks: false),
        ])
        guard results.count == 4 else { throw DeviceError(.failed, operation: "look", detail: "results are missing") }
        let digests = results[0].digests
        let (live, staged, previous) = (results[1].statuses, results[2].statuses, results[3].statuses)
        return files.indices.map { index in
            FilePosition(
                file: files[index], content: digests[files[index].live] ?? nil,
                isStaged: staged[index].kind != .absent, hasPrevious: previous[index].kind != .absent,
                liveIsPrevious: live[index].isSameFile(as: previous[index]))
        }
    }
}

/// A file of a batch, as it is on the device now.
struct FilePosition: Sendable {
    var file: BatchManifest.File
    /// What lies in the live place.
    var content: FileDigest?
    /// The candidate still lies in our folder: it has not been switched.
    var isStaged: Bool
    var hasPrevious: Bool
    /// One file under two names: kept for the undo, not switched (or restored) yet.
    var liveIsPrevious: Bool

    var isSwitched: Bool { content == file.new && (file.new == nil || !isStaged) }
}

extension StepResult {
    var statuses: [FileStatus] { if case .status(let all) = self { all } else { [] } }
    var content: SecretBytes? { if case .content(let bytes) = self { bytes } else { nil } }
    var digests: [String: FileDigest?] { if case .digests(let all) = self { all } else { [:] } }
}

extension [StepResult] {
    var statuses: [FileStatus] { flatMap(\.statuses) }
}
