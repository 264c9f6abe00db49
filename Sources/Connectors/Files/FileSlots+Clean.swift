// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import Planning
internal import Vocabulary

extension FileSlots {
    /// Takes the batch's folders away. What the batch has replaced stays, whole pairs, until it is older than `keepPrevious`.
    func clean(_ batch: BatchID, _ slots: [Slot], fence: Fence) async throws(DeviceError) {
        if let known = memory.takeAftermath(of: batch) {
            // Where it is as we left it, there is nothing to look at first.
            var live: [String: FileDigest?] = [:]
            for position in known.positions { live.updateValue(position.content, forKey: position.file.live) }
            do throws(DeviceError) {
                return try await perform(cleaning(batch, slots, known, expecting: live), under: fence, slots)
            } catch {
                guard error.code == .changed else { throw error }
            }
        }
        memory.forget()
        let found = try await aftermath(of: batch, slots)
        try await perform(cleaning(batch, slots, found), under: fence, slots)
    }

    /// `clean` for every batch of which something lies here, but those that are open; and what was kept for long enough.
    ///
    /// Throws the first problem, once all else is done.
    func tidy(_ slots: [Slot], open: Set<BatchID>, fence: Fence) async throws(DeviceError) {
        memory.forget()
        let survey = try await perform(Self.surveys(of: slots)).statuses
        let batches = leftovers(in: survey).batches
        // An open batch may have to be undone: it may need any folder that `live` has led to.
        let isAlone = batches.isDisjoint(with: open)
        var problem: DeviceError?
        for batch in batches.subtracting(open).sorted() {
            do throws(DeviceError) {
                let found = try await aftermath(of: batch, slots)
                try await perform(takingAway(batch, slots, found, isAlone: isAlone).steps, under: fence, slots)
            } catch {
                problem = problem ?? error
            }
        }
        if isAlone {
            let survey = try await perform(Self.surveys(of: slots)).statuses
            try await perform(pruning(survey, besides: []), under: fence, slots)
        }
        if let problem { throw problem }
    }

    private func perform(_ steps: [Step], under fence: Fence, _ slots: [Slot]) async throws(DeviceError) {
        if !steps.isEmpty { _ = try await perform(Self.fences(fence, slots) + steps) }
    }

    private func aftermath(of batch: BatchID, _ slots: [Slot]) async throws(DeviceError) -> Aftermath {
        let manifests = try await manifests(of: batch, slots, fence: nil)
        let keys = Step.stat(slots.map(\.keyPath).distinct(), followingLinks: false)
        let results = try await perform([keys] + Self.surveys(of: slots))
        return Aftermath(
            manifests: manifests, positions: try await positions(of: manifests.flatMap(\.manifest.files)),
            survey: Array(results.dropFirst()).statuses,
            keys: Set((results.first?.statuses ?? []).filter { $0.kind == .file }.map(\.path)))
    }

    // MARK: values in, steps out

    /// - Parameter live: what must lie in the live places for what is known to be so.
    private func cleaning(
        _ batch: BatchID, _ slots: [Slot], _ found: Aftermath, expecting live: [String: FileDigest?] = [:]
    ) -> [Step] {
        let (steps, kept) = takingAway(batch, slots, found, isAlone: true)
        return (live.isEmpty ? [] : [.expect(live)]) + steps + pruning(found.survey, besides: kept)
    }

    private func takingAway(
        _ batch: BatchID, _ slots: [Slot], _ found: Aftermath, isAlone: Bool
    ) -> (steps: [Step], kept: Set<String>) {
        var steps: [Step] = []
        var kept: Set<String> = []
        for (home, manifest) in found.manifests {
            let own = Set(manifest.files.map(\.live))
            let (more, folders) = keeping(
                found.positions.filter { own.contains($0.file.live) }, in: home, slots.filter { $0.home == home },
                found.keys)
            steps += more
            kept.formUnion(folders)
        }
        // With `switch: link`, the folder that this batch made for nothing. Before the batch's own folders, by which a later call
        // knows that there is something to do.
        let made = isAlone ? Self.connectorFolders(in: found.survey).compactMap(\.unserved) : []
        let unserved = made.filter { $0.path.hasSuffix("/" + OwnFolder.generation(batch)) }.map(\.path)
        // Also what was not staged to the end, and has no manifest.
        let folders = Self.ownFolders(of: slots).map { Self.batchFolder(batch, in: $0) }
        return (steps + (unserved + folders).map { .remove($0) }, kept)
    }

    /// Moves what was replaced out of the batch's folder. A key that the batch left as it was goes with its certificate.
    private func keeping(
        _ positions: [FilePosition], in home: String, _ slots: [Slot], _ keys: Set<String>
    ) -> (steps: [Step], kept: [String]) {
        let replaced = positions.filter { $0.hasPrevious && !$0.liveIsPrevious && $0.content != $0.file.old }
            .filter { $0.file.role != .entry && $0.file.role != .live }
        guard !replaced.isEmpty else { return ([], []) }
        let own = Ownership(owner: nil, mode: 0o700)
        let root = joined(home, OwnFolder.previous)
        var steps: [Step] = [.folder(root, own)]
        var all: [String] = []
        for generation in replaced.map(\.file.generation).distinct() {
            let kept = joined(root, generation)
            all.append(kept)
            steps += [.remove(kept), .folder(kept, own)]
            for position in replaced where position.file.generation == generation {
                let file = position.file
                // On another file system than the key's it is a copy.
                steps += [.copy(file.previous, to: joined(kept, file.role.rawValue))]
                // Unless another batch has been here since: the key may be another by now.
                if file.role == .certificate, position.content == file.new,
                    !replaced.contains(where: { $0.file.slot == file.slot && $0.file.role == .privateKey }),
                    let slot = slots.first(where: { $0.path == file.slot }), keys.contains(slot.keyPath)
                {
                    steps.append(.copy(slot.keyPath, to: joined(kept, BatchManifest.Role.privateKey.rawValue)))
                }
            }
            steps.append(.sync([kept]))
        }
        return (steps + [.sync([root])], all)
    }

    private func pruning(_ survey: [FileStatus], besides kept: Set<String>) -> [Step] {
        (Self.previous(in: survey) + Self.connectorFolders(in: survey).flatMap(\.surplus))
            .filter { isExpired($0) && !kept.contains($0.path) }.map { .remove($0.path) }
    }
}
