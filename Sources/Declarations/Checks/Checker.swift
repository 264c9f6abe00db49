// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary
internal import YAML

/// A step into a spec: a field, or an entry of a list.
enum PathStep: Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
    case field(String)
    case entry(Int)

    init(stringLiteral value: String) { self = .field(value) }
    init(integerLiteral value: Int) { self = .entry(value) }
}

/// Something found between resources: where in which resource is worked out only for what is really wrong.
struct Objection: Sendable {
    var resource: SourcePosition
    var path: [PathStep]
    var severity: Diagnostic.Severity
    var message: String
    var rule: Rule
    var misspelt: (word: String, among: Finding.Candidates)?
}

/// What is checked over a whole set: each concern in a file of its own. Never changes the set.
struct Checker: Sendable {
    let set: DeclarationSet
    /// What was meant to be declared but did not decode: known by name, so that its mistake is told once.
    let broken: Set<ResourceKey>
    /// Some file could not be read at all: what is missing may stand there.
    let isTorn: Bool
    private(set) var objections: [Objection] = []
    /// What is bound where, once bindings are checked.
    var slots: DesiredSlots?

    init(set: DeclarationSet, broken: Set<ResourceKey>, isTorn: Bool) {
        (self.set, self.broken, self.isTorn) = (set, broken, isTorn)
    }

    mutating func object<Spec>(
        _ severity: Diagnostic.Severity = .error, to resource: Declared<Spec>, at path: [PathStep], _ message: String,
        _ rule: Rule, misspelt: (word: String, among: Finding.Candidates)? = nil
    ) {
        objections.append(
            Objection(
                resource: resource.position, path: path, severity: severity, message: message, rule: rule,
                misspelt: misspelt))
    }

    mutating func object(
        at place: SourcePosition, _ message: String, _ rule: Rule, _ severity: Diagnostic.Severity = .error
    ) {
        objections.append(Objection(resource: place, path: [], severity: severity, message: message, rule: rule))
    }

    func isBroken(_ kind: ResourceKind, _ name: String) -> Bool {
        !broken.isEmpty && broken.contains(ResourceKey(kind: kind, name: name))
    }

    /// Concerns that do not know of each other, side by side where there is much to check.
    mutating func checkAll() {
        let concerns: [@Sendable (inout Checker) -> Void] = [
            { checker in
                checker.checkRepository()
                checker.checkReferences()
                checker.checkKeys()
                checker.checkPolicies()
                checker.checkStandingApprovals()
                checker.checkAlerts()
                checker.checkDevices()
            },
            { $0.checkConnectors() },
            { $0.checkBindings() },
        ]
        let fresh = Checker(set: set, broken: broken, isTorn: isTorn)
        let checked = Parallel.each(concerns, isWorthThreads: set.connectors.count > 500) { check in
            var checker = fresh
            check(&checker)
            return checker
        }
        for checker in checked {
            objections += checker.objections
            slots = slots ?? checker.slots
        }
    }
}
