// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Declarations
package import Vocabulary

/// Something that is so, or will be if nobody does anything, and that an AlertPolicy may want people to hear of.
package struct Circumstance: Hashable, Sendable {
    package struct Lifetime: Hashable, Sendable {
        package var notBefore: Timestamp
        package var notAfter: Timestamp
        package init(notBefore: Timestamp, notAfter: Timestamp) {
            (self.notBefore, self.notAfter) = (notBefore, notAfter)
        }

        /// From when on at most so many percent of it are left.
        package func time(left percent: Int) -> Timestamp {
            let whole = max(0, (notAfter - notBefore).count)
            // A lifetime is below 2⁴⁰ seconds: no overflow.
            return notAfter - Seconds(whole * Int64(percent) / 100)
        }
    }
    package enum What: Hashable, Sendable {
        case ends(Lifetime)
        case coloured(StatusColour)
        /// The name of the state in which it ended.
        case pushFailed(String)
        /// So many of so many addresses serve what was pushed.
        case differs(Int, of: Int)
        case drifted(Holding)
        /// - lifetime: of what it is to replace; where nothing is there, of what it brings.
        case waits(since: Timestamp, lifetime: Lifetime?)
        case keysEnd(Timestamp)
        case signatureLost
        case unreachable(since: Timestamp)
        /// An emergency push, by these.
        case unreviewed(since: Timestamp, quorum: [PersonName])
    }
    package var what: What
    /// Tells it from others of its kind.
    package var subject: String
    /// What makes it something new to be told of, where the subject stays.
    package var state = ""
    package var certificate: CertificateName?
    package var leaf: Fingerprint?
    /// All of them, sorted.
    package var connectors: [ConnectorName] = []
    package var device: DeviceName?
    package var person: PersonName?
    /// `WO-…`
    package var workOrder: String?
    /// `REQ-…`, or `POL-…` of a policy change.
    package var request: String?
    /// Of what waits: how many work orders.
    package var orders = 0
    package var level: String?
    package var approvers: [String] = []
    /// Who could sign.
    package var people: [PersonName] = []
    /// What a person would do next.
    package var next: String?

    package init(_ what: What, _ subject: String) { (self.what, self.subject) = (what, subject) }
}

extension AlertPolicySpec.Condition {
    /// Since when this holds of it, which may be a time to come; nil: it is about something else.
    package func holds(of circumstance: Circumstance, at now: Timestamp) -> Timestamp? {
        switch (self, circumstance.what) {
        case (.expiresWithin(let span), .ends(let lifetime)): lifetime.notAfter - span
        case (.lifetimeLeft(let percent), .ends(let lifetime)): lifetime.time(left: percent)
        case (.colours(let colours), .coloured(let colour)):
            colours.contains { $0.rawValue == colour.rawValue } ? now : nil
        case (.pushFailed, .pushFailed), (.validationFailed, .differs), (.drift, .drifted),
            (.signatureLost, .signatureLost):
            now
        case (.waits, .waits(let since, _)): since
        case (.waitsLongerThan(let span), .waits(let since, _)): since + span
        case (.waitsWithLifetimeLeft(let percent), .waits(let since, let lifetime)):
            lifetime.map { max(since, $0.time(left: percent)) }
        case (.keysEndWithin(let span), .keysEnd(let end)): end - span
        case (.unreachableFor(let span), .unreachable(let since)): since + span
        case (.unreviewedFor(let span), .unreviewed(let since, _)): since + span
        default: nil
        }
    }

    /// One word for it, and what it was set to.
    package var name: String {
        switch self {
        case .expiresWithin(let span): "expiresWithin \(span.count)"
        case .lifetimeLeft(let percent): "lifetimeLeft \(percent)"
        case .colours: "colours"
        case .pushFailed: "pushFailed"
        case .validationFailed: "validationFailed"
        case .drift: "drift"
        case .waits: "waits"
        case .waitsLongerThan(let span): "waitsLongerThan \(span.count)"
        case .waitsWithLifetimeLeft(let percent): "waitsWithLifetimeLeft \(percent)"
        case .keysEndWithin(let span): "keysEndWithin \(span.count)"
        case .signatureLost: "signatureLost"
        case .unreachableFor(let span): "unreachableFor \(span.count)"
        case .unreviewedFor(let span): "unreviewedFor \(span.count)"
        }
    }
}
