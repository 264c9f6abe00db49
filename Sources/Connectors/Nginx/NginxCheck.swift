// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import Planning
package import Vocabulary

extension NginxDriver {
    package func check(_ staged: StagedBatch) async throws(DeviceError) -> [WorkOrderDigest: CandidateVerdict] {
        let configuration = try await configuration()
        let named = configuration.references.map(\.path).filter { !$0.contains("$") }
        return try await withShadow(of: staged, named: named) { (shadow) throws(DeviceError) in
            var check = NginxCheck(driver: self, configuration: configuration, shadow: shadow)
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
}

/// One check of a batch: all candidates at once; if that is refused, who is to blame.
struct NginxCheck {
    private let driver: NginxDriver
    private let configuration: NginxConfiguration
    private var shadow: ShadowCheck
    /// Files that the configuration names where nothing lies, and no candidate goes either.
    private let references: [NginxConfiguration.Reference]
    /// Of these and of the candidates' places; asked when something was refused.
    private var present: Set<String>?
    private var hasCopied = false

    init(driver: NginxDriver, configuration: NginxConfiguration, shadow: ShadowCheck) {
        (self.driver, self.configuration, self.shadow) = (driver, configuration, shadow)
        references = configuration.references.filter { !$0.path.contains("$") }
    }

    mutating func verdicts() async throws(DeviceError) -> [WorkOrderDigest: CandidateVerdict] {
        let everyone = shadow.everyone
        guard let refusal = try await run(everyone, withStandIns: false) else { return shadow.all(everyone, .accepted) }
        let paths = references.map(\.path).distinct()
        let found = try await driver.files.perform([.stat(paths, followingLinks: true)]).statuses
        present = Set(found.filter { $0.kind != .absent }.map(\.path))
        if everyone.count == 1, empty(beside: everyone).isEmpty {
            return shadow.all(everyone, .refused(message: refusal))
        }
        var check = self
        var verdicts = try await shadow.verdicts { (some) throws(DeviceError) in
            try await check.run(some, withStandIns: true)
        }
        self = check
        // With stand-ins in the empty places the configuration may be loaded; without them?
        let sound = everyone.filter { verdicts[shadow.candidates[$0].workOrder] == .accepted }
        if !sound.isEmpty, try await run(sound, withStandIns: false) != nil {
            verdicts.merge(shadow.all(sound, .awaits(files: empty(beside: sound)))) { $1 }
        }
        return verdicts
    }

    private func empty(beside some: [Int]) -> [String] {
        let overlay = shadow.overlay(of: some)
        return references.map(\.path).filter { !isPresent($0) && overlay[$0] == nil }.distinct()
    }

    private func isPresent(_ path: String) -> Bool { present?.contains(path) ?? true }

    /// A pair that one of the candidates brings, wherever the configuration names a pair that is not there.
    private func standIns(for some: [Int]) -> [String: String?] {
        let overlay = shadow.overlay(of: some)
        let empty = Set(empty(beside: some))
        guard !empty.isEmpty else { return [:] }
        var pairs: [NginxConfiguration.Pair: [NginxConfiguration.Reference]] = [:]
        for reference in references { pairs[reference.pair, default: []].append(reference) }
        func file(_ reference: NginxConfiguration.Reference) -> String? {
            if let staged = overlay[reference.path] { return staged }
            return isPresent(reference.path) ? reference.path : nil
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
        var overlay = shadow.overlay(of: some)
        if withStandIns { overlay.merge(standIns(for: some)) { old, _ in old } }
        var argv = [driver.nginx.binary ?? "nginx", "-t", "-q", "-c", driver.nginx.config]
        if let prefix = driver.nginx.prefix { argv += ["-p", prefix] }
        // In a user namespace root is less than it was: low ports and files of other users are closed to it.
        let ran = try await shadow.run(
            argv, seeing: overlay, beside: pid, isShort: { $0.words.contains("Permission denied") })
        if let ran { return try ran.refusal() }
        let copy = NginxCopy(configuration, overlay: overlay, root: shadow.root)
        let words = copy.argv(binary: argv[0], prefix: driver.nginx.prefix)
        hasCopied = true
        let copied = try await driver.run(words, after: copy.steps, within: driver.timeouts.check, "check")
        try await shadow.tidyUp()
        return try copied.refusal().map(copy.withLivePaths)
    }

    private var pid: [Step] { configuration.pidFile.map { [.stat([$0], followingLinks: false)] } ?? [] }

    /// The empty pid file that `nginx -t` leaves where no nginx runs goes: a later reload would read it.
    func tidyUp() async throws(DeviceError) {
        guard let pid = configuration.pidFile, shadow.before?.statuses.first?.kind == .absent else { return }
        let after = hasCopied ? try await driver.files.perform(self.pid) : shadow.after
        guard let now = after.statuses.first, now.kind == .file, now.size == 0 else { return }
        _ = try await driver.files.perform([.expect([pid: FileDigest(hashing: [])]), .remove(pid)])
    }
}
