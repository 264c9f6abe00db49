// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import Planning
internal import Vocabulary

/// haproxy: a candidate is judged by `haproxy -c` in a shadow. It is made live by one reload, or, where the runtime socket is
/// declared, by `set ssl cert` and `commit ssl cert`: the running process exchanges it without a handshake less. The file is what
/// the next start reads, and is exchanged first in both cases.
struct HAProxyDriver: FileDriver {
    var files: FileSlots
    let haproxy: DeviceSpec.HAProxy
    let timeouts: DeviceSpec.Timeouts
    let tokenForm = "haproxy/1"
    var shadow: ShadowFolders.Need? { .namespace }
    var reload: [String]? { haproxy.reload }

    var traits: DriverTraits {
        DriverTraits(hasShell: true, checksInShadow: true, isCloud: false, isHitless: true)
    }

    func configuration(for paths: [String]) async throws(DeviceError) -> ConfigurationFacts {
        let main = try await files.perform([.stat([haproxy.config], followingLinks: true)]).statuses.first
        var mains = [haproxy.config]
        if main?.kind == .folder {
            mains = try await Globbing.expand(
                joined(haproxy.config, "*.cfg"), through: transport, within: timeouts.check)
        }
        let texts = try await ConfigurationFiles.load(mains, through: transport, within: timeouts.check)
        var configuration = HAProxyConfiguration()
        for text in texts.texts { configuration.add(text) }
        let lists = try await ConfigurationFiles.load(
            configuration.lists.distinct().filter { $0.hasPrefix("/") }, through: transport, within: timeouts.check,
            optional: true)
        for text in lists.texts { configuration.add(list: text) }
        // What a variable stands for, or a relative name is relative to, only the process knows.
        let isClear = (configuration.names + configuration.lists).allSatisfy { $0.hasPrefix("/") && !$0.contains("$") }
        return ConfigurationFacts(
            digest: texts.digest(with: [Hex.encode(lists.digest().bytes)]),
            referenced: isClear ? Set(paths.filter(configuration.refers)) : nil, named: configuration.names)
    }

    func check(_ staged: StagedBatch) async throws(DeviceError) -> [WorkOrderDigest: CandidateVerdict] {
        let argv = [haproxy.binary ?? "haproxy", "-c", "-q", "-f", haproxy.config]
        return try await check(staged, by: argv, configuration: try await configuration(for: []))
    }

    func makesLive(_ slots: [Slot]) -> [String]? {
        guard let socket = haproxy.socket else { return reload }
        // Certificate first: haproxy takes what follows as belonging to it. A bundle holds both.
        let slots = slots.flatMap { slot -> [String] in
            let files = slot.paths.reversed().distinct()
            return [slot.path, String(files.count)] + files
        }
        return ["/bin/sh", "-c", HAProxySocket.exchange, "countersign", socket] + slots
    }

    /// What the process has not loaded, for example because the configuration names it since a moment ago only, becomes live by a
    /// reload.
    func judge(_ ran: Ran, _ slots: [Slot], fence: Fence) async throws(DeviceError) -> Duration {
        guard let socket = haproxy.socket else { return try judge(reload: ran) }
        if ran.exit == HAProxySocket.notLoaded, let reload {
            return try judge(
                reload: try await run(
                    reload, after: FileSlots.fences(fence, slots), within: timeouts.reload, "reload"))
        }
        try HAProxySocket.judge(ran, socket)
        return ran.took
    }
}
