// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

/// Whether a certificate was taken back by its authority, as far as this gateway knows.
package struct Revocation: Hashable, Sendable, Codable {
    package enum Status: Hashable, Sendable, Codable {
        case good
        case revoked(RevocationAnswer.Revoked)
        /// Nobody has said, or what was said counts no more; why, in words.
        case unknown(String)
    }
    package var status: Status
    /// Since when it is so, as the gateway saw it; what was good lapses at its own nextUpdate.
    package var since: Timestamp
    /// Who said so last; nil: nobody has.
    package var source: RevocationAnswer.Source?
    /// thisUpdate of that answer. An older one changes nothing any more.
    package var answered: Timestamp?
    /// nextUpdate: from then on a good answer counts no more.
    package var goodUntil: Timestamp?
    /// Nobody is asked before.
    package var askAgain: Timestamp
    /// The last stapled response that was looked at: servers send the same one for days.
    package var staple: FileDigest?
    /// The certificate of the chain that this is about, where it is not the leaf itself. Never kept: whoever asks for a leaf is told.
    package var issuer: Fingerprint?

    package init(
        status: Status, since: Timestamp, source: RevocationAnswer.Source? = nil, answered: Timestamp? = nil,
        goodUntil: Timestamp? = nil, askAgain: Timestamp, staple: FileDigest? = nil
    ) {
        (self.status, self.since, self.source, self.answered) = (status, since, source, answered)
        (self.goodUntil, self.askAgain, self.staple) = (goodUntil, askAgain, staple)
    }

    package var isRevoked: Bool { if case .revoked = status { true } else { false } }

    package func isDue(at now: Timestamp) -> Bool { now >= askAgain }
}

extension Revocation {
    /// After nobody answered, or nobody said anything to be believed.
    package static let patience = Seconds.minutes(15)
    /// Where an answer does not say for how long it is good.
    package static let shortest = Seconds.hours(1)
    /// However long it says: a key that is stolen tomorrow is not to be missed for a year.
    package static let longest = Seconds.days(7)

    /// What is known once somebody has answered.
    package static func after(_ answer: RevocationAnswer, former: Revocation?, at now: Timestamp) -> Revocation {
        let next = answer.nextUpdate.map { min($0, now + longest) } ?? now + shortest
        if let former, let known = former.answered, former.status.isAnswer,
            answer.thisUpdate < known || former.isRevoked && answer.revoked == nil && answer.thisUpdate == known
        {
            // Somebody shows what an authority said before: it is no news.
            var kept = former.lapsed(at: now)
            kept.askAgain = max(former.askAgain, now + patience)
            return kept
        }
        let status = answer.revoked.map(Status.revoked) ?? .good
        return Revocation(
            status: status, since: former.flatMap { $0.status == status ? $0.since : nil } ?? now,
            source: answer.source, answered: answer.thisUpdate,
            goodUntil: answer.nextUpdate ?? answer.thisUpdate + .days(1), askAgain: next, staple: former?.staple)
    }

    /// What is known once nobody has: a failure of the network takes nothing back, and excuses nothing for ever.
    ///
    /// Revoked stays revoked. Good stays good until the nextUpdate of its answer; at that very second it is unknown.
    package static func after(failure: String, former: Revocation?, at now: Timestamp) -> Revocation {
        guard var kept = former?.lapsed(at: now, because: failure) else {
            return Revocation(status: .unknown(failure), since: now, askAgain: now + patience)
        }
        kept.askAgain = now + patience
        if case .good = kept.status, let until = kept.goodUntil { kept.askAgain = min(until, kept.askAgain) }
        return kept
    }

    /// The same, but what was good until now is unknown.
    package func lapsed(at now: Timestamp, because failure: String = "nobody has been asked since") -> Revocation {
        guard case .good = status, let goodUntil, now >= goodUntil else { return self }
        var lapsed = self
        (lapsed.status, lapsed.since) = (.unknown(failure), goodUntil)
        return lapsed
    }
}

extension History {
    /// As it stands at this time: what nobody has renewed is unknown.
    ///
    /// - Parameter chain: what is sent after it. A leaf is worth nothing under an issuer that was taken back; that nobody knows of an
    ///   issuer says nothing of the leaf.
    package func revocation(of leaf: Fingerprint, under chain: [Fingerprint], at now: Timestamp) -> Revocation? {
        let own = revocations[leaf]?.lapsed(at: now)
        if own?.isRevoked ?? false { return own }
        for issuer in chain {
            guard var above = revocations[issuer], above.isRevoked else { continue }
            above.issuer = issuer
            return above
        }
        return own
    }
}

extension Revocation.Status {
    fileprivate var isAnswer: Bool { if case .unknown = self { false } else { true } }
}

/// Which addresses may be asked whether a certificate was revoked. Certificates come from outside, and with them the places to ask:
/// nothing of ours is to be reached by them.
package struct AskingRule: Hashable, Sendable {
    /// `revocationHosts` of the zone, lower case.
    private let named: Set<String>

    package init(revocationHosts: some Sequence<String>) { named = Set(revocationHosts.map { $0.lowercased() }) }

    /// Why not, in words; nil: it may be asked.
    ///
    /// - Parameter host: as the certificate has it; it stands for `address`.
    package func objection(to address: IPAddress, of host: String) -> String? {
        // A metadata service, or whatever listens on this machine: whoever names it in the zone is mistaken.
        guard !address.isLoopback, !address.isLinkLocal, !address.isUnspecified, !address.isMulticast else {
            return "\(address) is never asked: it is of this machine or its link"
        }
        if address.isPublic || named.contains(host.lowercased()) || named.contains(address.description) { return nil }
        return "\(address) is not a public address; to ask there, name \(Shown.text(host)) in revocationHosts of the Zone"
    }
}
