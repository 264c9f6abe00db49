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
struct Objection {
    var resource: SourcePosition
    var path: [PathStep]
    var severity: Diagnostic.Severity
    var message: String
    var rule: Rule
    var misspelt: (word: String, among: Finding.Candidates)?
}

/// What is checked over a whole set: each concern in a file of its own. Never changes the set.
struct Checker {
    let set: DeclarationSet
    /// What was meant to be declared but did not decode: known by name, so that its mistake is told once.
    let broken: Set<ResourceKey>
    /// Some file could not be read at all: what is missing may stand there.
    let isTorn: Bool
    private(set) var objections: [Objection] = []

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

    mutating func checkAll() {
        checkRepository()
        checkReferences()
        checkKeys()
        checkPolicies()
        checkStandingApprovals()
        checkDevices()
        checkConnectors()
        checkBindings()
    }
}
