// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Approvals
internal import Declarations
internal import Vocabulary

/// Who signed and who is needed.
package enum LevelWords {
    /// `pki`, `pki or alice`.
    package static func approvers(_ level: Judgement.LevelStanding) -> String {
        level.approvers.map { approver in
            switch approver {
            case .group(let name): name.text
            case .person(let name): name.text
            }
        }.joined(separator: " or ")
    }

    /// `bob`, `bob (not yet seen)`: a record counts from when the reconciler first saw it.
    package static func person(_ given: Judgement.Given) -> Text {
        given.firstSeen == nil ? "\(given.person) (not yet seen)" : "\(given.person)"
    }

    /// `approve ✓ bob · needs implement (netops)`.
    package static func standing(_ levels: [Judgement.LevelStanding]) -> Text {
        let given = levels.filter { !$0.given.isEmpty || $0.standing != nil }.map { level -> Text in
            if let standing = level.standing { return "\(level.name) \("✓", .good) standing approval \(standing)" }
            let count: Text = level.isComplete ? "" : " \(level.given.count) of \(level.needed)"
            return "\(level.name)\(count) \("✓", .good) \(level.given.map(person).joined(separator: ", "))"
        }
        let needed = levels.filter { !$0.isComplete }.map { level -> Text in
            let count: Text = level.needed == 1 ? "" : "\(level.missing) \(level.given.isEmpty ? "" : "more ")of "
            return "\(level.name) (\(count)\(approvers(level)))"
        }
        return (given + (needed.isEmpty ? [] : ["needs \(needed.joined(separator: ", "))"])).joined(separator: " · ")
    }

    /// `missing: one of dave, erin (netops)`.
    package static func missing(_ level: Judgement.LevelStanding) -> Text {
        let names = level.candidates.map(\.text).joined(separator: ", ")
        return if names.isEmpty {
            "\("missing", .caution): \(count(level.missing)) of \(approvers(level)), and nobody is left who could"
        } else if level.candidates.count < level.missing {
            "\("missing", .caution): \(count(level.missing)) of \(approvers(level)), and only \(names) could"
        } else if level.candidates.count == 1, level.missing == 1 {
            "\("missing", .caution): \(names) (\(approvers(level)))"
        } else {
            "\("missing", .caution): \(count(level.missing)) of \(names) (\(approvers(level)))"
        }
    }

    private static func count(_ number: Int) -> String {
        switch number {
        case 1: "one"
        case 2: "two"
        case 3: "three"
        default: String(number)
        }
    }

    /// `requested by alice and bob`; empty for drift, which nobody asked for.
    package static func requested(_ requesters: Requesters) -> Text {
        let names = requesters.people.keys.sorted().map(\.text)
        var parts: [Text] = []
        if !names.isEmpty { parts.append("requested by \(names.joined(separator: ", "))") }
        if let unknown = requesters.unknown {
            parts.append("\("also changed by somebody unknown", .bad) (\(unknown.what) in \(unknown.commit.short))")
        }
        return parts.joined(separator: "; ")
    }
}
