// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import Planning
internal import Vocabulary

extension FileSlots {
    /// Puts the candidates in their places: one call compares, keeps what is there, and renames. Stopped in the middle, it may be
    /// done again or undone.
    ///
    /// Throws `changed`, or `fenced`, only where the batch has changed nothing: a live file is not what it was when it was staged,
    /// or somebody else has pushed here since. The comparisons stand before the first rename, for all slots.
    func install(_ staged: StagedBatch, fence: Fence) async throws(DeviceError) {
        let slots = staged.batch.candidates.map(\.slot)
        let manifests = try await manifests(of: staged.batch.id, slots, fence: fence)
        guard manifests.count == Self.homes(of: slots).count else {
            throw DeviceError(.failed, operation: "install", detail: "batch \(staged.batch.id.text) is not staged here")
        }
        let all = try await positions(of: manifests.flatMap(\.manifest.files))
        let pending = all.filter { !$0.isSwitched }
        var expected = staged.live
        for position in all {
            let file = position.file
            if position.isSwitched { expected.updateValue(file.new, forKey: file.live) }
            // Not what it was when it was staged, and not what it shall become.
            guard let before = staged.live[file.live], before == file.old else {
                throw DeviceError(.failed, operation: "install", detail: "\(file.live): staged for something else")
            }
        }
        let folders = manifests.flatMap(\.manifest.folders)
        var steps = Self.fences(fence, slots) + [.expect(expected)]
        for position in pending where position.file.old != nil {
            steps.append(.copy(position.file.live, to: position.file.previous))
        }
        steps += [.sync(folders), .expect(expected)]
        for position in pending {
            let file = position.file
            steps.append(file.new == nil ? .remove(file.live) : .replace(file.live, by: file.staged))
        }
        steps.append(.sync((all.map { folder(of: $0.file.live) } + folders).distinct()))
        do throws(DeviceError) {
            _ = try await perform(steps)
        } catch {
            // Done again after it was stopped in the middle: what was switched then must be undone.
            guard pending.count < all.count, error.code == .changed || error.code == .fenced else { throw error }
            throw DeviceError(.failed, operation: error.operation, detail: error.detail)
        }
    }

    /// Puts back what lay there before the batch: the very files, with their owner, mode and times.
    func undo(_ batch: BatchID, _ slots: [Slot], fence: Fence) async throws(DeviceError) {
        let asked = Set(slots.map(\.path))
        let files = try await manifests(of: batch, slots, fence: fence).flatMap(\.manifest.files)
            .filter { asked.contains($0.slot) && $0.role != .entry }
        var restored: [FilePosition] = []
        var problem: DeviceError?
        let positions = try await positions(of: files)
        for slot in files.map(\.slot).distinct() {
            let own = positions.filter { $0.file.slot == slot }
            do throws(DeviceError) {
                // A pair of which somebody has changed one half is left whole as it is.
                for position in own where try position.mustBeRestored() { restored.append(position) }
            } catch {
                restored.removeAll { $0.file.slot == slot }
                problem = problem ?? error
            }
        }
        if !restored.isEmpty {
            var expected: [String: FileDigest?] = [:]
            for position in restored { expected.updateValue(position.content, forKey: position.file.live) }
            var steps = Self.fences(fence, slots) + [.expect(expected)]
            for position in restored {
                let file = position.file
                steps.append(file.old == nil ? .remove(file.live) : .replace(file.live, by: file.previous))
            }
            steps.append(
                .sync(restored.flatMap { [folder(of: $0.file.live), folder(of: $0.file.previous)] }.distinct()))
            _ = try await perform(steps)
        }
        if let problem { throw problem }
    }
}

extension FilePosition {
    /// False where the batch never switched this file, or where it has been restored already.
    fileprivate func mustBeRestored() throws(DeviceError) -> Bool {
        if file.new != nil, isStaged { return false }
        let foreign = DeviceError(
            .changed, operation: "undo", detail: "\(file.live): somebody else has changed it since; it is left as it is"
        )
        guard file.old != nil else {
            if content == nil { return false }
            guard content == file.new else { throw foreign }
            return true
        }
        if hasPrevious {
            if liveIsPrevious { return false }
            if content == file.new { return true }
            if content == file.old { return false }
            throw foreign
        }
        if content == file.old || content != file.new { return false }
        throw DeviceError(
            .failed, operation: "undo", detail: "\(file.live): what lay there before is no longer in our folder")
    }
}
