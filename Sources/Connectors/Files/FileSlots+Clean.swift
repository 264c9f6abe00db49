// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import Planning
internal import Vocabulary

extension FileSlots {
    /// Takes the batch's folders away. What the batch has replaced stays, whole pairs, until it is older than `keepPrevious`.
    func clean(_ batch: BatchID, _ slots: [Slot], fence: UInt64) async throws(DeviceError) {
        for (home, manifest) in try await manifests(of: batch, slots, fence: fence) {
            try await keep(manifest, in: home, slots.filter { $0.home == home }, fence: fence)
        }
        // Also what was not staged to the end, and has no manifest.
        let folders = slots.flatMap { [$0.home] + $0.paths.map { joined(folder(of: $0), OwnFolder.name) } }.distinct()
        let homes = Self.homes(of: slots)
        let contents = try await perform(
            Self.fences(fence, slots) + folders.map { .remove(Self.batchFolder(batch, in: $0)) }
                + homes.map { .list(joined($0, OwnFolder.previous)) } + homes.map { .list($0) }
        ).suffix(2 * homes.count)
        try await prune(contents.prefix(homes.count).flatMap(\.statuses), fence, slots)
        let connectors = contents.suffix(homes.count).flatMap(\.statuses)
            .filter { $0.kind == .folder && !$0.path.contains("/\(OwnFolder.name)/_") }
        try await pruneGenerations(of: connectors.map(\.path), batch, fence, slots)
    }

    /// Moves what was replaced out of the batch's folder. A key that the batch left as it was goes with its certificate.
    private func keep(
        _ manifest: BatchManifest, in home: String, _ slots: [Slot], fence: UInt64
    ) async throws(DeviceError) {
        let positions = try await positions(of: manifest.files)
        let replaced = positions.filter { $0.hasPrevious && !$0.liveIsPrevious && $0.content != $0.file.old }
            .map(\.file).filter { $0.role != .entry && $0.role != .live }
        guard !replaced.isEmpty else { return }
        let own = Ownership(owner: nil, mode: 0o700)
        let root = joined(home, OwnFolder.previous)
        var steps: [Step] = Self.fences(fence, slots) + [.folder(root, own)]
        for generation in replaced.map(\.generation).distinct() {
            let kept = joined(root, generation)
            steps += [.remove(kept), .folder(kept, own)]
            for file in replaced where file.generation == generation {
                // On another file system than the key's it is a copy.
                steps += [.copy(file.previous, to: joined(kept, file.role.rawValue))]
                if file.role == .certificate,
                    !replaced.contains(where: { $0.slot == file.slot && $0.role == .privateKey }),
                    let slot = slots.first(where: { $0.path == file.slot }), try await isFile(slot.keyPath)
                {
                    steps.append(.copy(slot.keyPath, to: joined(kept, BatchManifest.Role.privateKey.rawValue)))
                }
            }
            steps.append(.sync([kept]))
        }
        _ = try await perform(steps + [.sync([root])])
    }

    private func isFile(_ path: String) async throws(DeviceError) -> Bool {
        try await perform([.stat([path], followingLinks: false)]).statuses.first?.kind == .file
    }

    private func prune(_ kept: [FileStatus], _ fence: UInt64, _ slots: [Slot]) async throws(DeviceError) {
        let oldest = (now() - keepPrevious).secondsSince1970 * 1_000_000_000
        let surplus = kept.filter { $0.modifiedNanoseconds < oldest }
        guard !surplus.isEmpty else { return }
        _ = try await perform(Self.fences(fence, slots) + surplus.map { .remove($0.path) })
    }

    /// With `switch: link`: folders that `live` does not lead to. The one that this batch made goes at once: it was never
    /// served, or is no longer.
    private func pruneGenerations(
        of connectors: [String], _ batch: BatchID, _ fence: UInt64, _ slots: [Slot]
    ) async throws(DeviceError) {
        for content in try await perform(connectors.map { .list($0) }).map(\.statuses) {
            guard let live = content.first(where: { $0.kind == .link && $0.path.hasSuffix("/live") }) else { continue }
            let surplus = content.filter { $0.kind == .folder && !$0.path.hasSuffix("/\(live.linkTarget ?? "")") }
            let own = surplus.filter { $0.path.hasSuffix("/" + OwnFolder.generation(batch)) }
            _ = try await perform(
                own.isEmpty ? [] : Self.fences(fence, slots) + own.map { .remove($0.path) })
            try await prune(surplus, fence, slots)
        }
    }
}
