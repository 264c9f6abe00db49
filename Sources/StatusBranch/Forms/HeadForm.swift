// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Planning
internal import Vocabulary

/// `status.json`: what there is one of.
struct HeadForm {
    static let format = "countersign.status"
    var repository: String
    var zone: ZoneName
    var epoch: Epoch?
    var acceptedTip: ObjectID?
    var invalidTip: ObjectID?
    var trustSet: History.AcceptedTrustSet?
    var beginning: History.Beginning?
    /// Records that may still count; their bytes are in `evidence/`.
    var records: [RecordKey]
    /// What began of late without people: budgets are told from it.
    var stood: [WorkOrderDigest: History.Stood] = [:]
    /// Every push that was an emergency.
    var emergencies: [WorkOrderDigest: History.Emergency] = [:]
    /// Of devices that have changed their zone: what was given away, and from whom something was taken over.
    var tenures: [DeviceName: Tenure] = [:]
    var notices: [String]
    /// So often its recorder writes, whatever happens.
    var heartbeat: Seconds?

    init(_ content: StatusContent) {
        (repository, zone, epoch) = (content.repository, content.zone, content.history.epoch)
        (acceptedTip, invalidTip) = (content.history.acceptedTip, content.invalidTip)
        (trustSet, beginning) = (content.history.trustSet, content.history.beginning)
        records = content.history.records.keys.sorted()
        (stood, emergencies) = (content.history.stood, content.history.emergencies)
        tenures = content.history.tenures
        (notices, heartbeat) = (content.notices, content.heartbeat)
    }

    var document: JSONValue {
        [
            "acceptedTip": acceptedTip.map { .string($0.hex) },
            "beginning": beginning.map { beginning in
                ["anew": .bool(beginning.isAnew), "at": .text(beginning.at), "commit": .string(beginning.commit.hex)]
            },
            "emergencies": emergencies.isEmpty
                ? nil : .array(emergencies.sorted { $0.key < $1.key }.map { $1.form($0) }),
            "epoch": epoch.map { .string($0.text) },
            "format": "countersign.status/v1", "heartbeat": heartbeat.map { .integer($0.count) },
            "invalidTip": invalidTip.map { .string($0.hex) },
            "notices": .array(notices.map(JSONValue.string)), "records": .list(records),
            "repository": .string(repository),
            "stood": stood.isEmpty
                ? nil
                : .array(
                    stood.sorted { $0.key < $1.key }.map { digest, stood in
                        [
                            "approvals": .array(stood.approvals.map { .string($0.text) }), "at": .text(stood.at),
                            "digest": .hex(digest),
                        ]
                    }),
            "tenures": tenures.isEmpty ? nil : .array(tenures.sorted { $0.key < $1.key }.map { $1.form(of: $0) }),
            "trustSet": trustSet.map { set in
                [
                    "acceptedAt": .text(set.at), "commit": .string(set.commit.hex), "digest": .hex(set.digest),
                    "number": .number(set.number), "policyChange": set.by.map(JSONValue.hex),
                ]
            },
            "zone": .string(zone.text),
        ]
    }

    init(_ document: Document) throws(StatusError) {
        try document.requireFormat(Self.format)
        (repository, zone) = (try document.text("repository"), try document.name("zone"))
        epoch = try document.optional("epoch") { (key) throws(StatusError) in
            guard let epoch = Epoch(try document.text(key)) else { throw document.damaged(key) }
            return epoch
        }
        acceptedTip = try document.optional("acceptedTip") { (key) throws(StatusError) in try document.object(key) }
        invalidTip = try document.optional("invalidTip") { (key) throws(StatusError) in try document.object(key) }
        trustSet = try document.optional("trustSet") { (key) throws(StatusError) in
            let set: Document = try document.object(key)
            return History.AcceptedTrustSet(
                digest: try set.digest("digest"), commit: try set.object("commit"),
                by: try set.optionalDigest("policyChange"), number: Int(try set.integer("number")),
                at: try set.time("acceptedAt"))
        }
        beginning = try document.optional("beginning") { (key) throws(StatusError) in
            let beginning: Document = try document.object(key)
            return History.Beginning(
                commit: try beginning.object("commit"), at: try beginning.time("at"),
                isAnew: beginning.value["anew"]?.bool ?? false)
        }
        records = try document.digests("records")
        if document.value["stood"] != nil {
            for item in try document.list("stood") {
                let names = item.value["approvals"]?.array?.compactMap {
                    $0.string.flatMap { StandingApprovalName($0) }
                }
                stood[try item.digest("digest")] = History.Stood(approvals: names ?? [], at: try item.time("at"))
            }
        }
        if document.value["emergencies"] != nil {
            for item in try document.list("emergencies") {
                emergencies[try item.digest("digest")] = try History.Emergency(item)
            }
        }
        if document.value["tenures"] != nil {
            for item in try document.list("tenures") { tenures[try item.name("device")] = try Tenure(item) }
        }
        heartbeat = document.value["heartbeat"]?.integer.map { Seconds($0) }
        notices = document.value["notices"]?.array?.compactMap(\.string) ?? []
    }
}

/// `{"device","released"}` or `{"device","takenOver","from"}`.
extension Tenure {
    fileprivate func form(of device: DeviceName) -> JSONValue {
        switch self {
        case .released(let at): ["device": .string(device.text), "released": .text(at)]
        case .takenOver(let succession):
            [
                "device": .string(device.text),
                "from": .array(
                    succession.from.map {
                        ["released": $0.released.map(JSONValue.text), "zone": .string($0.zone.text)]
                    }),
                "takenOver": .text(succession.at),
            ]
        }
    }

    fileprivate init(_ document: Document) throws(StatusError) {
        if document.value["released"] != nil {
            self = .released(at: try document.time("released"))
            return
        }
        var from: [Predecessor] = []
        for item in try document.list("from") {
            from.append(
                Predecessor(
                    zone: try item.name("zone"),
                    released: try item.optional("released") { (key) throws(StatusError) in try item.time(key) }))
        }
        self = .takenOver(Succession(at: try document.time("takenOver"), from: from))
    }
}

extension History.Emergency {
    fileprivate func form(_ digest: WorkOrderDigest) -> JSONValue {
        [
            "at": .text(at), "connector": .string(connector.text), "device": .string(slot.device.text),
            "digest": .hex(digest), "id": .string(digest.id), "people": .array(people.map { .string($0.text) }),
            "policy": .string(policy.text), "reasons": .array(reasons.map(JSONValue.string)),
            "records": .list(records.sorted()),
            "review": review.map(JSONValue.hex), "reviewedBy": reviewedBy.map { .string($0.text) },
            "slot": .string(slot.path),
        ]
    }

    fileprivate init(_ document: Document) throws(StatusError) {
        self.init(
            policy: try document.name("policy"),
            slot: SlotKey(device: try document.name("device"), path: try document.text("slot")),
            connector: try document.name("connector"),
            people: document.value["people"]?.array?.compactMap { $0.string.flatMap { PersonName($0) } } ?? [],
            reasons: document.value["reasons"]?.array?.compactMap(\.string) ?? [], at: try document.time("at"),
            records: Set(try document.digests("records")),
            reviewedBy: try document.optional("reviewedBy") { (key) throws(StatusError) in try document.name(key) },
            review: try document.optionalDigest("review"))
    }
}
