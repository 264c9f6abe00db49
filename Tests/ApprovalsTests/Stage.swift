// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Approvals
import Declarations
import Signatures
import Vocabulary

/// People, groups and one case to sign, in values: alice asked; bob and dave (`pki`) approve, carol and erin (`netops`) implement;
/// max is in both groups, rob is a robot in both, stranger is declared nowhere.
struct Stage {
    static let start = Timestamp(secondsSince1970: 1_800_000_000)
    static let repository = "6f1c2a0e-0000-4000-8000-000000000001"
    static let digest = WorkOrderDigest(hashing: Array("the work order".utf8))
    static let other = WorkOrderDigest(hashing: Array("another".utf8))
    static let policyDigest = PolicyChangeDigest(hashing: Array("the policy change".utf8))

    var inForce = Self.set()
    var tip = Self.set()
    var subject = ApprovalCase.workOrder(
        Self.digest, under: Self.policy(), requesters: Requesters(people: [name("alice"): Self.reason]))
    var records: [SeenRecord] = []

    static let reason = Requesters.Reason(commit: id("the change"), what: "certificates/shop.pem")

    static func policy() -> ApprovalPolicySpec {
        ApprovalPolicySpec(levels: [
            .init(name: "approve", approvers: [.group(group("pki"))]),
            .init(name: "implement", approvers: [.group(group("netops"))]),
        ])
    }

    static func set(_ change: (inout DeclarationSet) -> Void = { _ in }) -> TrustSet {
        var set = DeclarationSet()
        set.repository = declared("edge-certs", RepositorySpec(id: repository, branch: "main"))
        for person in ["alice", "bob", "carol", "dave", "erin", "max"] {
            set.people[name(person)] = declared(person, PersonSpec(keys: [key(person)]))
        }
        set.people[name("rob")] = declared("rob", PersonSpec(keys: [key("rob")], robot: true))
        set.people[name("hub")] = declared("hub", PersonSpec(keys: [key("hub")], forge: true))
        set.groups[group("pki")] = declared(
            "pki", GroupSpec(members: ["alice", "bob", "dave", "max", "rob"].map(name)))
        set.groups[group("netops")] = declared("netops", GroupSpec(members: ["carol", "erin", "max", "rob"].map(name)))
        if let zone = ZoneName("default") {
            set.zones[zone] = declared("default", ZoneSpec(recorders: [key("recorder")]))
        }
        if let policy = PolicyName("default") { set.policies[policy] = declared("default", Self.policy()) }
        change(&set)
        return TrustSet(of: set)
    }

    static func declared<Spec: ResourceSpec>(_ name: String, _ spec: Spec) -> Declared<Spec> {
        guard let name = Name<Spec.NamedKind>(name) else { preconditionFailure("\(name) is no name") }
        return Declared(name: name, spec: spec, raw: [:], position: SourcePosition(file: "trust.yaml"))
    }

    static func key(
        _ owner: String, notBefore: Timestamp? = nil, notAfter: Timestamp? = nil, revokedFrom: Timestamp? = nil
    ) -> DeclaredKey {
        DeclaredKey(
            material: .ssh(keyLine(owner) + " \(owner)@example.com"), notBefore: notBefore, notAfter: notAfter,
            revokedFrom: revokedFrom)
    }

    /// A well-formed ed25519 key that nobody has the private part of.
    static func keyLine(_ owner: String) -> String {
        let point = FileDigest(hashing: Array(owner.utf8)).bytes
        let blob = [0, 0, 0, 11] + Array("ssh-ed25519".utf8) + [0, 0, 0, 32] + point
        guard let key = try? PublicKey(blob: blob) else { preconditionFailure("no key") }
        return key.line
    }

    static func id(_ text: String) -> ObjectID {
        guard let id = ObjectID(bytes: FileDigest(hashing: Array(text.utf8)).bytes.prefix(20)) else {
            preconditionFailure("no id")
        }
        return id
    }

    static func record(
        _ person: String, _ level: String, _ decision: ApprovalRecord.Decision = .approve, seen: Int64?,
        committed: Int64? = nil, _ implementation: ApprovalRecord.Implementation = .manual,
        subject: ApprovalRecord.Subject = .workOrders([digest]), repository: String = Self.repository,
        emergency: Bool = false, placement: Refusal? = nil, tag: String = ""
    ) -> SeenRecord {
        let label =
            "\(person) \(level) \(decision) \(seen ?? -1) \(committed ?? -1) \(implementation) \(subject) \(tag)"
        let said = ApprovalRecord(
            repository: repository, level: level, decision: decision, subject: subject, implementation: implementation,
            emergency: emergency, title: "Approve", comment: "by \(person)", tree: id("tree"), parent: id("status"),
            committed: start + Seconds(committed ?? seen ?? 0))
        return SeenRecord(
            signed: SignedRecord(
                key: RecordKey(hashing: Array(label.utf8)), commit: id(label), record: said, signingKey: keyLine(person)
            ),
            firstSeen: seen.map { start + Seconds($0) }, placement: placement)
    }

    /// - Parameters are `record`'s.
    mutating func sign(
        _ person: String, _ level: String, _ decision: ApprovalRecord.Decision = .approve, seen: Int64?,
        committed: Int64? = nil, _ implementation: ApprovalRecord.Implementation = .manual,
        subject: ApprovalRecord.Subject = .workOrders([digest]), tag: String = ""
    ) {
        records.append(
            Self.record(
                person, level, decision, seen: seen, committed: committed, implementation, subject: subject, tag: tag))
    }

    func judged(at seconds: Int64) -> Judgement {
        judge(subject, records: records, inForce: inForce, tip: tip, now: Self.start + Seconds(seconds))
    }

    static func window(_ from: Int64, _ until: Int64) -> Window {
        Window(start: start + Seconds(from), end: start + Seconds(until))
    }
}

func name(_ text: String) -> PersonName {
    guard let name = PersonName(text) else { preconditionFailure("\(text) is no name") }
    return name
}

func group(_ text: String) -> GroupName {
    guard let name = GroupName(text) else { preconditionFailure("\(text) is no name") }
    return name
}

let hour: Int64 = 3600

extension Judgement {
    var codes: [Refusal.Code] { refused.map(\.refusal.code) }
    /// Who counts at each level.
    var signers: [[String]] { levels.map { $0.given.map(\.person.text) } }
}
