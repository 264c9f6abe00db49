// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Declarations
package import Operations
internal import Planning
package import Vocabulary

/// What `trust` shows of the set it pins: its digest, to be compared with what somebody else sees, and who decides what.
package struct TrustShown: Sendable {
    package var trustSet: TrustSet
    package var commit: ObjectID
    /// It was pinned before: nothing changed.
    package var wasAlreadyTrusted: Bool
    package var isTrial: Bool

    private var mode = TrustOperation.Mode.first
    private var recovered: TrustOperation.Recovered?
    private var joined: ObjectID?

    package init(_ trustSet: TrustSet, commit: ObjectID, wasAlreadyTrusted: Bool, isTrial: Bool) {
        (self.trustSet, self.commit) = (trustSet, commit)
        (self.wasAlreadyTrusted, self.isTrial) = (wasAlreadyTrusted, isTrial)
    }

    package init(_ report: TrustOperation.Report) {
        self.init(
            report.set, commit: report.commit, wasAlreadyTrusted: report.wasTrusted, isTrial: report.set.isTrial)
        (mode, recovered, joined) = (report.mode, report.recovered, report.joined)
    }

    /// What else has happened than that a commit is trusted.
    private var beginnings: [Text] {
        switch mode {
        case .first:
            return joined.map {
                ["the zone came by policy changes that are proven: in force is the set of commit \($0.short)"]
            } ?? []
        case .anew:
            return [
                "\("begun anew", .warning): a new epoch; what was open needs new signatures, and an audit begins with this commit. It is shown for ever."
            ]
        case .recover:
            guard let recovered else { return [] }
            let changes: Text =
                recovered.changes == 0
                ? "" : ", \(recovered.changes) policy changes proven up to commit \(recovered.commit.short)"
            return [
                "\("recovered", .good): \(recovered.slots) slots from the status branch\(changes); a new epoch: everything open needs new signatures"
            ]
        }
    }

    package func text(_ style: Style) -> String {
        var page = Page(style)
        page.add(
            wasAlreadyTrusted
                ? "commit \(commit.short) was trusted already; nothing changed"
                : "\("trusted", .good): commit \(commit.hex)")
        for line in beginnings { page.add(line) }
        page.add("trust set \(trustSet.digest.description)")
        page.add(
            "Compare this line with what your colleagues see. From now on it changes only by an approved policy change."
        )
        if isTrial { page.add("\("trial policy", .caution): one person decides alone") }
        let sections: [(String, [[Text]])] = [
            ("People", people), ("Groups", groups), ("Policies", policies), ("Standing approvals", standing),
            ("Devices", devices), ("Zones", zones), ("Channels", channels), ("Alert policies", alerts),
        ]
        for (title, cells) in sections where !cells.isEmpty {
            page.space()
            page.add("\(title, .strong)")
            let rows = cells.map { Table.Row(cells: $0) }
            page.add(Table(indent: 2, fitting: rows).lines(rows, in: style))
        }
        return page.rendered
    }

    /// `trust --format json`.
    package var json: JSONValue {
        [
            "formatVersion": "1", "commit": .text(commit), "policyDigest": .text(trustSet.digest),
            "changed": .bool(!wasAlreadyTrusted), "trial": .bool(isTrial),
            "people": Self.names(trustSet.people), "groups": Self.names(trustSet.groups),
            "policies": Self.names(trustSet.policies),
            "standingApprovals": Self.names(trustSet.standingApprovals), "devices": Self.names(trustSet.devices),
            "zones": Self.names(trustSet.zones), "alertPolicies": Self.names(trustSet.alertPolicies),
            "channels": Self.names(trustSet.repository?.spec.channels ?? [:]),
        ]
    }

    private static func names<Kind, Resource>(_ resources: [Name<Kind>: Resource]) -> JSONValue {
        .array(resources.keys.sorted().map { .string($0.text) })
    }

    private var people: [[Text]] {
        trustSet.people.values.sorted { $0.name < $1.name }.map { person in
            var what = person.spec.keys.map(TrustWords.key)
            if what.isEmpty { what = ["no key"] }
            if person.spec.robot { what.append("a robot: may ask, never approve") }
            if person.spec.forge { what.append("a forge: neither asks nor approves") }
            return ["\(person.name)", what.joined(separator: "; ")]
        }
    }

    private var groups: [[Text]] {
        trustSet.groups.values.sorted { $0.name < $1.name }.map { group in
            ["\(group.name)", "\(group.spec.members.sorted().map(\.text).joined(separator: ", "))"]
        }
    }

    private var policies: [[Text]] {
        trustSet.policies.values.sorted { (-$0.spec.priority, $0.name) < (-$1.spec.priority, $1.name) }.map { policy in
            let levels = policy.spec.levels.map { TrustWords.quorum($0.name, $0.count, $0.approvers) }
            var text = levels.joined(separator: ", then ")
            if policy.spec.separation.requesterMayApprove { text += "; \("whoever asks may approve", .caution)" }
            if !policy.spec.separation.distinctAcrossLevels {
                text += "; \("one person may sign several levels", .caution)"
            }
            if let change = policy.spec.policyChange {
                text += "; policy changes: \(TrustWords.quorum("", change.count, change.approvers))"
                if change.requesterMayApprove { text += ", \("whoever asks too", .caution)" }
            }
            return ["\(policy.name) v\(policy.spec.version)", "priority \(policy.spec.priority)", text]
        }
    }

    private var standing: [[Text]] {
        trustSet.standingApprovals.values.sorted { $0.name < $1.name }.map { rule in
            let changes = rule.spec.changes.map(\.rawValue).joined(separator: ", ")
            return [
                "\(rule.name)",
                "stands for \(rule.spec.levels.joined(separator: ", ")) of \(changes), \(rule.spec.maxPerDay) a day, until \(TimeWords.day(rule.spec.notAfter))",
            ]
        }
    }

    private var devices: [[Text]] {
        trustSet.devices.values.sorted { $0.name < $1.name }.map { device in
            ["\(device.name)", "\(device.spec.server.kind)", "zone \(device.spec.zone)", TrustWords.reach(device.spec)]
        }
    }

    private var channels: [[Text]] {
        (trustSet.repository?.spec.channels ?? [:]).sorted { $0.key < $1.key }.map {
            ["\($0.key)", "\($0.value.words)"]
        }
    }

    private var alerts: [[Text]] {
        trustSet.alertPolicies.values.sorted { $0.name < $1.name }.map { policy in
            let channels = policy.spec.notify.map(\.text).joined(separator: ", ")
            return ["\(policy.name)", "\(policy.spec.alerts.count) alerts, over \(channels)"]
        }
    }

    private var zones: [[Text]] {
        trustSet.zones.values.sorted { $0.name < $1.name }.map { zone in
            let recorders = zone.spec.recorders.map(TrustWords.key).joined(separator: "; ")
            return [
                "\(zone.name)",
                "status signed by \(recorders); key files below \(zone.spec.keyRoots.joined(separator: ", "))",
            ]
        }
    }
}

enum TrustWords {
    static func key(_ key: DeclaredKey) -> Text {
        var text: Text =
            switch key.material {
            case .ssh(let line): "\(line.split(separator: " ").prefix(2).joined(separator: " "))"
            case .openpgp(let path, let fingerprint): "OpenPGP \(fingerprint) (\(path))"
            }
        if let from = key.notBefore { text += " from \(TimeWords.day(from))" }
        if let to = key.notAfter { text += " to \(TimeWords.day(to))" }
        if let revoked = key.revokedFrom { text += ", \("revoked", .bad) from \(TimeWords.day(revoked))" }
        return text
    }

    /// `approve: 1 of pki`.
    static func quorum(_ name: String, _ count: Int, _ approvers: [Approver]) -> Text {
        let who = approvers.map { approver in
            switch approver {
            case .group(let name): name.text
            case .person(let name): name.text
            }
        }.joined(separator: " or ")
        return name.isEmpty ? "\(count) of \(who)" : "\(name): \(count) of \(who)"
    }

    static func reach(_ device: DeviceSpec) -> Text {
        var text: Text =
            switch device.transport {
            case .local:
                if case .awsACM(let acm) = device.server {
                    "AWS region \(acm.region)"
                } else if device.server.plugin != nil {
                    "where its plugin says"
                } else {
                    "on the gateway itself"
                }
            case .ssh(let ssh):
                "ssh \(ssh.user.map { "\($0)@" } ?? "")\(ssh.host):\(ssh.port)\(ssh.become ? ", sudo" : "")"
            }
        if device.sync != .managed { text += ", \(device.sync.rawValue, .caution)" }
        for (what, argv) in [
            ("check", device.server.check), ("reload", device.server.reload), ("plugin", device.server.plugin?.words),
        ] {
            if let argv { text += ", \(what): \(argv.joined(separator: " "))" }
        }
        return device.server.isCloud ? text : text + ", slots below \(device.slotRoots.joined(separator: ", "))"
    }
}
