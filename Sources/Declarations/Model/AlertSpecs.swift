// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

/// Where messages for people go. Declared in the Repository: only the trust set names an address or a program.
package struct ChannelSpec: Hashable, Sendable {
    package enum Target: Hashable, Sendable {
        case webhook(Webhook)
        case mail(Mail)
        /// Argv, with the message as JSON on standard input. Not one of `commands`: those a plain commit can have run.
        case command([String])
    }
    package struct Webhook: Hashable, Sendable {
        package enum Address: Hashable, Sendable {
            case declared(WebAddress)
            /// A file on the gateway that holds it: the URLs of chat services are secrets themselves.
            case file(String)
        }
        package enum Body: Hashable, Sendable {
            case json
            /// What chat services take: one member with a text.
            case chat(field: String)
        }
        package var address: Address
        /// A file on the gateway with the key that signs what is sent.
        package var secretFile: String?
        package var body: Body
        /// Repository paths; empty: those of the host.
        package var trustRoots: [String]

        package init(address: Address, secretFile: String? = nil, body: Body = .json, trustRoots: [String] = []) {
            (self.address, self.secretFile, self.body, self.trustRoots) = (address, secretFile, body, trustRoots)
        }
    }
    package struct Mail: Hashable, Sendable {
        package enum Recipients: Hashable, Sendable {
            case addresses([String])
            /// Whoever could sign what waits, at their first address: each hears of that alone.
            case approvers
        }
        package var recipients: Recipients
        package var from: String
        /// Argv of a program that takes what sendmail(1) takes.
        package var program: [String]

        package init(recipients: Recipients, from: String, program: [String] = Self.sendmail) {
            (self.recipients, self.from, self.program) = (recipients, from, program)
        }
        package static let sendmail = ["/usr/sbin/sendmail"]
    }
    package var target: Target
    /// For one delivery.
    package var timeout: Seconds

    package init(_ target: Target, timeout: Seconds = Self.patience) { (self.target, self.timeout) = (target, timeout) }
    package static let patience = Seconds(30)

    /// Told to each approver alone.
    package var isForApprovers: Bool {
        if case .mail(let mail) = target { mail.recipients == .approvers } else { false }
    }
    package var trustRoots: [String] { if case .webhook(let webhook) = target { webhook.trustRoots } else { [] } }
}

/// What people are told of, how urgently, and over which channels.
package struct AlertPolicySpec: ResourceSpec {
    package typealias NamedKind = AlertPolicyKind
    package static let kind = ResourceKind.alertPolicy

    package enum Severity: String, CaseIterable, Comparable, Hashable, Sendable {
        case info, warning, critical
        package static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
        private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    }
    /// As `StatusColour` has them.
    package enum Colour: String, CaseIterable, Hashable, Sendable {
        case black, gray, red, purple, orange, yellow, blue, green
    }
    package struct Match: Hashable, Sendable {
        /// Of the certificate or of the connector, together.
        package var labels: [String: String] = [:]
        package var devices = ApprovalPolicySpec.Match()
        package init() {}
        package var isEmpty: Bool { self == Match() }
    }
    package enum Condition: Hashable, Sendable {
        case expiresWithin(Seconds)
        /// At most so many percent of a certificate's lifetime are left.
        case lifetimeLeft(Int)
        case colours([Colour])
        case pushFailed
        case validationFailed
        case drift
        case waits
        case waitsLongerThan(Seconds)
        /// It waits, and at most so many percent of the lifetime are left of what it is to replace.
        case waitsWithLifetimeLeft(Int)
        case keysEndWithin(Seconds)
        case signatureLost
        case unreachableFor(Seconds)
        /// An emergency that nobody outside of its quorum has reviewed.
        case unreviewedFor(Seconds)
    }
    package struct Rule: Hashable, Sendable {
        package var condition: Condition
        package var severity: Severity
        package init(_ condition: Condition, severity: Severity = .warning) {
            (self.condition, self.severity) = (condition, severity)
        }
    }
    package var match: Match
    package var alerts: [Rule]
    package var notify: [ChannelName]
    /// Told again after this; nil: once.
    package var repeatAfter: Seconds?
    /// Told, too, when it is over.
    package var resolved: Bool

    package init(
        match: Match = Match(), alerts: [Rule], notify: [ChannelName], repeatAfter: Seconds? = nil,
        resolved: Bool = true
    ) {
        (self.match, self.alerts, self.notify) = (match, alerts, notify)
        (self.repeatAfter, self.resolved) = (repeatAfter, resolved)
    }
}
