// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Approvals
import Declarations
import Journal
import Planning
import TestKit
import Vocabulary

/// What somebody may sign about the one work order of the model. alice asked for it; bob and dave (`pki`) approve, carol and erin
/// (`netops`) implement; mallory is declared and in no group.
enum Signature: Int, CaseIterable, Hashable, Sendable {
    case approve, approveAgain, approveWithin, implement, implementAt, implementAgain, implementKept
    case revokeApproval, revokeImplementation, reject, cancel
    case selfApproval, outsiderReject

    var signer: String {
        switch self {
        case .approve, .approveAgain, .revokeApproval: "bob"
        case .approveWithin, .reject: "dave"
        case .implement, .implementAt, .implementKept, .revokeImplementation: "carol"
        case .implementAgain: "erin"
        case .cancel, .selfApproval: "alice"
        case .outsiderReject: "mallory"
        }
    }
    var level: String {
        switch self {
        case .implement, .implementAt, .implementAgain, .implementKept, .revokeImplementation: "implement"
        default: "approve"
        }
    }
    var decision: ApprovalRecord.Decision {
        switch self {
        case .revokeApproval, .revokeImplementation: .revoke
        case .reject, .outsiderReject: .reject
        case .cancel: .cancel
        default: .approve
        }
    }
    /// Its date lies so far back that nobody attends any more.
    var committedBefore: Seconds { self == .implementKept ? .hours(3) : 0 }
    var implementation: ApprovalRecord.Implementation {
        switch self {
        case .approveWithin: .scheduled(Window(start: Facts.time(of: 1), end: Facts.time(of: 3)))
        case .implementAt: .scheduled(Window(start: Facts.time(of: 1), end: Facts.time(of: 2)))
        default: .manual
        }
    }
}

/// What the reconciler, a crash or the world does to a push.
enum PushStep: Hashable, Sendable {
    case intended
    case refused  // by the device's own parser
    case abandoned  // killed, lease lost, a step that failed with attempts left
    case failed  // the same, with none left
    case switching
    case completed, rolledBack, rollbackFailed, unknownEffect
    case deviceUndeclared
    case adopted
}

/// All that the state of the model's one work order depends on.
struct Facts: Hashable, Sendable {
    enum Event: Hashable, Sendable {
        case seen(Signature)
        case push(PushStep)
    }
    struct Entry: Hashable, Sendable {
        var event: Event
        var tick: Int
    }
    /// Records as passes saw them and steps of pushes, in order; within a tick each a second after the one before.
    var log: [Entry] = []
    /// Hour 0, 2 (a window begins), 4 (it ends, and approvals of hour 0 expire), 7.
    var tick = 0
    /// The tip has taken bob away.
    var isBobGone = false
    /// An endpoint is down.
    var isBlocked = false
    /// The slot's present content has another digest, or nothing is to be done.
    var isAway = false
    /// The device is no longer what it was when it refused the candidate.
    var isRepaired = false
    /// How much happened besides since the first push began.
    var late = 0

    static let hours: [Int64] = [0, 2, 4, 7]
    static let start = Timestamp(secondsSince1970: 1_800_000_000)
    static func time(of tick: Int) -> Timestamp { start + .hours(hours[tick]) }

    var now: Timestamp { Self.time(of: tick) + Seconds(Int64(log.count { $0.tick == tick })) }
    func time(at place: Int) -> Timestamp {
        let tick = log[place].tick
        return Self.time(of: tick) + Seconds(Int64(log[..<place].count { $0.tick == tick }))
    }
    mutating func append(_ event: Event) { log.append(Entry(event: event, tick: tick)) }
    func has(_ signature: Signature) -> Bool { log.contains { $0.event == .seen(signature) } }
    var pushes: [PushStep] { log.compactMap { if case .push(let step) = $0.event { step } else { nil } } }
    var signatures: [Signature] {
        log.compactMap { if case .seen(let signature) = $0.event { signature } else { nil } }
    }
}

/// The model's declarations, and the derivation of a state from facts by the product's own functions.
struct Model: Sendable {
    static let digest = WorkOrderDigest(hashing: Array("the work order".utf8))
    static let batch = BatchID("0123456789abcdef")
    private static let repository = "6f1c2a0e-0000-4000-8000-000000000001"
    private let subject: ApprovalCase
    private let all: TrustSet
    private let withoutBob: TrustSet
    private let slot: SlotKey
    private let intent: Intent
    private let connector: ConnectorName
    private let keys: [String: String]
    private let ids: [Signature: [ObjectID]]
    private let tree: ObjectID

    init() throws {
        func named<Kind>(_ text: String) throws -> Name<Kind> {
            guard let name = Name<Kind>(text) else { throw FixtureError("\(text) is no name") }
            return name
        }
        func declared<Spec: ResourceSpec>(_ text: String, _ spec: Spec) throws -> Declared<Spec> {
            Declared(name: try named(text), spec: spec, raw: [:], position: SourcePosition(file: "trust.yaml"))
        }
        func set(_ people: [String]) throws -> TrustSet {
            var set = DeclarationSet()
            set.repository = try declared("edge-certs", RepositorySpec(id: Self.repository, branch: "main"))
            for person in people {
                set.people[try named(person)] = try declared(
                    person, PersonSpec(keys: [DeclaredKey(material: .ssh(Self.key(of: person)))]))
            }
            func members(_ names: [String]) throws -> [PersonName] {
                try names.filter(people.contains).map { try named($0) }
            }
            set.groups[try named("pki")] = try declared("pki", GroupSpec(members: members(["alice", "bob", "dave"])))
            set.groups[try named("netops")] = try declared("netops", GroupSpec(members: members(["carol", "erin"])))
            set.policies[try named("default")] = try declared("default", policy)
            return TrustSet(of: set)
        }
        var policy = ApprovalPolicySpec(levels: [
            .init(name: "approve", approvers: [.group(try named("pki"))]),
            .init(name: "implement", approvers: [.group(try named("netops"))]),
        ])
        // Edges that no step of the walk meets to the second.
        (policy.expiresAfter, policy.attendedFor) = (.minutes(239), .minutes(150))
        let people = ["alice", "bob", "carol", "dave", "erin", "mallory"]
        keys = Dictionary(uniqueKeysWithValues: people.map { ($0, Self.key(of: $0)) })
        ids = try Dictionary(
            uniqueKeysWithValues: Signature.allCases.map { signature in
                (signature, try (0..<16).map { try Self.commit("\(signature) \($0)") })
            })
        tree = try Self.commit("tree")
        all = try set(people)
        withoutBob = try set(people.filter { $0 != "bob" })
        let asked = Requesters.Reason(commit: try Self.commit("the change"), what: "certificates/shop.pem")
        subject = .workOrder(Self.digest, under: policy, requesters: Requesters(people: [try named("alice"): asked]))
        slot = SlotKey(device: try named("edge-1"), path: "/etc/nginx/tls/shop.crt")
        connector = try named("edge-1-shop")
        let leaf = Fingerprint(hashing: Array("new".utf8))
        intent = Intent(
            workOrder: Self.digest, connector: connector, slot: slot, content: Array("{}".utf8), installs: leaf,
            replaces: .certificate(leaf: Fingerprint(hashing: Array("old".utf8))), records: [],
            tip: try Self.commit("tip"))
    }

    static func commit(_ text: String) throws -> ObjectID {
        guard let id = ObjectID(bytes: FileDigest(hashing: Array(text.utf8)).bytes.prefix(20)) else {
            throw FixtureError("no id")
        }
        return id
    }

    /// A well-formed ed25519 key that nobody has the private part of.
    private static func key(of person: String) -> String {
        let blob =
            [0, 0, 0, 11] + Array("ssh-ed25519".utf8) + [0, 0, 0, 32] + FileDigest(hashing: Array(person.utf8)).bytes
        return "ssh-ed25519 " + base64(blob)
    }

    private func record(_ signature: Signature, seen at: Timestamp, place: Int) -> SeenRecord {
        let record = ApprovalRecord(
            repository: Self.repository, level: signature.level, decision: signature.decision,
            subject: .workOrders([Self.digest]), implementation: signature.implementation, title: "", comment: "",
            tree: tree, parent: tree, committed: at - signature.committedBefore)
        let id = ids[signature]?[place] ?? tree
        let hash = id.bytes + [UInt8](repeating: 0, count: 12)
        return SeenRecord(
            signed: SignedRecord(
                key: RecordKey(bytes: hash) ?? RecordKey(hashing: hash), commit: id, record: record,
                signingKey: keys[signature.signer] ?? ""),
            firstSeen: at)
    }

    /// Who may sign, at an instant: it is asked for again and again.
    func judge(at now: Timestamp, isBobGone: Bool) -> Judge {
        Judge(inForce: all, tip: isBobGone ? withoutBob : all, now: now)
    }
}

struct Judged: Sendable {
    var judgement: Judgement
    var history: History
}

/// What is derived from facts.
struct Derived: Sendable {
    var state: WorkOrderState
    var judgement: Judgement
    var sequence: Int64
    var isInFlight: Bool

    /// How many levels are complete from the bottom.
    var k: Int { judgement.completeLevels }
}

extension Model {
    func history(_ facts: Facts) -> History {
        var history = History()
        for (place, entry) in facts.log.enumerated() {
            guard case .push(let step) = entry.event else { continue }
            let at = facts.time(at: place)
            func ended(_ outcome: Outcome) -> Fact { .ended(Self.batch, [Self.digest: outcome], at: at) }
            let fact: Fact =
                switch step {
                case .intended: .intended(Self.batch, slot.device, [intent], at: at)
                case .refused: ended(.candidateRefused(message: "no", token: DeviceStateToken("then")))
                case .abandoned: ended(.abandoned(message: "killed"))
                case .failed: ended(.pushFailed(message: "disk full"))
                case .switching: .switching(Self.batch)
                case .completed: ended(.completed)
                case .rolledBack: ended(.rolledBack(message: "not settled"))
                case .rollbackFailed: ended(.rollbackFailed(message: "not proven"))
                case .unknownEffect: ended(.unknownEffect(message: "cannot be observed"))
                case .deviceUndeclared: .deviceUndeclared(slot.device, at: at)
                case .adopted: .adopted(Self.digest, intent, at: at)
                }
            history = history.applying([fact])
        }
        return history
    }

    /// What the records come to; it does not depend on the world.
    func judged(_ facts: Facts, by judge: Judge) -> Judged {
        let history = history(facts)
        var subject = subject
        subject.implementingSince = history.openBatches[Self.batch]?.intendedAt
        let records = facts.log.indices.compactMap { place -> SeenRecord? in
            guard case .seen(let signature) = facts.log[place].event else { return nil }
            return record(signature, seen: facts.time(at: place), place: place)
        }
        let judgement = judge.judgement(on: subject, records: RecordIndex(records))
        return Judged(judgement: judgement, history: history)
    }

    /// As the planner does it: what is in flight is as it was signed; the rest depends on the world too.
    func derive(_ facts: Facts, _ judged: Judged) -> Derived {
        let (history, judgement) = (judged.history, judged.judgement)
        let open = history.openBatches[Self.batch]
        let known = history.workOrders[Self.digest] ?? WorkOrderFacts()
        var state: StateFacts
        if let open {
            state = StateFacts(outcome: known.outcome, flight: StateFacts.Flight(open), judgement: judgement)
        } else {
            state = StateFacts(outcome: known.outcome, isPresent: !facts.isAway, judgement: judgement)
            if facts.isBlocked { state.blocks.append(Block(.endpointDown, "down")) }
            if case .candidateRefused = known.outcome, !facts.isRepaired {
                state.blocks.append(Block(.candidateRefused, "refused"))
            }
        }
        return Derived(
            state: .derived(from: state, at: facts.now), judgement: judgement,
            sequence: history.slots[slot]?.sequence ?? 0, isInFlight: open != nil)
    }
}

private func base64(_ bytes: [UInt8]) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    var text = ""
    for start in stride(from: 0, to: bytes.count, by: 3) {
        let group = bytes[start..<min(start + 3, bytes.count)]
        let word = group.reduce(0) { $0 << 8 | UInt32($1) } << (8 * UInt32(3 - group.count))
        for place in 0..<4 {
            text.append(place <= group.count ? alphabet[Int(word >> (18 - 6 * UInt32(place)) & 63)] : "=")
        }
    }
    return text
}
