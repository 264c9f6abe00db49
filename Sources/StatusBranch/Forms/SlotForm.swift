// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import Planning
internal import Vocabulary

// What a derivation needs of a slot, as it lies in a connector's file. Times of observation are left out: they would change
// with every pass.

extension SlotHead {
    func members(of slot: SlotKey) -> JSONObject {
        [
            "device": .string(slot.device.text),
            "formerLeaves": formerLeaves.isEmpty ? nil : .list(formerLeaves),
            "heldSince": heldSince.map(JSONValue.text),
            "lastCompleted": lastCompleted?.form,
            "lastEnded": lastEnded?.form,
            "lastVerified": lastVerified.map(JSONValue.hex),
            "observed": observed?.form,
            "provenBefore": provenBefore.map(JSONValue.hex),
            "putBacks": putBacks.isEmpty ? nil : .array(putBacks.map(JSONValue.text)),
            "openBatch": openBatch.map { .string($0.text) },
            "reference": reference == .unknown ? nil : .string(reference.rawValue),
            "sequence": .integer(sequence),
            "served": served.isEmpty ? nil : .array(served.map(\.form)),
            "signedFor": signedFor.map { ["digest": .hex($0.digest), "since": .text($0.since)] },
            "slot": .string(slot.path),
        ]
    }

    init(_ document: Document, slot: SlotKey) throws(StatusError) {
        self.init()
        sequence = try document.integer("sequence")
        observed = try document.optional("observed") { (key) throws(StatusError) in
            try SlotObservation(try document.object(key), slot: slot)
        }
        if document.value["served"] != nil {
            for item in try document.list("served") { served.append(try EndpointObservation(item)) }
        }
        lastCompleted = try document.optional("lastCompleted") { (key) throws(StatusError) in
            try CompletedWorkOrder(try document.object(key))
        }
        lastEnded = try document.optional("lastEnded") { (key) throws(StatusError) in
            try EndedWorkOrder(try document.object(key))
        }
        lastVerified = try document.optionalDigest("lastVerified")
        provenBefore = try document.optionalDigest("provenBefore")
        if let times = document.value["putBacks"]?.array {
            putBacks = times.compactMap { $0.string.flatMap { Timestamp(rfc3339: $0) } }
            guard putBacks.count == times.count else { throw document.damaged("putBacks") }
        }
        openBatch = try document.optional("openBatch") { (key) throws(StatusError) in BatchID(try document.text(key)) }
        if let text: String = try document.optional(
            "reference", { (key) throws(StatusError) in try document.text(key) })
        {
            guard let known = SlotReference(rawValue: text) else { throw document.damaged("reference") }
            reference = known
        }
        if document.value["formerLeaves"] != nil {
            for leaf in try document.digests("formerLeaves") as [Fingerprint] { remember(former: leaf) }
        }
        heldSince = try document.optional("heldSince") { (key) throws(StatusError) in try document.time(key) }
        signedFor = try document.optional("signedFor") { (key) throws(StatusError) in
            let mark: Document = try document.object(key)
            return SignedFor(digest: try mark.digest("digest"), since: try mark.time("since"))
        }
    }
}

extension Holding {
    /// `{}`, `{"leaf": …}` or `{"other": …}`.
    var form: JSONValue {
        switch self {
        case .nothing: [:]
        case .certificate(let leaf): ["leaf": .hex(leaf)]
        case .other(let code): ["other": .hex(code)]
        }
    }

    init(_ document: Document) throws(StatusError) {
        if let leaf: Fingerprint = try document.optionalDigest("leaf") {
            self = .certificate(leaf: leaf)
        } else if let other: FileDigest = try document.optionalDigest("other") {
            self = .other(other)
        } else {
            self = .nothing
        }
    }
}

extension SlotObservation {
    fileprivate var form: JSONValue {
        [
            "chain": .list(chain), "holds": holding.form, "leafCertificate": leafDER.map(JSONValue.base64),
            "spki": key.map(JSONValue.hex),
        ]
    }

    fileprivate init(_ document: Document, slot: SlotKey) throws(StatusError) {
        self.init(
            slot: slot, holding: try Holding(try document.object("holds")), chain: try document.digests("chain"),
            key: try document.optionalDigest("spki"),
            leafDER: try document.optional("leafCertificate") { (key) throws(StatusError) in try document.bytes(key) })
    }
}

extension EndpointObservation {
    fileprivate var form: JSONValue {
        var object: JSONObject = [
            "address": .string(endpoint.address), "asked": .string(address),
            "keyType": endpoint.keyType.map { .string($0.rawValue) }, "port": .number(endpoint.port),
            "protocol": .string(endpoint.servedProtocol.rawValue), "role": .string(endpoint.role.rawValue),
            "serverName": endpoint.serverName.map(JSONValue.string),
        ]
        switch answer {
        case .served(let leaf, let chain):
            object["chain"] = .list(chain)
            object["leaf"] = .hex(leaf)
        case .failed(let code, let detail): object["failed"] = ["code": .string(code), "detail": .string(detail)]
        }
        return .object(object)
    }

    fileprivate init(_ document: Document) throws(StatusError) {
        let keyType = try document.optional("keyType") { (key) throws(StatusError) in
            guard let type = Endpoint.KeyType(rawValue: try document.text(key)) else { throw document.damaged(key) }
            return type
        }
        guard let servedProtocol = Endpoint.ServedProtocol(rawValue: try document.text("protocol")) else {
            throw document.damaged("protocol")
        }
        guard let role = Endpoint.Role(rawValue: try document.text("role")) else { throw document.damaged("role") }
        let endpoint = Endpoint(
            address: try document.text("address"), port: Int(try document.integer("port")),
            serverName: try document.optional("serverName") { (key) throws(StatusError) in try document.text(key) },
            servedProtocol: servedProtocol, keyType: keyType, role: role)
        let answer: Answer
        if document.value["failed"] != nil {
            let failed: Document = try document.object("failed")
            answer = .failed(code: try failed.text("code"), detail: try failed.text("detail"))
        } else {
            answer = .served(leaf: try document.digest("leaf"), chain: try document.digests("chain"))
        }
        self.init(endpoint: endpoint, address: try document.text("asked"), answer: answer)
    }
}

extension SlotHead.CompletedWorkOrder {
    fileprivate var form: JSONValue {
        [
            "adopted": .bool(adopted), "at": .text(at), "binding": binding.map { .string($0.text) },
            "bindingPush": .integer(bindingPush), "certificate": certificate.map { .string($0.text) },
            "chain": .list(chain), "connector": connector.map { .string($0.text) },
            "connectorPush": .integer(connectorPush), "digest": .hex(digest), "id": .string(digest.id),
            "leaf": leaf.map(JSONValue.hex), "spki": spki.map(JSONValue.hex),
            "terms": terms.map { ["connector": .hex($0.connector), "key": .hex($0.key)] }, "tip": .string(tip.hex),
        ]
    }

    fileprivate init(_ document: Document) throws(StatusError) {
        self.init(
            digest: try document.digest("digest"), leaf: try document.optionalDigest("leaf"),
            at: try document.time("at"), adopted: try document.flag("adopted"), tip: try document.object("tip"))
        chain = try document.digests("chain")
        spki = try document.optionalDigest("spki")
        certificate = try document.optional("certificate") { (key) throws(StatusError) in try document.name(key) }
        binding = try document.optional("binding") { (key) throws(StatusError) in try document.name(key) }
        connector = try document.optional("connector") { (key) throws(StatusError) in try document.name(key) }
        bindingPush = try document.integer("bindingPush")
        connectorPush = try document.integer("connectorPush")
        terms = try document.optional("terms") { (key) throws(StatusError) in
            let terms: Document = try document.object(key)
            return SlotHead.Terms(connector: try terms.digest("connector"), key: try terms.digest("key"))
        }
    }
}

extension SlotHead.EndedWorkOrder {
    fileprivate var form: JSONValue {
        [
            "at": .text(at), "digest": .hex(digest), "id": .string(digest.id), "leaf": leaf.map(JSONValue.hex),
            "outcome": outcome.form,
        ]
    }

    fileprivate init(_ document: Document) throws(StatusError) {
        self.init(
            digest: try document.digest("digest"), leaf: try document.optionalDigest("leaf"),
            outcome: try Outcome(try document.object("outcome")), at: try document.time("at"))
    }
}
