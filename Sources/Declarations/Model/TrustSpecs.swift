// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

/// A public key as declared for a person or a recorder, and when it is valid.
package struct DeclaredKey: Hashable, Sendable {
    package enum Material: Hashable, Sendable {
        case ssh(String)  // an OpenSSH public key line
        case openpgp(path: String, fingerprint: String)  // repository path; the primary key's, 40 upper-case hex digits
    }
    package var material: Material
    package var notBefore: Timestamp?
    package var notAfter: Timestamp?
    package var revokedFrom: Timestamp?

    package init(
        material: Material, notBefore: Timestamp? = nil, notAfter: Timestamp? = nil, revokedFrom: Timestamp? = nil
    ) {
        (self.material, self.notBefore, self.notAfter, self.revokedFrom) = (material, notBefore, notAfter, revokedFrom)
    }
}

/// Who may sign.
package struct PersonSpec: ResourceSpec {
    package typealias NamedKind = PersonKind
    package static let kind = ResourceKind.person

    package var emails: [String]  // only ever restricts
    package var keys: [DeclaredKey]
    package var robot: Bool  // may ask, never approve
    package var forge: Bool  // a forge's own key: neither asks nor approves

    package init(emails: [String] = [], keys: [DeclaredKey], robot: Bool = false, forge: Bool = false) {
        (self.emails, self.keys, self.robot, self.forge) = (emails, keys, robot, forge)
    }
}

package struct GroupSpec: ResourceSpec {
    package typealias NamedKind = GroupKind
    package static let kind = ResourceKind.group

    package var members: [PersonName]

    package init(members: [PersonName]) { self.members = members }
}

/// `group:pki` or `person:alice`. Groups do not nest.
package enum Approver: Hashable, Sendable, CustomStringConvertible {
    case group(GroupName)
    case person(PersonName)

    /// nil unless `text` is `group:NAME` or `person:NAME`.
    package init?(_ text: some StringProtocol) {
        if text.hasPrefix("group:"), let name = GroupName(text.dropFirst(6)) {
            self = .group(name)
        } else if text.hasPrefix("person:"), let name = PersonName(text.dropFirst(7)) {
            self = .person(name)
        } else {
            return nil
        }
    }

    package var description: String {
        switch self {
        case .group(let name): "group:\(name)"
        case .person(let name): "person:\(name)"
        }
    }
}

/// The class of a change, as policies match it.
package enum ChangeClass: String, CaseIterable, Hashable, Sendable, Codable {
    case install, renewal, replace, remove, adopt, restore
}

/// Which changes need which levels of approval by whom.
package struct ApprovalPolicySpec: ResourceSpec {
    package typealias NamedKind = ApprovalPolicyKind
    package static let kind = ResourceKind.approvalPolicy

    package struct Match: Hashable, Sendable {
        package var deviceKinds: [String] = []
        package var zones: [ZoneName] = []
        package var deviceLabels: [String: String] = [:]
        package var names: [String] = []  // DNS names or `*.example.com`
        package var changes: [ChangeClass] = []
        package init() {}
    }
    package struct Level: Hashable, Sendable {
        package var name: String
        package var approvers: [Approver]
        package var count: Int
        package init(name: String, approvers: [Approver], count: Int = 1) {
            (self.name, self.approvers, self.count) = (name, approvers, count)
        }
    }
    package enum UnknownRequester: String, CaseIterable, Hashable, Sendable { case block, extraApprover }
    package struct Separation: Hashable, Sendable {
        package var requesterMayApprove = false
        package var distinctAcrossLevels = true
        package var unknownRequester = UnknownRequester.block
        package init() {}
    }
    package enum Weekday: String, CaseIterable, Hashable, Sendable {
        case mon = "Mon", tue = "Tue", wed = "Wed", thu = "Thu", fri = "Fri", sat = "Sat", sun = "Sun"
    }
    package struct Window: Hashable, Sendable {
        package var days: [Weekday]  // on which it begins; empty: every day
        package var from: String  // HH:MM
        package var to: String  // HH:MM, on the next day where it is not after `from`
        package var timeZone: String
        package init(days: [Weekday], from: String, to: String, timeZone: String) {
            (self.days, self.from, self.to, self.timeZone) = (days, from, to, timeZone)
        }
    }
    /// A time in which nothing is pushed, whatever the windows say.
    package struct Freeze: Hashable, Sendable {
        package var from: Timestamp
        package var until: Timestamp  // the first second after it
        package var reason: String
        package init(from: Timestamp, until: Timestamp, reason: String) {
            (self.from, self.until, self.reason) = (from, until, reason)
        }
    }
    package struct PolicyChange: Hashable, Sendable {
        package var approvers: [Approver]
        package var count: Int
        package var requesterMayApprove: Bool
        package init(approvers: [Approver], count: Int, requesterMayApprove: Bool = false) {
            (self.approvers, self.count, self.requesterMayApprove) = (approvers, count, requesterMayApprove)
        }
    }
    package struct Emergency: Hashable, Sendable {
        package enum Ignored: String, CaseIterable, Hashable, Sendable { case windows, waves, limits }
        package var approvers: [Approver]
        package var count: Int
        package var requesterMayApprove: Bool
        package var ignores: [Ignored]
        package init(approvers: [Approver], count: Int, requesterMayApprove: Bool = false, ignores: [Ignored] = []) {
            (self.approvers, self.count) = (approvers, count)
            (self.requesterMayApprove, self.ignores) = (requesterMayApprove, ignores)
        }
    }

    package var priority: Int
    package var version: Int
    package var match: Match
    package var levels: [Level]
    package var separation: Separation
    package var expiresAfter: Seconds
    package var attendedFor: Seconds
    package var windows: [Window]
    package var freezes: [Freeze]
    package var retries: Int
    package var policyChange: PolicyChange?  // only in the policy named `default`
    package var emergency: Emergency?
    package var rollout: RolloutSpec?

    package init(
        priority: Int = 0, version: Int = 1, match: Match = Match(), levels: [Level],
        separation: Separation = Separation(),
        expiresAfter: Seconds = .hours(72), attendedFor: Seconds = .hours(4), windows: [Window] = [],
        freezes: [Freeze] = [], retries: Int = 0, policyChange: PolicyChange? = nil, emergency: Emergency? = nil,
        rollout: RolloutSpec? = nil
    ) {
        (self.priority, self.version, self.match, self.levels) = (priority, version, match, levels)
        (self.separation, self.expiresAfter, self.attendedFor) = (separation, expiresAfter, attendedFor)
        (self.windows, self.freezes, self.retries) = (windows, freezes, retries)
        (self.policyChange, self.emergency, self.rollout) = (policyChange, emergency, rollout)
    }

    /// Whether there are times in which nothing is pushed.
    package var hasClosedTimes: Bool { !windows.isEmpty || !freezes.isEmpty }
}

/// A signed, expiring, budgeted rule that stands for named levels of matching work orders.
package struct StandingApprovalSpec: ResourceSpec {
    package typealias NamedKind = StandingApprovalKind
    package static let kind = ResourceKind.standingApproval

    package enum Issuer: Hashable, Sendable {
        case spki(SPKIFingerprint)
        case root(String)  // repository path
    }
    package enum Sameness: String, CaseIterable, Hashable, Sendable { case same }

    package var levels: [String]
    package var match: ApprovalPolicySpec.Match
    package var requesters: [Approver]
    package var issuers: [Issuer]
    package var names: Sameness
    package var keyType: Sameness
    package var changes: [ChangeClass]
    package var maxPerHour: Int
    package var maxPerDay: Int
    package var notAfter: Timestamp

    package init(
        levels: [String], match: ApprovalPolicySpec.Match, requesters: [Approver], issuers: [Issuer],
        names: Sameness = .same, keyType: Sameness = .same, changes: [ChangeClass], maxPerHour: Int, maxPerDay: Int,
        notAfter: Timestamp
    ) {
        (self.levels, self.match, self.requesters, self.issuers) = (levels, match, requesters, issuers)
        (self.names, self.keyType, self.changes) = (names, keyType, changes)
        (self.maxPerHour, self.maxPerDay, self.notAfter) = (maxPerHour, maxPerDay, notAfter)
    }
}
