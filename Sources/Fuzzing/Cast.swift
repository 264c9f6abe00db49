// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Declarations
internal import Signatures
internal import Vocabulary

/// Six people: alice asks; bob and dave (`pki`) approve, carol and erin (`netops`) implement, max is in both groups. And keys that
/// are not in force: of a stranger, one revoked, one expired, one that the branch's tip has taken away.
struct Cast {
    static let people = ["alice", "bob", "carol", "dave", "erin", "max"]
    static let others = ["stranger", "revoked", "expired", "taken"]
    static let repository = "6f1c2a0e-0000-4000-8000-000000000001"
    static let start = Timestamp(secondsSince1970: 1_800_000_000)
    static let groups = ["pki": ["alice", "bob", "dave", "max"], "netops": ["carol", "erin", "max"]]

    let keys: [String: SSHPrivateKey]
    let inForce: TrustSet
    let tip: TrustSet

    init() throws {
        var keys: [String: SSHPrivateKey] = [:]
        for name in Self.people + Self.others { keys[name] = try SSHPrivateKey.generate(comment: name) }
        self.keys = keys
        inForce = Self.set(keys, hasTaken: true)
        tip = Self.set(keys, hasTaken: false)
    }

    func line(_ name: String) -> String { keys[name]?.publicKey.line ?? "" }

    /// The keys out of force are bob's, but for the stranger's.
    private static func set(_ keys: [String: SSHPrivateKey], hasTaken: Bool) -> TrustSet {
        var set = DeclarationSet()
        set.repository = declared("fuzzed", RepositorySpec(id: repository, branch: "main"))
        func key(_ name: String, notAfter: Timestamp? = nil, revokedFrom: Timestamp? = nil) -> DeclaredKey {
            DeclaredKey(material: .ssh(keys[name]?.publicKey.line ?? ""), notAfter: notAfter, revokedFrom: revokedFrom)
        }
        for name in people {
            var declaredKeys = [key(name)]
            if name == "bob" {
                declaredKeys +=
                    [key("revoked", revokedFrom: start), key("expired", notAfter: start - 1)]
                    + (hasTaken ? [key("taken")] : [])
            }
            if let person = PersonName(name) { set.people[person] = declared(name, PersonSpec(keys: declaredKeys)) }
        }
        for (name, members) in groups {
            if let group = GroupName(name) {
                set.groups[group] = declared(name, GroupSpec(members: members.compactMap(PersonName.init)))
            }
        }
        return TrustSet(of: set)
    }

    private static func declared<Spec: ResourceSpec>(_ text: String, _ spec: Spec) -> Declared<Spec> {
        guard let name = Name<Spec.NamedKind>(text) else { preconditionFailure("\(text) is no name") }
        return Declared(name: name, spec: spec, raw: [:], position: SourcePosition(file: "fuzzed.yaml"))
    }
}
