// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

extension Checker {
    mutating func checkAlerts() {
        if let repository = set.repository { checkChannels(of: repository) }
        for policy in set.alertPolicies.values {
            checkNotify(of: policy)
            for (index, zone) in policy.spec.match.devices.zones.enumerated() {
                refer(
                    policy, ["spec", "match", "devices", "zones", .entry(index)], .zone, zone.text,
                    set.zones[zone] != nil)
            }
            // People have neither labels nor a device.
            guard !policy.spec.match.isEmpty else { continue }
            for (index, rule) in policy.spec.alerts.enumerated() {
                guard case .keysEndWithin = rule.condition else { continue }
                object(
                    .warning, to: policy, at: ["spec", "alerts", .entry(index)],
                    "keysEndWithin is told of only by a policy without match: nobody hears of this", .value)
            }
        }
    }

    private mutating func checkNotify(of policy: AlertPolicy) {
        guard let repository = set.repository else { return }
        var named: Set<ChannelName> = []
        for (index, name) in policy.spec.notify.enumerated() {
            let path: [PathStep] = ["spec", "notify", .entry(index)]
            if !named.insert(name).inserted {
                object(to: policy, at: path, "channel \(quoted(name.text)) is named twice", .value)
            }
            guard let channel = repository.spec.channels[name] else {
                object(
                    to: policy, at: path, "the Repository declares no channel \(quoted(name.text))", .reference,
                    misspelt: (name.text, .words(repository.spec.channels.keys.map(\.text).sorted())))
                continue
            }
            guard channel.isForApprovers, !policy.spec.alerts.contains(where: \.condition.isOfWaiting) else { continue }
            object(
                .warning, to: policy, at: path,
                "channel \(quoted(name.text)) tells approvers what waits for them, and no alert of this policy is of waiting",
                .value)
        }
    }

    private mutating func checkChannels(of repository: Repository) {
        for (name, channel) in repository.spec.channels {
            let path: [PathStep] = ["spec", "channels", .field(name.text)]
            if channel.timeout > .minutes(10) {
                object(
                    to: repository, at: path + ["timeout"], "one delivery may take 10 minutes at most", .value)
            }
            switch channel.target {
            case .command(let argv): checkProgram(argv, repository, path + ["command"])
            case .mail(let mail): checkProgram(mail.program, repository, path + ["mail", "sendmail"])
            case .webhook: break
            }
        }
    }

    /// A name would be looked for on whatever PATH the service has.
    private mutating func checkProgram(_ argv: [String], _ repository: Repository, _ path: [PathStep]) {
        guard let program = argv.first, PathText.deviceProblem(program) != nil else { return }
        object(
            to: repository, at: path + [.entry(0)], "\(quoted(program)) is no absolute path of a program", .value)
    }
}

extension AlertPolicySpec.Condition {
    /// Of what people have to sign.
    package var isOfWaiting: Bool {
        switch self {
        case .waits, .waitsLongerThan, .waitsWithLifetimeLeft, .unreviewedFor: true
        default: false
        }
    }
}
