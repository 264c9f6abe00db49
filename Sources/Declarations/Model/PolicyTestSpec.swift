// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

/// What is expected of policies: for this change and these signatures, that. Read by `countersign test` and by nothing else.
package struct PolicyTestSpec: ResourceSpec {
    package typealias NamedKind = PolicyTestKind
    package static let kind = ResourceKind.policyTest

    /// Files beside the test that declare what is tested; empty: what the same commit declares.
    package var policies: [String]
    /// Who is in which group here, in place of what is declared.
    package var groups: [GroupName: [PersonName]]
    /// Those of them who may ask and never approve.
    package var robots: [PersonName]
    package var cases: [Case]

    package struct Case: Hashable, Sendable {
        package var name: String
        package var change: Change
        package var at: Timestamp
        package var signatures: [Signature] = []
        package var expect: Expectation
    }

    package struct Place: Hashable, Sendable {
        package var kind: String?
        package var zone: ZoneName?
        package var labels: [String: String] = [:]
        /// DNS names held, to be installed and served there.
        package var names: [String] = []
        package init() {}
    }

    package struct Change: Hashable, Sendable {
        package enum Holds: String, CaseIterable, Hashable, Sendable { case nothing, certificate, other }
        package var change: ChangeClass
        package var place: Place
        /// Other slots that hold or are bound to the same key.
        package var alsoAt: [Place] = []
        package var holds: Holds?
        package var requesters: [PersonName] = []
        package var unknownRequester = false
        /// How many of how many declared slots would change.
        package var slots: Slots?
        package var renewal = Renewal()
    }

    package struct Slots: Hashable, Sendable {
        package var changed: Int
        package var total: Int
    }

    /// What a standing approval asks beside all this.
    package struct Renewal: Hashable, Sendable {
        package var issuer: SPKIFingerprint?
        package var root: String?
        /// What is not as a standing approval wants it.
        package var differs: [StandingCondition] = []
        /// What it has let through in the hour and in the day before.
        package var inHour = 0
        package var inDay = 0
        package init() {}
    }

    package struct Signature: Hashable, Sendable {
        package enum Decision: String, CaseIterable, Hashable, Sendable { case approve, reject, revoke, cancel }
        package var by: PersonName
        package var level: String?
        package var decision: Decision
        package var at: Timestamp
        package var schedule: Times?
        package var emergency: Bool
        /// `changes 120`, `holds-other`, as `--acknowledge` takes it.
        package var acknowledges: [String]
    }

    package struct Times: Hashable, Sendable {
        package var from: Timestamp
        package var until: Timestamp
    }

    package struct Expectation: Hashable, Sendable {
        package struct Missing: Hashable, Sendable {
            package var level: String
            package var count: Int
            /// Who could give it, each; nil: whoever.
            package var by: [PersonName]?

            package init(level: String, count: Int, by: [PersonName]?) {
                (self.level, self.count, self.by) = (level, count, by)
            }
        }
        package struct Refused: Hashable, Sendable {
            package var by: PersonName
            package var code: String
        }
        package var policy: PolicyName?
        package var satisfied: Bool?
        package var state: String?
        package var missing: [Missing]?
        package var refused: [Refused]?
        package var blocked: String?
        /// The standing approval that stands for somebody.
        package var standing: StandingApprovalName?
        /// Why none does.
        package var waits: [StandingCondition]?

        package var isEmpty: Bool {
            policy == nil && satisfied == nil && state == nil && missing == nil && refused == nil && blocked == nil
                && standing == nil && waits == nil
        }
    }

    package init(policies: [String], groups: [GroupName: [PersonName]], robots: [PersonName], cases: [Case]) {
        (self.policies, self.groups, self.robots, self.cases) = (policies, groups, robots, cases)
    }
}

/// What must be as it was, or as it is listed, before a standing approval stands for anybody.
package enum StandingCondition: String, CaseIterable, Hashable, Sendable, Codable {
    case inForce, notAfter, place, change, requester, issuer, names, keyType
    case certificate, binding, connector, key
    case older, heldBefore, failedBefore, firstPush
}
