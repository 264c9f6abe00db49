// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

/// What alerts say. Names, identifiers and times only, and points of time instead of spans: it may be read a day later.
enum AlertWords {
    static func headline(_ circumstance: Circumstance) -> String {
        let one = circumstance
        let certificate = one.certificate.map(\.text) ?? "a certificate"
        let place = one.connectors.first?.text ?? ""
        switch one.what {
        case .ends(let lifetime):
            let where_ = one.connectors.isEmpty ? "" : ", on \(listed(one.connectors.map(\.text)))"
            return "\(certificate) (\(one.leaf?.short ?? "")) ends \(moment(lifetime.notAfter))\(where_)"
        case .coloured(let colour): return "\(place) is \(colour.rawValue): \(words(colour))"
        case .pushFailed(let state): return "push of \(certificate) to \(place) ended as \(state)"
        case .differs(let matched, let all):
            return "\(place): \(matched) of \(all) addresses serve what was pushed (\(one.leaf?.short ?? ""))"
        case .drifted(let found):
            let now =
                switch found {
                case .nothing: "holds nothing"
                case .certificate(let leaf): "holds \(leaf.short)"
                case .other: "holds what is no certificate"
                }
            return "\(place) was changed by hand: it \(now), declared is \(one.leaf?.short ?? "nothing")"
        case .waits(let since, let lifetime):
            let what =
                one.orders == 0
                ? "policy change \(one.subject)"
                : "\(one.subject) (\(one.certificate.map { "\($0)" } ?? place), \(one.orders) \(one.orders == 1 ? "place" : "places"))"
            let end = lifetime.map { "; what is there ends \(moment($0.notAfter))" } ?? ""
            return "\(what) waits for \(needs(one)) since \(moment(since))\(end)"
        case .keysEnd(let end): return "no key of \(one.person?.text ?? "") is valid after \(moment(end))"
        case .signatureLost:
            return "\(one.subject) for \(place) had all its signatures and needs \(needs(one)) again"
        case .unreviewed(let since, let quorum):
            let more = one.connectors.count > 1 ? " and \(one.connectors.count - 1) more" : ""
            return
                "emergency push \(one.subject) of \(certificate) to \(place)\(more), by \(listed(quorum.map(\.text))) at \(moment(since)), waits for a review by somebody else"
        case .unreachable(let since): return "device \(one.subject) cannot be reached since \(moment(since))"
        }
    }

    /// `approve by group:pki (bob, dave)`.
    private static func needs(_ one: Circumstance) -> String {
        let people = one.people.isEmpty ? "nobody is left who could" : listed(one.people.map(\.text))
        return "\(one.level ?? "a signature") by \(one.approvers.joined(separator: " or ")) (\(people))"
    }

    private static func words(_ colour: StatusColour) -> String {
        switch colour {
        case .black: "revoked"
        case .gray: "the last push failed"
        case .red: "expired"
        case .purple: "taken away on the device"
        case .orange: "at most 10 days left"
        case .yellow: "at most 30 days left"
        case .blue: "at most 90 days left"
        case .green: "valid"
        }
    }

    private static func listed(_ names: [String]) -> String {
        let shown = names.prefix(5).joined(separator: ", ")
        return names.count > 5 ? "\(shown) and \(names.count - 5) more" : shown
    }

    /// `2026-11-27 10:00 UTC`.
    private static func moment(_ time: Timestamp) -> String {
        let text = time.description
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(5)) UTC"
    }
}
