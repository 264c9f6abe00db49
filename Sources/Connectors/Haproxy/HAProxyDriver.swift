// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import Planning
internal import Vocabulary

/// haproxy: a candidate is judged by `haproxy -c` in a shadow. It is made live by one reload, or, where the runtime socket is
/// declared, by `set ssl cert` and `commit ssl cert`: the running process exchanges it without a handshake less. The file is what
/// the next start reads, and is exchanged first in both cases.
struct HAProxyDriver: FileDriver {
    let files: FileSlots
    let haproxy: DeviceSpec.HAProxy
    let timeouts: DeviceSpec.Timeouts
    let tokenForm = "haproxy/1"
    var reload: [String]? { haproxy.reload }

    var traits: DriverTraits {
        DriverTraits(hasShell: true, checksInShadow: true, isCloud: false, isHitless: true)
    }

    func configuration(for paths: [String]) async throws(DeviceError) -> ConfigurationFacts {
        let (configuration, digest, _) = try await load()
        // What a variable stands for, or a relative name is relative to, only the process knows.
        let isClear = (configuration.names + configuration.lists).allSatisfy { $0.hasPrefix("/") && !$0.contains("$") }
        return ConfigurationFacts(
            digest: digest, referenced: isClear ? Set(paths.filter(configuration.refers)) : nil,
            named: configuration.names)
    }

    func configuredSlots() async throws(DeviceError) -> ConfiguredSlots {
        let (configuration, digest, lists) = try await load()
        let folders = configuration.binds.flatMap(\.certificates).filter { $0.hasPrefix("/") }.distinct()
        let content = try await files.perform(
            [.stat(folders, followingLinks: true)] + folders.map { .list($0) })
        let kinds = content.first?.statuses ?? []
        var inside: [String: [String]] = [:]
        for (status, result) in zip(kinds, content.dropFirst()) where status.kind == .folder {
            inside[status.path] = result.statuses.filter { $0.kind != .folder }.map(\.path)
        }
        return configuration.slots(digest: digest, lists: lists, folders: inside)
    }

    /// With the texts of the lists that it names.
    private func load() async throws(DeviceError) -> (HAProxyConfiguration, FileDigest, [String: String]) {
        let main = try await files.perform([.stat([haproxy.config], followingLinks: true)]).statuses.first
        var mains = [haproxy.config]
        if main?.kind == .folder {
            mains = try await Globbing.expand(
                joined(haproxy.config, "*.cfg"), through: transport, within: timeouts.check)
        }
        let texts = try await ConfigurationFiles.load(mains, through: transport, within: timeouts.check)
        var configuration = HAProxyConfiguration()
        for (path, text) in zip(texts.paths, texts.texts) { configuration.add(text, of: path) }
        let lists = try await ConfigurationFiles.load(
            configuration.lists.distinct().filter { $0.hasPrefix("/") }, through: transport, within: timeouts.check,
            optional: true)
        for text in lists.texts { configuration.add(list: text) }
        return (
            configuration, texts.digest(with: [Hex.encode(lists.digest().bytes)]),
            Dictionary(zip(lists.paths, lists.texts)) { first, _ in first }
        )
    }

    func check(_ staged: StagedBatch) async throws(DeviceError) -> [WorkOrderDigest: CandidateVerdict] {
        let argv = [haproxy.binary ?? "haproxy", "-c", "-q", "-f", haproxy.config]
        return try await check(staged, by: argv, configuration: try await configuration(for: []))
    }

    func makeLive(_ slots: [Slot], fence: Fence) async throws(DeviceError) -> Duration {
        guard let socket = haproxy.socket, try await knows(slots, socket) else {
            return try await runReload(slots, fence: fence)
        }
        let start = ContinuousClock.now
        for slot in slots {
            // Certificate first: haproxy takes what follows as belonging to it. A bundle holds both.
            let names = slot.paths.reversed().distinct()
            let ran = try await run(
                ["/bin/sh", "-c", HAProxySocket.exchange, "countersign", socket, slot.path] + names,
                after: FileSlots.fences(fence, slots), within: timeouts.reload, "runtime socket")
            try HAProxySocket.judge(ran, slot.path)
        }
        return ContinuousClock.now - start
    }

    /// Whether the process has loaded all of these. What it has not, for example because the configuration names it since a moment
    /// ago only, becomes live by a reload.
    private func knows(_ slots: [Slot], _ socket: String) async throws(DeviceError) -> Bool {
        let ran = try await run(
            ["/bin/sh", "-c", HAProxySocket.ask, "countersign", socket, "show ssl cert"], within: timeouts.reload,
            "runtime socket")
        guard ran.exit == 0 else { throw HAProxySocket.failure(ran, socket) }
        let known = Set(String(decoding: ran.output, as: UTF8.self).split(separator: "\n").map(String.init))
        return slots.allSatisfy { known.contains($0.path) }
    }
}
