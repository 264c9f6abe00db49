// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import Planning
internal import Vocabulary

/// One check of a batch: what each candidate would put where, the shadow in which that is seen, and who is to blame.
struct ShadowCheck: Sendable {
    /// Made anew for each run, below the batch's own folder.
    let root: String
    private(set) var candidates: [(workOrder: WorkOrderDigest, overlay: [String: String?])] = []
    private let files: FileSlots
    private let limit: Duration
    private let named: [String]
    private var contents: [String: [FileStatus]] = [:]
    private var namespaces = ShadowFolders.Namespace.allCases
    /// What the questions beside the first run were answered before it, and those beside the last one after it.
    private(set) var before: [StepResult]?
    private(set) var after: [StepResult] = []

    /// - Parameter named: further files that the configuration names.
    init(_ staged: StagedBatch, _ files: FileSlots, named: [String] = [], within limit: Duration)
        async throws(DeviceError)
    {
        let slots = staged.batch.candidates.map(\.slot)
        let manifests =
            staged.manifests.isEmpty
            ? try await files.manifests(of: staged.batch.id, slots, fence: nil) : staged.manifests
        guard let home = manifests.first?.home, manifests.count == FileSlots.homes(of: slots).count else {
            throw DeviceError(.failed, operation: "check", detail: "batch \(staged.batch.id.text) is not staged here")
        }
        (self.files, self.limit) = (files, limit)
        root = joined(FileSlots.batchFolder(staged.batch.id, in: home), "shadow")
        let all = manifests.flatMap(\.manifest.candidates)
        for candidate in staged.batch.candidates {
            var overlay: [String: String?] = [:]
            for file in all where file.slot == candidate.slot.path && file.staged != file.live {
                overlay.updateValue(file.staged, forKey: file.live)
            }
            candidates.append((candidate.workOrder, overlay))
        }
        self.named = named.filter { $0.hasPrefix("/") }
        try await list(foldersOf: candidates.flatMap(\.overlay.keys))
    }

    private mutating func list(foldersOf paths: [String]) async throws(DeviceError) {
        let folders = paths.map(folder(of:)).distinct().filter { contents[$0] == nil }.sorted()
        for (folder, result) in zip(folders, try await files.perform(folders.map { .list($0) })) {
            contents[folder] = result.statuses
        }
    }

    var everyone: [Int] { Array(candidates.indices) }

    func overlay(of some: [Int]) -> [String: String?] {
        some.reduce(into: [:]) { all, index in all.merge(candidates[index].overlay) { $1 } }
    }

    func all(_ some: [Int], _ verdict: CandidateVerdict) -> [WorkOrderDigest: CandidateVerdict] {
        Dictionary(some.map { (candidates[$0].workOrder, verdict) }) { $1 }
    }

    func taking(_ path: String) -> Bool { contents[folder(of: path)]?.contains { $0.path == path } ?? false }

    /// Runs `argv` where the candidates are seen in the live places; nil where no namespace can be had for it.
    ///
    /// - Parameters:
    ///   - isAlone: with no network but a loopback of its own that has every address, no process of others in sight, and with
    ///     an end that nothing started there outlives: what it takes to start a second server beside the first.
    ///   - beside: questions asked right before and right after it.
    ///   - isShort: of what a user namespace cannot give, where the words say so, nothing is believed.
    mutating func run(
        _ argv: [String], seeing overlay: [String: String?], isAlone: Bool = false, beside questions: [Step] = [],
        isShort: (Ran) -> Bool = { _ in false }
    ) async throws(DeviceError) -> Ran? {
        try await list(foldersOf: Array(overlay.keys))
        let shadow = ShadowFolders(root: root, overlay: overlay, contents: contents)
        while let namespace = namespaces.first {
            // A server must become other users than the one that a user namespace has.
            if isAlone, namespace == .user { return nil }
            let command = shadow.command(argv, in: namespace, isAlone: isAlone)
            let steps =
                questions + shadow.steps + [.run(command, input: nil, outputLimit: 1 << 20)] + questions
                + [.remove(root)]
            let results = try await files.transport.perform(steps, within: limit)
            guard results.count == steps.count,
                case .ran(let exit, let output, let errors, let took) = results[questions.count + shadow.steps.count]
            else { throw DeviceError(.failed, operation: "check", detail: "no result") }
            before = before ?? Array(results.prefix(questions.count))
            after = Array(results.dropLast().suffix(questions.count))
            if output.starts(with: ShadowFolders.marker.utf8) {
                let rest = Array(output.dropFirst(ShadowFolders.marker.utf8.count))
                let ran = Ran(argv: argv, exit: exit, output: rest, errors: errors, took: took)
                guard namespace == .user, isShort(ran) else { return ran }
            }
            namespaces.removeFirst()
        }
        return nil
    }

    static let needsNamespace = DeviceError(
        .unsupported, operation: "check",
        detail: "a candidate is seen in its place only in a mount namespace of its own: that needs root on the device "
            + "(with ssh: become: true), and unshare, which some containers forbid")

    /// All at once; if that is refused, by halves: one that is bad among many costs a few runs, not as many as there are.
    ///
    /// - Parameter judge: what the server said against the configuration with these candidates in it; nil: nothing.
    func verdicts(
        missing: ([Int]) async throws(DeviceError) -> [String] = { _ throws(DeviceError) in [] },
        _ judge: ([Int]) async throws(DeviceError) -> String?
    ) async throws(DeviceError) -> [WorkOrderDigest: CandidateVerdict] {
        try await verdicts(everyone, missing, judge)
    }

    private func verdicts(
        _ some: [Int], _ missing: ([Int]) async throws(DeviceError) -> [String],
        _ judge: ([Int]) async throws(DeviceError) -> String?
    ) async throws(DeviceError) -> [WorkOrderDigest: CandidateVerdict] {
        guard let refusal = try await judge(some) else { return all(some, .accepted) }
        if some.count == 1 {
            // A configuration that also names files where nothing lies is loaded with nobody's candidate.
            let missing = try await missing(some)
            return all(some, missing.isEmpty ? .refused(message: refusal) : .awaits(files: missing))
        }
        let middle = some.count / 2
        let left = try await verdicts(Array(some[..<middle]), missing, judge)
        return left.merging(try await verdicts(Array(some[middle...]), missing, judge)) { $1 }
    }

    /// Each run takes its shadow away; one that was broken off does not.
    func tidyUp() async throws(DeviceError) { _ = try await files.perform([.remove(root)]) }
}

extension FileDriver {
    /// `body` with a check of these candidates, whose shadow is gone afterwards.
    func withShadow(
        of staged: StagedBatch, named: [String] = [],
        _ body: (inout ShadowCheck) async throws(DeviceError) -> [WorkOrderDigest: CandidateVerdict]
    ) async throws(DeviceError) -> [WorkOrderDigest: CandidateVerdict] {
        var check = try await ShadowCheck(staged, files, named: named, within: timeouts.check)
        do throws(DeviceError) {
            return try await body(&check)
        } catch {
            try? await check.tidyUp()
            throw error
        }
    }

    /// A program that reads the live places is given the candidates there; it refuses by its exit status.
    func check(
        _ staged: StagedBatch, by argv: [String], configuration: ConfigurationFacts
    ) async throws(DeviceError) -> [WorkOrderDigest: CandidateVerdict] {
        try await withShadow(of: staged, named: configuration.named) { (check) throws(DeviceError) in
            var shadow = check
            return try await check.verdicts(missing: { (some) throws(DeviceError) in
                try await shadow.missing(beside: some)
            }) { (some) throws(DeviceError) in
                let overlay = check.overlay(of: some)
                guard
                    let ran = try await shadow.run(
                        argv, seeing: overlay, isShort: { $0.words.contains("Permission denied") })
                else { throw ShadowCheck.needsNamespace }
                return try ran.refusal()
            }
        }
    }
}

extension ShadowCheck {
    /// Files that the configuration names and that would lie neither there nor in a candidate.
    mutating func missing(beside some: [Int]) async throws(DeviceError) -> [String] {
        try await list(foldersOf: named)
        let overlay = overlay(of: some)
        return named.distinct().filter { path in
            if let staged = overlay[path] { return staged == nil }
            return !taking(path)
        }
    }
}
