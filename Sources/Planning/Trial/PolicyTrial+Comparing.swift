// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
package import Declarations
internal import Vocabulary

/// One thing that did not come as it was expected.
package struct PolicyMismatch: Hashable, Sendable {
    /// The field of `expect`.
    package var field: String
    package var expected: String
    package var found: String

    package init(field: String, expected: String, found: String) {
        (self.field, self.expected, self.found) = (field, expected, found)
    }
}

extension PolicyTestSpec.Expectation {
    /// What of it is not so; empty: all of it is.
    package func mismatches(with outcome: PolicyTrial.Outcome) -> [PolicyMismatch] {
        var found: [PolicyMismatch] = []
        func expect<Value: Equatable>(_ field: String, _ expected: Value?, _ actual: Value, _ words: (Value) -> String)
        {
            guard let expected, expected != actual else { return }
            found.append(PolicyMismatch(field: field, expected: words(expected), found: words(actual)))
        }
        expect("policy", policy.map(Optional.some), outcome.decision?.policy.name) { $0?.text ?? "no policy" }
        if let satisfied, satisfied != outcome.isSatisfied {
            found.append(
                PolicyMismatch(
                    field: "satisfied", expected: satisfied ? "satisfied" : "not satisfied", found: outcome.words))
        }
        if let state, state != outcome.state.name {
            found.append(PolicyMismatch(field: "state", expected: state, found: outcome.words))
        }
        if let missing, !outcome.misses(exactly: missing) {
            found.append(
                PolicyMismatch(field: "missing", expected: Self.words(missing), found: Self.words(outcome.missing)))
        }
        expect(
            "refused", refused?.map(\.words).sorted(),
            outcome.refused.map { "\($0.person): \($0.refusal.code.rawValue)" }.sorted()
        ) {
            $0.isEmpty ? "nothing refused" : $0.joined(separator: ", ")
        }
        if let blocked, outcome.blocks.first?.code.rawValue != blocked {
            found.append(PolicyMismatch(field: "blocked", expected: blocked, found: outcome.words))
        }
        expect("standing", standing.map { [$0] }, outcome.judgement.standing) {
            $0.isEmpty
                ? "none: \(outcome.waitsFor ?? "there is none for this")" : $0.map(\.text).joined(separator: ", ")
        }
        if let waits {
            let actual = Set(outcome.objections.flatMap(\.objections).map(\.condition))
            expect("waits", Set(waits), actual) {
                $0.isEmpty ? "nothing in its way" : $0.map(\.rawValue).sorted().joined(separator: ", ")
            }
        }
        return found
    }

    private static func words(_ missing: [Missing]) -> String {
        if missing.isEmpty { return "nothing missing" }
        return missing.map { entry in
            let by = entry.by.map { " of \($0.map(\.text).sorted().joined(separator: ", "))" } ?? ""
            return "\(entry.level) \(entry.count)\(by)"
        }.joined(separator: ", ")
    }
}

extension PolicyTestSpec.Expectation.Refused {
    fileprivate var words: String { "\(by): \(code)" }
}

extension PolicyTrial.Outcome {
    /// It would be pushed: now, or when its time comes.
    package var isSatisfied: Bool {
        switch state {
        case .readyToImplement, .scheduled: true
        default: false
        }
    }

    fileprivate var missing: [PolicyTestSpec.Expectation.Missing] {
        judgement.levels.filter { $0.missing > 0 }.map {
            PolicyTestSpec.Expectation.Missing(level: $0.name, count: $0.missing, by: $0.candidates)
        }
    }

    fileprivate func misses(exactly expected: [PolicyTestSpec.Expectation.Missing]) -> Bool {
        let found = missing
        return found.count == expected.count
            && zip(found, expected).allSatisfy { found, expected in
                found.level == expected.level && found.count == expected.count
                    && (expected.by.map { Set($0) == Set(found.by ?? []) } ?? true)
            }
    }

    fileprivate var waitsFor: String? {
        let all = objections.flatMap { entry in entry.objections.map { "\(entry.name): \($0.message)" } }
        return all.isEmpty ? nil : all.joined(separator: "; ")
    }

    /// What came of it, in a few words.
    package var words: String {
        switch state {
        case .blocked(let block): "Blocked (\(block.code.rawValue)): \(block.message)"
        case .readyToImplement(let window): "ReadyToImplement until \(window.end)"
        case .scheduled(let window): "Scheduled from \(window.start) until \(window.end)"
        default:
            missing.isEmpty
                ? state.name
                : "\(state.name), missing "
                    + missing.map { "\($0.level) \($0.count)" }.joined(separator: ", ")
        }
    }
}
