// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import Planning
internal import Vocabulary

extension FileSlots {
    /// Takes the batch's folders away. What the batch has replaced stays, whole pairs, until it is older than `keepPrevious`.
    func clean(_ batch: BatchID, _ slots: [Slot], fence: Fence) async throws(DeviceError) {
        try await takeAway(batch, slots, fence: fence, isAlone: true)
        try await prune(slots, fence: fence)
    }

    /// `clean` for every batch of which something lies here, but those that are open; and what was kept for long enough.
    ///
    /// Throws the first problem, once all else is done.
    func tidy(_ slots: [Slot], open: Set<BatchID>, fence: Fence) async throws(DeviceError) {
        let batches = try await leftovers(of: slots).batches
        // An open batch may have to be undone: it may need any folder that `live` has led to.
        let isAlone = batches.isDisjoint(with: open)
        var problem: DeviceError?
        for batch in batches.subtracting(open).sorted() {
            do throws(DeviceError) {
                try await takeAway(batch, slots, fence: fence, isAlone: isAlone)
            } catch {
                problem = problem ?? error
            }
        }
        if isAlone { try await prune(slots, fence: fence) }
        if let problem { throw problem }
    }

    private func takeAway(
        _ batch: BatchID, _ slots: [Slot], fence: Fence, isAlone: Bool
    ) async throws(DeviceError) {
        for (home, manifest) in try await manifests(of: batch, slots, fence: fence) {
            try await keep(manifest, in: home, slots.filter { $0.home == home }, fence: fence)
        }
        // With `switch: link`, the folder that this batch made for nothing. Before the batch's own folders, by which a later call
        // knows that there is something to do.
        let made = isAlone ? try await connectorFolders(of: slots).compactMap(\.unserved) : []
        let unserved = made.filter { $0.path.hasSuffix("/" + OwnFolder.generation(batch)) }.map(\.path)
        // Also what was not staged to the end, and has no manifest.
        let folders = Self.ownFolders(of: slots).map { Self.batchFolder(batch, in: $0) }
        _ = try await perform(Self.fences(fence, slots) + (unserved + folders).map { .remove($0) })
    }

    /// Moves what was replaced out of the batch's folder. A key that the batch left as it was goes with its certificate.
    private func keep(
        _ manifest: BatchManifest, in home: String, _ slots: [Slot], fence: Fence
    ) async throws(DeviceError) {
        let positions = try await positions(of: manifest.files)
        let replaced = positions.filter { $0.hasPrevious && !$0.liveIsPrevious && $0.content != $0.file.old }
            .filter { $0.file.role != .entry && $0.file.role != .live }
        guard !replaced.isEmpty else { return }
        let own = Ownership(owner: nil, mode: 0o700)
        let root = joined(home, OwnFolder.previous)
        var steps: [Step] = Self.fences(fence, slots) + [.folder(root, own)]
        for generation in replaced.map(\.file.generation).distinct() {
            let kept = joined(root, generation)
            steps += [.remove(kept), .folder(kept, own)]
            for position in replaced where position.file.generation == generation {
                let file = position.file
                // On another file system than the key's it is a copy.
                steps += [.copy(file.previous, to: joined(kept, file.role.rawValue))]
                // Unless another batch has been here since: the key may be another by now.
                if file.role == .certificate, position.content == file.new,
                    !replaced.contains(where: { $0.file.slot == file.slot && $0.file.role == .privateKey }),
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

    private func prune(_ slots: [Slot], fence: Fence) async throws(DeviceError) {
        let kept = try await perform(previousLists(slots)).statuses
        let surplus = (kept + (try await connectorFolders(of: slots).flatMap(\.surplus))).filter(isExpired)
        guard !surplus.isEmpty else { return }
        _ = try await perform(Self.fences(fence, slots) + surplus.map { .remove($0.path) })
    }

    /// Folders that `live` leads to in turn, with `switch: link`.
    func connectorFolders(of slots: [Slot]) async throws(DeviceError) -> [ConnectorFolder] {
        let listed = try await perform(Self.homes(of: slots).map { .list($0) })
        return try await perform(Self.connectors(in: listed).map { .list($0) }).compactMap {
            ConnectorFolder($0.statuses)
        }
    }
}
