// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Declarations
package import Vocabulary

/// What an alert is about. The raw values are a contract.
package enum AlertKind: String, CaseIterable, Hashable, Sendable {
    case expiry, colour, pushFailed, validationFailed, drift, waiting, keyEnding, signatureLost, unreachable, unreviewed

    /// Whoever could sign has something to do.
    var isErrand: Bool { self == .waiting || self == .unreviewed }

    package init(_ what: Circumstance.What) {
        self =
            switch what {
            case .ends: .expiry
            case .coloured: .colour
            case .pushFailed: .pushFailed
            case .differs: .validationFailed
            case .drifted: .drift
            case .waits: .waiting
            case .keysEnd: .keyEnding
            case .signatureLost: .signatureLost
            case .unreachable: .unreachable
            case .unreviewed: .unreviewed
            }
    }
}

/// Something that a policy wants people to hear of, as long as it holds.
///
/// It has names, identifiers, dates and words of ours, and nothing that a device or a commit message said: it leaves this house.
package struct Alert: Hashable, Sendable {
    /// Which of a policy's alerts this is, from one pass to the next.
    package struct ID: Hashable, Comparable, Sendable {
        package var policy: AlertPolicyName
        package var kind: AlertKind
        package var subject: String

        package init(policy: AlertPolicyName, kind: AlertKind, subject: String) {
            (self.policy, self.kind, self.subject) = (policy, kind, subject)
        }
        package var text: String { "\(policy) \(kind.rawValue) \(subject)" }
        package static func < (left: Self, right: Self) -> Bool {
            (left.policy, left.kind.rawValue, left.subject) < (right.policy, right.kind.rawValue, right.subject)
        }
    }
    package var id: ID
    package var severity: AlertPolicySpec.Severity
    /// Another one is told of again.
    package var state: String
    package var since: Timestamp
    /// One line.
    package var headline: String
    /// The command that comes next.
    package var next: String?
    package var certificate: CertificateName?
    /// The first of them, sorted.
    package var connectors: [ConnectorName]
    /// Of how many.
    package var connectorCount: Int
    package var device: DeviceName?
    package var person: PersonName?
    package var workOrder: String?
    package var request: String?
    package var level: String?
    package var approvers: [String]
    package var people: [PersonName]

    package static let mostConnectors = 20

    package init(
        id: ID, severity: AlertPolicySpec.Severity, state: String, since: Timestamp, headline: String, next: String?,
        certificate: CertificateName?, connectors: [ConnectorName], connectorCount: Int, device: DeviceName?,
        person: PersonName?, workOrder: String?, request: String?, level: String?, approvers: [String],
        people: [PersonName]
    ) {
        (self.id, self.severity, self.state, self.since) = (id, severity, state, since)
        (self.headline, self.next, self.certificate, self.connectors) = (headline, next, certificate, connectors)
        (self.connectorCount, self.device, self.person) = (connectorCount, device, person)
        (self.workOrder, self.request, self.level) = (workOrder, request, level)
        (self.approvers, self.people) = (approvers, people)
    }

    init(_ circumstance: Circumstance, _ rule: AlertPolicySpec.Rule, of policy: AlertPolicyName, since: Timestamp) {
        self.init(
            id: ID(policy: policy, kind: AlertKind(circumstance.what), subject: circumstance.subject),
            severity: rule.severity, state: "\(rule.condition.name) \(circumstance.state)", since: since,
            headline: AlertWords.headline(circumstance), next: circumstance.next, certificate: circumstance.certificate,
            connectors: Array(circumstance.connectors.prefix(Self.mostConnectors)),
            connectorCount: circumstance.connectors.count, device: circumstance.device, person: circumstance.person,
            workOrder: circumstance.workOrder, request: circumstance.request, level: circumstance.level,
            approvers: circumstance.approvers, people: circumstance.people)
    }
}

/// One thing that one channel is to tell.
package struct AlertNotice: Hashable, Sendable {
    /// The raw values are a contract.
    package enum Event: String, CaseIterable, Hashable, Sendable { case raised, repeated, resolved }

    package var event: Event
    package var alert: Alert
    package var channel: ChannelName
    /// Who alone is told, over a channel for approvers.
    package var recipient: PersonName?
    package var at: Timestamp

    package init(
        event: Event, alert: Alert, channel: ChannelName, recipient: PersonName? = nil, at: Timestamp
    ) {
        (self.event, self.alert, self.channel, self.recipient, self.at) = (event, alert, channel, recipient, at)
    }
}

/// What was told, and what no single pass can know.
package struct AlertMemory: Hashable, Sendable {
    package struct Told: Hashable, Sendable {
        package var alert: Alert
        /// When last.
        package var at: Timestamp
        /// It is over, and is kept so that what comes and goes is not told each time.
        package var isOver: Bool
        package init(alert: Alert, at: Timestamp, isOver: Bool = false) {
            (self.alert, self.at, self.isOver) = (alert, at, isOver)
        }
    }
    package var told: [Alert.ID: Told] = [:]
    /// Since when something waits at a level.
    package var waiting: [String: Timestamp] = [:]
    /// Work orders, by hex of their digest, that had all their signatures.
    package var signed: Set<String> = []
    /// Those of them that have lost one since.
    package var lost: Set<String> = []

    package init() {}
}
