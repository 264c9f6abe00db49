// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Signatures
internal import Vocabulary

/// A spec of the trust set that can say what it grants.
protocol TrustSpec: ResourceSpec {
    /// What it means that this is declared.
    var summary: [String] { get }
    /// The repository files that it names.
    var namedFiles: [String] { get }
    /// What is said better than field by field, and the top-level fields that are told by it.
    func changes(from old: Self) -> (words: [String], told: Set<String>)
}

extension TrustSpec {
    var namedFiles: [String] { [] }
    func changes(from old: Self) -> (words: [String], told: Set<String>) { ([], []) }
}

extension DeclaredKey {
    /// As a person can compare it: `ssh-ed25519 SHA256:…`, with its times.
    var words: String {
        var words: String
        switch material {
        case .ssh(let line):
            words = (try? PublicKey(line: line)).map { "key \($0.type) \($0.fingerprintText)" } ?? "an unreadable key"
        case .openpgp(_, let fingerprint): words = "OpenPGP key \(fingerprint)"
        }
        if let notBefore { words += " from \(notBefore)" }
        if let notAfter { words += " until \(notAfter)" }
        if let revokedFrom { words += ", revoked from \(revokedFrom)" }
        return words
    }
    var file: String? { if case .openpgp(let path, _) = material { path } else { nil } }
}

extension RepositorySpec: TrustSpec {
    var summary: [String] {
        ["repository \(id), branch \(branch) in force"]
            + commands.sorted { $0.key < $1.key }.map { "command \($0.key) runs: \($0.value.joined(separator: " "))" }
            + channels.sorted { $0.key < $1.key }.map { "channel \($0.key) \($0.value.words)" }
    }
    func changes(from old: RepositorySpec) -> (words: [String], told: Set<String>) {
        let names = Set(old.commands.keys).union(commands.keys).sorted()
        let words = names.compactMap { name -> String? in
            switch (old.commands[name], commands[name]) {
            case (let was?, let now?) where was != now:
                "command \(name) runs: \(now.joined(separator: " ")), instead of: \(was.joined(separator: " "))"
            case (nil, let now?): "new command \(name) runs: \(now.joined(separator: " "))"
            case (let was?, nil): "command \(name) is no more: \(was.joined(separator: " "))"
            default: nil
            }
        }
        let moved = Set(old.channels.keys).union(channels.keys).sorted().compactMap { name -> String? in
            switch (old.channels[name], channels[name]) {
            case (let was?, let now?) where was != now:
                "channel \(name) \(now.words), instead of: \(was.words)"
            case (nil, let now?): "new channel \(name) \(now.words)"
            case (let was?, nil): "channel \(name) is no more: \(was.words)"
            default: nil
            }
        }
        return (words + moved, ["commands", "channels"])
    }
    var namedFiles: [String] { channels.values.flatMap(\.trustRoots) }
}

extension ChannelSpec {
    /// Where what is to be known goes.
    package var words: String {
        let limit = timeout == Self.patience ? "" : ", within \(timeout.count) s"
        return place + limit
    }

    private var place: String {
        switch target {
        case .command(let argv): return "runs: \(argv.joined(separator: " "))"
        case .mail(let mail):
            let program = mail.program == Mail.sendmail ? "" : ", by: \(mail.program.joined(separator: " "))"
            switch mail.recipients {
            case .addresses(let all): return "mails \(listed(all, "and")) from \(mail.from)\(program)"
            case .approvers: return "mails approvers from \(mail.from)\(program)"
            }
        case .webhook(let webhook):
            var words = "posts to "
            switch webhook.address {
            case .declared(let url): words += url.text
            case .file(let path): words += "the URL in \(path) of the gateway"
            }
            if case .chat(let field) = webhook.body { words += " as \(field) of a chat" }
            words += webhook.secretFile.map { ", signed by \($0) of the gateway" } ?? ", not signed"
            if !webhook.trustRoots.isEmpty { words += ", trusting \(listed(webhook.trustRoots, "and"))" }
            return words
        }
    }
}

extension ZoneSpec: TrustSpec {
    var summary: [String] { recorders.map { "its status branch is signed by \($0.words)" } }
    var namedFiles: [String] { recipients + recorders.compactMap(\.file) }
    func changes(from old: ZoneSpec) -> (words: [String], told: Set<String>) {
        (
            RawDifference.gains(old.recorders.map(\.words), recorders.map(\.words), "the list of its recorders"),
            ["recorders"]
        )
    }
}

extension DeviceSpec: TrustSpec {
    private var address: String {
        if case .awsACM(let acm) = server {
            return "AWS region \(acm.region)\(acm.profile.map { ", profile \($0)" } ?? "")"
                + "\(acm.endpointURL.map { ", endpoint \($0)" } ?? ""), by the gateway of zone \(zone)"
        }
        switch transport {
        case .local where server.plugin != nil: return "where its plugin says, by the gateway of zone \(zone)"
        case .local: return "the gateway of zone \(zone) itself"
        case .ssh(let ssh):
            return
                "\(ssh.user.map { $0 + "@" } ?? "")\(ssh.host)\(ssh.port == 22 ? "" : " port \(ssh.port)") by ssh\(ssh.become ? ", as root by sudo" : "")"
        }
    }
    /// What the declaration lets run on the device.
    private var programs: [(what: String, argv: String)] {
        [("check", server.check), ("reload", server.reload), ("plugin", server.plugin?.words)].compactMap {
            what, argv in
            argv.map { (what, $0.joined(separator: " ")) }
        }
    }
    private func program(_ what: String) -> String? { programs.first { $0.what == what }?.argv }
    var summary: [String] {
        [
            "\(server.kind) at \(address), zone \(zone), \(sync.rawValue)"
        ] + programs.map { "\($0.what) runs: \($0.argv)" }
            + (server.isCloud ? [] : ["slots below \(listed(slotRoots, "and"))"])
    }
    var namedFiles: [String] {
        if case .ssh(let ssh) = transport { [ssh.knownHosts] + trustRoots } else { trustRoots }
    }
    func changes(from old: DeviceSpec) -> (words: [String], told: Set<String>) {
        var words: [String] = []
        var told: Set<String> = []
        if address != old.address {
            words.append("it is reached at \(address), instead of \(old.address)")
            if case .ssh(let new) = transport, case .ssh(let old) = old.transport, new.knownHosts != old.knownHosts {
                words.append("its host keys stand in \(new.knownHosts), instead of \(old.knownHosts)")
            }
            told.insert(server.isCloud && old.server.isCloud ? server.kind : "transport")
        }
        for what in ["check", "reload", "plugin"] {
            switch (old.program(what), program(what)) {
            case (let before, let argv?) where before != argv:
                words.append("\(what) runs: \(argv)" + (before.map { ", instead of: \($0)" } ?? ""))
            case (let before?, nil): words.append("\(what) runs nothing any more, instead of: \(before)")
            default: break
            }
        }
        return (words, told)
    }
}

extension PersonSpec: TrustSpec {
    private var role: String {
        forge ? "a forge: neither asks nor approves" : robot ? "a robot: may ask, never approve" : "a person"
    }
    var summary: [String] { [role] + keys.map { "signs with \($0.words)" } }
    var namedFiles: [String] { keys.compactMap(\.file) }
    func changes(from old: PersonSpec) -> (words: [String], told: Set<String>) {
        var words = RawDifference.gains(old.keys.map(\.words), keys.map(\.words), "the list of keys")
        if role != old.role { words.append("it is now \(role)") }
        return (words, ["keys", "robot", "forge"])
    }
}

extension GroupSpec: TrustSpec {
    var summary: [String] { ["members: \(members.isEmpty ? "nobody" : listed(members.map(\.text), "and"))"] }
    func changes(from old: GroupSpec) -> (words: [String], told: Set<String>) {
        let words = RawDifference.gains(old.members.map(\.text), members.map(\.text), "the group")
        return (words, words.isEmpty ? [] : ["members"])
    }
}

extension ApprovalPolicySpec.Level {
    fileprivate var words: String { "\(count) of \(listed(approvers.map(\.description), "and"))" }
}

extension ApprovalPolicySpec: TrustSpec {
    var summary: [String] {
        ["priority \(priority), version \(version)"] + levels.map { "level \($0.name): \($0.words)" }
            + (policyChange.map {
                ["changes of the trust set: \($0.count) of \(listed($0.approvers.map(\.description), "and"))"]
            } ?? [])
            + freezes.map { "nothing is pushed from \($0.from) until \($0.until): \($0.reason)" }
            + (emergency.map { ["emergency: \($0.count) of \(listed($0.approvers.map(\.description), "and"))"] } ?? [])
    }
    func changes(from old: ApprovalPolicySpec) -> (words: [String], told: Set<String>) {
        let names = old.levels.map(\.name)
        // Other levels, or in another order, are told whole.
        guard names == levels.map(\.name), Set(names).count == names.count else { return ([], []) }
        let words = zip(old.levels, levels).compactMap { was, now in
            was == now ? nil : "level \(now.name) needs \(now.words), instead of \(was.words)"
        }
        return (words, ["levels"])
    }
}

extension StandingApprovalSpec: TrustSpec {
    var summary: [String] {
        [
            "stands for \(listed(levels, "and")) of \(listed(changes.map(\.rawValue), "and")) asked for by \(listed(requesters.map(\.description), "or")), until \(notAfter)",
            "at most \(maxPerHour) an hour, \(maxPerDay) a day",
        ]
    }
    var namedFiles: [String] {
        issuers.compactMap { issuer in if case .root(let path) = issuer { path } else { nil } }
    }
}

extension AlertPolicySpec: TrustSpec {
    var summary: [String] {
        let repeating = repeatAfter.map { ", again after \($0.count) s" } ?? ""
        return [
            "tells \(listed(notify.map(\.text), "and")) of \(alerts.count) \(alerts.count == 1 ? "thing" : "things")\(repeating)"
        ]
    }
}
