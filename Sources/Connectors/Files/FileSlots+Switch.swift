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
        memory.forget()
        let slots = staged.batch.candidates.map(\.slot)
        let asked = Set(slots.map(\.path))
        let manifests = try await manifests(of: staged.batch.id, slots, fence: fence)
        guard manifests.count == Self.homes(of: slots).count else {
            throw DeviceError(.failed, operation: "install", detail: "batch \(staged.batch.id.text) is not staged here")
        }
        // What was staged with them and refused since stays where it is.
        let all = try await positions(of: manifests.flatMap(\.manifest.files).filter { asked.contains($0.slot) })
        let pending = all.filter { !$0.isSwitched }
        var expected = staged.expected
        for position in all {
            let file = position.file
            if position.isSwitched { expected.updateValue(file.new, forKey: file.live) }
            // Not what it was when it was staged, and not what it shall become.
            guard let before = staged.live[file.live], before == file.old else {
                throw DeviceError(.failed, operation: "install", detail: "\(file.live): staged for something else")
            }
        }
        let steps = Self.switching(
            pending.map(\.file), of: all.map(\.file), manifests.flatMap(\.manifest.folders), expected)
        do throws(DeviceError) {
            _ = try await perform(Self.fences(fence, slots) + steps)
        } catch {
            // Done again after it was stopped in the middle: what was switched then must be undone.
            guard pending.count < all.count, error.code == .changed || error.code == .fenced else { throw error }
            throw DeviceError(.failed, operation: error.operation, detail: error.detail)
        }
    }

    private static func switching(
        _ pending: [BatchManifest.File], of all: [BatchManifest.File], _ folders: [String],
        _ expected: [String: FileDigest?]
    ) -> [Step] {
        var steps: [Step] = [.expect(expected)]
        for file in pending where file.old != nil { steps.append(.copy(file.live, to: file.previous)) }
        steps += [.sync(folders), .expect(expected)]
        for file in pending {
            steps.append(file.new == nil ? .remove(file.live) : .replace(file.live, by: file.staged))
        }
        return steps + [.sync((all.map { folder(of: $0.live) } + folders).distinct())]
    }

    /// What `install` does where nothing of what was just staged has been switched yet; where something has, its first step is
    /// `changed`. nil: what was staged is not known.
    func firstSwitch(_ staged: StagedBatch, fence: Fence) -> [Step]? {
        guard !staged.manifests.isEmpty else { return nil }
        let slots = staged.batch.candidates.map(\.slot)
        let files = staged.files
        let folders = staged.manifests.filter { entry in slots.contains { $0.home == entry.home } }
            .flatMap(\.manifest.folders)
        return Self.fences(fence, slots) + Self.switching(files, of: files, folders, staged.expected)
    }

    /// What a switch that was done to its end leaves behind; nil where that cannot be said without looking.
    func aftermath(of staged: StagedBatch, _ before: Picture) -> Aftermath? {
        let slots = staged.batch.candidates.map(\.slot)
        guard let surveys = before.answer(Self.surveys(of: slots)),
            let keys = before.answer([.stat(slots.map(\.keyPath).distinct(), followingLinks: false)])
        else { return nil }
        let isAsked = Set(staged.files.map(\.live))
        return Aftermath(
            manifests: staged.manifests,
            positions: staged.manifests.flatMap(\.manifest.files).map { file in
                let isSwitched = isAsked.contains(file.live)
                return FilePosition(
                    file: file, content: isSwitched ? file.new : file.old, isStaged: !isSwitched && file.new != nil,
                    hasPrevious: isSwitched && file.old != nil, liveIsPrevious: false)
            }, survey: surveys.statuses, keys: Set(keys.statuses.filter { $0.kind == .file }.map(\.path)))
    }

    /// Puts back what lay there before the batch: the very files, with their owner, mode and times.
    func undo(_ batch: BatchID, _ slots: [Slot], fence: Fence) async throws(DeviceError) {
        memory.forget()
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

extension StagedBatch {
    /// Of its own candidates, in the order in which they are switched.
    var files: [BatchManifest.File] {
        let asked = Set(batch.candidates.map(\.slot.path))
        return manifests.flatMap(\.manifest.files).filter { asked.contains($0.slot) }
    }

    /// `live` without what belongs to candidates that are no longer in the batch.
    var expected: [String: FileDigest?] {
        let asked = Set(batch.candidates.map(\.slot.path))
        let (files, places) = (manifests.flatMap(\.manifest.files), manifests.flatMap(\.manifest.candidates))
        let others =
            files.filter { !asked.contains($0.slot) }.map(\.live)
            + places.filter { !asked.contains($0.slot) }.map(\.live)
        return live.filter { !others.contains($0.key) }
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
