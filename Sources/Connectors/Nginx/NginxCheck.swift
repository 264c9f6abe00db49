// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import Planning
package import Vocabulary

extension NginxDriver {
    package func check(_ staged: StagedBatch) async throws(DeviceError) -> [WorkOrderDigest: CandidateVerdict] {
        let slots = staged.batch.candidates.map(\.slot)
        let manifests = try await files.manifests(of: staged.batch.id, slots, fence: nil)
        guard let home = manifests.first?.home, manifests.count == FileSlots.homes(of: slots).count else {
            throw DeviceError(.failed, operation: "check", detail: "batch \(staged.batch.id.text) is not staged here")
        }
        let configuration = try await configuration()
        let root = joined(FileSlots.batchFolder(staged.batch.id, in: home), "shadow")
        var check = NginxCheck(driver: self, configuration: configuration, root: root)
        try await check.prepare(staged.batch.candidates, manifests.flatMap(\.manifest.candidates))
        let verdicts: [WorkOrderDigest: CandidateVerdict]
        do throws(DeviceError) {
            verdicts = try await check.verdicts()
        } catch {
            try? await check.tidyUp()
            throw error
        }
        try await check.tidyUp()
        return verdicts
    }
}

/// One check of a batch: all candidates at once; if that is refused, who is to blame.
struct NginxCheck {
    private let driver: NginxDriver
    private let configuration: NginxConfiguration
    private let root: String
    private var candidates: [(workOrder: WorkOrderDigest, overlay: [String: String?])] = []
    /// Files that the configuration names where nothing lies, and no candidate goes either.
    private var references: [NginxConfiguration.Reference] = []
    private var present: Set<String> = []
    private var contents: [String: [FileStatus]] = [:]
    private var hadPidFile = true
    private var namespaces = ShadowFolders.Namespace.allCases

    init(driver: NginxDriver, configuration: NginxConfiguration, root: String) {
        (self.driver, self.configuration, self.root) = (driver, configuration, root)
    }

    mutating func prepare(
        _ batch: [Candidate], _ staged: [BatchManifest.Candidate]
    ) async throws(DeviceError) {
        for candidate in batch {
            var overlay: [String: String?] = [:]
            for file in staged where file.slot == candidate.slot.path && file.staged != file.live {
                overlay.updateValue(file.staged, forKey: file.live)
            }
            candidates.append((candidate.workOrder, overlay))
        }
        references = configuration.references.filter { !$0.path.contains("$") }
        let named = references.map(\.path).distinct()
        let pid = configuration.pidFile
        for status in try await driver.files.perform([.stat(named + [pid].compactMap(\.self), followingLinks: true)])
            .statuses
        {
            if status.kind != .absent { present.insert(status.path) }
        }
        hadPidFile = pid.map(present.contains) ?? true
        let folders = (candidates.flatMap(\.overlay.keys) + named).map(folder(of:)).distinct()
        for (folder, result) in zip(folders, try await driver.files.perform(folders.map { .list($0) })) {
            contents[folder] = result.statuses
        }
    }

    mutating func verdicts() async throws(DeviceError) -> [WorkOrderDigest: CandidateVerdict] {
        let everyone = Array(candidates.indices)
        guard let refusal = try await run(everyone, withStandIns: false) else { return all(everyone, .accepted) }
        if everyone.count == 1, empty(beside: everyone).isEmpty { return all(everyone, .refused(message: refusal)) }
        var verdicts = try await blame(everyone)
        // With stand-ins in the empty places the configuration may be loaded; without them?
        let sound = everyone.filter { verdicts[candidates[$0].workOrder] == .accepted }
        if !sound.isEmpty, try await run(sound, withStandIns: false) != nil {
            verdicts.merge(all(sound, .awaits(files: empty(beside: sound)))) { $1 }
        }
        return verdicts
    }

    private func all(_ some: [Int], _ verdict: CandidateVerdict) -> [WorkOrderDigest: CandidateVerdict] {
        Dictionary(some.map { (candidates[$0].workOrder, verdict) }) { $1 }
    }

    /// By halves: one that is bad among many costs a few runs, not as many as there are candidates.
    private mutating func blame(_ some: [Int]) async throws(DeviceError) -> [WorkOrderDigest: CandidateVerdict] {
        guard let refusal = try await run(some, withStandIns: true) else { return all(some, .accepted) }
        if some.count == 1 { return all(some, .refused(message: refusal)) }
        let middle = some.count / 2
        let left = try await blame(Array(some[..<middle]))
        return left.merging(try await blame(Array(some[middle...]))) { $1 }
    }

    private func overlay(of some: [Int]) -> [String: String?] {
        some.reduce(into: [:]) { all, index in all.merge(candidates[index].overlay) { $1 } }
    }

    private func empty(beside some: [Int]) -> [String] {
        let overlay = overlay(of: some)
        return references.map(\.path).filter { !present.contains($0) && overlay[$0] == nil }.distinct()
    }

    /// A pair that one of the candidates brings, wherever the configuration names a pair that is not there.
    private func standIns(for some: [Int]) -> [String: String?] {
        let overlay = overlay(of: some)
        let empty = Set(empty(beside: some))
        guard !empty.isEmpty else { return [:] }
        var pairs: [NginxConfiguration.Pair: [NginxConfiguration.Reference]] = [:]
        for reference in references { pairs[reference.pair, default: []].append(reference) }
        func file(_ reference: NginxConfiguration.Reference) -> String? {
            if let staged = overlay[reference.path] { return staged }
            return present.contains(reference.path) ? reference.path : nil
        }
        // Of a pair where at least one half is a candidate, and none is missing.
        let whole = pairs.keys.sorted().compactMap { key -> (certificate: String, privateKey: String)? in
            guard let pair = pairs[key], pair.contains(where: { overlay[$0.path] != nil }),
                let certificate = pair.first(where: { $0.kind == .certificate }).flatMap(file),
                let privateKey = pair.first(where: { $0.kind == .privateKey }).flatMap(file)
            else { return nil }
            return (certificate, privateKey)
        }.first
        guard let whole else { return [:] }
        var added: [String: String?] = [:]
        for pair in pairs.values where pair.contains(where: { empty.contains($0.path) }) {
            for half in pair where overlay[half.path] == nil {
                added.updateValue(half.kind == .certificate ? whole.certificate : whole.privateKey, forKey: half.path)
            }
        }
        return added
    }

    /// What nginx said against the configuration with these candidates in it; nil: nothing.
    private mutating func run(_ some: [Int], withStandIns: Bool) async throws(DeviceError) -> String? {
        var overlay = overlay(of: some)
        if withStandIns { overlay.merge(standIns(for: some)) { old, _ in old } }
        var argv = [driver.nginx.binary ?? "nginx", "-t", "-q", "-c", driver.nginx.config]
        if let prefix = driver.nginx.prefix { argv += ["-p", prefix] }
        let shadow = ShadowFolders(root: root, overlay: overlay, contents: contents)
        while let namespace = namespaces.first {
            let steps = shadow.steps + [.run(shadow.command(argv, in: namespace), input: nil, outputLimit: 1 << 20)]
            let result = try await driver.transport.perform(steps, within: driver.timeouts.check).last
            guard case .ran(let exit, let output, let errors, _) = result else {
                throw DeviceError(.failed, operation: "check", detail: "no result")
            }
            if output.starts(with: ShadowFolders.marker.utf8) {
                let refusal = try Self.refusal(exit, errors, argv)
                // In a user namespace root is less than it was: low ports and files of other users are closed to it.
                guard namespace == .user, refusal?.contains("Permission denied") ?? false else { return refusal }
            }
            namespaces.removeFirst()
        }
        let copy = NginxCopy(configuration, overlay: overlay, root: root)
        var words = copy.argv(binary: argv[0], prefix: driver.nginx.prefix)
        if words.isEmpty { words = argv }
        let steps = copy.steps + [.run(words, input: nil, outputLimit: 1 << 20)]
        guard
            case .ran(let exit, _, let errors, _) = try await driver.transport.perform(
                steps, within: driver.timeouts.check
            ).last
        else { throw DeviceError(.failed, operation: "check", detail: "no result") }
        return try Self.refusal(exit, errors, words).map(copy.withLivePaths)
    }

    private static func refusal(_ exit: Int32, _ errors: [UInt8], _ argv: [String]) throws(DeviceError) -> String? {
        switch exit {
        case 0: return nil
        // The shell's own, and a signal: nginx has not judged.
        case 126, 127, 129...:
            throw DeviceError(
                .failed, operation: "check",
                detail: exit == 127
                    ? "\(argv[0]): not found" : "\(argv[0]): exit status \(exit): \(NginxDriver.words(errors))")
        default: return NginxDriver.words(errors)
        }
    }

    /// The shadow goes, and so does the empty pid file that `nginx -t` leaves where no nginx runs: a later reload would read it.
    func tidyUp() async throws(DeviceError) {
        _ = try await driver.files.perform([.remove(root)])
        guard !hadPidFile, let pid = configuration.pidFile else { return }
        let now = try await driver.files.perform([.stat([pid], followingLinks: false)]).statuses.first
        guard now?.kind == .file, now?.size == 0 else { return }
        _ = try await driver.files.perform([.expect([pid: FileDigest(hashing: [])]), .remove(pid)])
    }
}
