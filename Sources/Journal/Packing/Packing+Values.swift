// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Declarations
internal import Planning
internal import Vocabulary

// How the values of the journal lie in it. A change of any of these is a new format (`Schema.format`).

extension Digest: Packed {
    func pack(into packer: inout Packer) { packer.raw(bytes) }
    init(from unpacker: inout Unpacker) throws(UnpackError) {
        guard let value = Self(bytes: try unpacker.take(32)) else { throw UnpackError(detail: "not a digest") }
        self = value
    }
}

extension ObjectID: Packed {
    func pack(into packer: inout Packer) { packer.raw(bytes) }
    init(from unpacker: inout Unpacker) throws(UnpackError) {
        guard let value = Self(bytes: try unpacker.take(20)) else { throw UnpackError(detail: "not an object id") }
        self = value
    }
}

extension Timestamp: Packed {
    func pack(into packer: inout Packer) { packer.add(secondsSince1970) }
    init(from unpacker: inout Unpacker) throws(UnpackError) {
        self.init(secondsSince1970: try unpacker.integer())
    }
}

extension Name: Packed {
    func pack(into packer: inout Packer) { packer.add(text) }
    init(from unpacker: inout Unpacker) throws(UnpackError) {
        guard let value = Self(try unpacker.text()) else { throw UnpackError(detail: "not a name") }
        self = value
    }
}

extension Epoch: Packed {
    func pack(into packer: inout Packer) { packer.add(text) }
    init(from unpacker: inout Unpacker) throws(UnpackError) {
        guard let value = Self(try unpacker.text()) else { throw UnpackError(detail: "not an epoch") }
        self = value
    }
}

extension BatchID: Packed {
    func pack(into packer: inout Packer) { packer.add(text) }
    init(from unpacker: inout Unpacker) throws(UnpackError) { self.init(try unpacker.text()) }
}

extension DeviceStateToken: Packed {
    func pack(into packer: inout Packer) { packer.add(text) }
    init(from unpacker: inout Unpacker) throws(UnpackError) { self.init(try unpacker.text()) }
}

extension SlotKey: Packed {
    func pack(into packer: inout Packer) {
        packer.add(device)
        packer.add(path)
    }
    init(from unpacker: inout Unpacker) throws(UnpackError) {
        self.init(device: try unpacker.value(), path: try unpacker.text())
    }
}

extension Holding: Packed {
    func pack(into packer: inout Packer) {
        switch self {
        case .nothing: packer.tag(0)
        case .certificate(let leaf):
            packer.tag(1)
            packer.add(leaf)
        case .other(let code):
            packer.tag(2)
            packer.add(code)
        }
    }
    init(from unpacker: inout Unpacker) throws(UnpackError) {
        switch try unpacker.tag() {
        case 0: self = .nothing
        case 1: self = .certificate(leaf: try unpacker.value())
        case 2: self = .other(try unpacker.value())
        default: throw UnpackError(detail: "an unknown holding")
        }
    }
}

extension SlotObservation: Packed {
    func pack(into packer: inout Packer) {
        packer.add(slot)
        packer.add(holding)
        packer.add(chain)
        packer.add(key)
        packer.add(leafDER)
    }
    init(from unpacker: inout Unpacker) throws(UnpackError) {
        self.init(
            slot: try unpacker.value(), holding: try unpacker.value(), chain: try unpacker.list(),
            key: try unpacker.optional(),
            leafDER: try unpacker.optional { (unpacker) throws(UnpackError) in try unpacker.data() })
    }
}

extension Endpoint: Packed {
    func pack(into packer: inout Packer) {
        packer.add(address)
        packer.add(port)
        packer.add(serverName)
        packer.add(servedProtocol.rawValue)
        packer.add(keyType?.rawValue)
        packer.add(role.rawValue)
    }
    init(from unpacker: inout Unpacker) throws(UnpackError) {
        let (address, port) = (try unpacker.text(), try unpacker.int())
        let serverName = try unpacker.optionalText()
        let servedProtocol = Endpoint.ServedProtocol(rawValue: try unpacker.text())
        let keyType = try unpacker.optionalText()
        guard let servedProtocol, let role = Endpoint.Role(rawValue: try unpacker.text()) else {
            throw UnpackError(detail: "an unknown protocol or role")
        }
        self.init(
            address: address, port: port, serverName: serverName, servedProtocol: servedProtocol,
            keyType: keyType.flatMap(Endpoint.KeyType.init(rawValue:)), role: role)
    }
}

extension EndpointObservation: Packed {
    func pack(into packer: inout Packer) {
        packer.add(endpoint)
        packer.add(address)
        switch answer {
        case .served(let leaf, let chain):
            packer.tag(0)
            packer.add(leaf)
            packer.add(chain)
        case .failed(let code, let detail):
            packer.tag(1)
            packer.add(code)
            packer.add(detail)
        }
    }
    init(from unpacker: inout Unpacker) throws(UnpackError) {
        let (endpoint, address) = (try unpacker.value(Endpoint.self), try unpacker.text())
        switch try unpacker.tag() {
        case 0:
            self.init(
                endpoint: endpoint, address: address,
                answer: .served(leaf: try unpacker.value(), chain: try unpacker.list()))
        case 1:
            self.init(
                endpoint: endpoint, address: address,
                answer: .failed(code: try unpacker.text(), detail: try unpacker.text()))
        default: throw UnpackError(detail: "an unknown answer")
        }
    }
}

extension Refusal: Packed {
    func pack(into packer: inout Packer) {
        packer.add(code.rawValue)
        packer.add(message)
    }
    init(from unpacker: inout Unpacker) throws(UnpackError) {
        guard let code = Code(rawValue: try unpacker.text()) else { throw UnpackError(detail: "an unknown refusal") }
        self.init(code, try unpacker.text())
    }
}

extension Unpacker {
    mutating func optionalText() throws(UnpackError) -> String? { try bool() ? try text() : nil }
}

extension SlotReference: Packed {
    func pack(into packer: inout Packer) { packer.add(rawValue) }
    init(from unpacker: inout Unpacker) throws(UnpackError) {
        guard let value = SlotReference(rawValue: try unpacker.text()) else {
            throw UnpackError(detail: "an unknown reference")
        }
        self = value
    }
}

extension Listening: Packed {
    func pack(into packer: inout Packer) {
        packer.add(address)
        packer.add(port)
        packer.add(serverNames)
        packer.add(servedProtocol.rawValue)
    }
    init(from unpacker: inout Unpacker) throws(UnpackError) {
        let (address, port, names) = (try unpacker.text(), try unpacker.int(), try unpacker.texts())
        guard let spoken = Endpoint.ServedProtocol(rawValue: try unpacker.text()) else {
            throw UnpackError(detail: "an unknown protocol")
        }
        self.init(address: address, port: port, serverNames: names, servedProtocol: spoken)
    }
}

extension FoundSlot: Packed {
    func pack(into packer: inout Packer) {
        packer.add(certificate)
        packer.add(privateKey)
        packer.add(observation)
        packer.add(owner)
        packer.add(mode.map(Int.init)) { $0.add($1) }
        packer.add(managedBy)
        packer.add(source)
        packer.add(listenings)
    }
    init(from unpacker: inout Unpacker) throws(UnpackError) {
        let (certificate, key) = (try unpacker.text(), try unpacker.text())
        let observation = try unpacker.value(SlotObservation.self)
        let owner = try unpacker.optionalText()
        let mode = try unpacker.optional { (unpacker) throws(UnpackError) in try unpacker.int() }
        self.init(
            certificate: certificate, privateKey: key, observation: observation, owner: owner,
            mode: mode.flatMap(UInt32.init(exactly:)), managedBy: try unpacker.optionalText(),
            source: try unpacker.text(),
            listenings: try unpacker.list())
    }
}

extension DeviceSurvey: Packed {
    func pack(into packer: inout Packer) {
        packer.add(token)
        packer.add(slots)
        packer.add(unclear)
    }
    init(from unpacker: inout Unpacker) throws(UnpackError) {
        self.init(token: try unpacker.value(), slots: try unpacker.list(), unclear: try unpacker.texts())
    }
}

extension Packer {
    mutating func add(_ texts: [String]) {
        add(UInt64(texts.count))
        for text in texts { add(text) }
    }
}

extension Unpacker {
    mutating func texts() throws(UnpackError) -> [String] {
        var texts: [String] = []
        for _ in 0..<(try unsigned()) { texts.append(try text()) }
        return texts
    }
}

extension RevocationAnswer.Source: Packed {
    func pack(into packer: inout Packer) {
        switch self {
        case .stapled: packer.tag(0)
        case .ocsp: packer.tag(1)
        case .crl: packer.tag(2)
        }
    }
    init(from unpacker: inout Unpacker) throws(UnpackError) {
        switch try unpacker.tag() {
        case 0: self = .stapled
        case 1: self = .ocsp
        case 2: self = .crl
        default: throw UnpackError(detail: "an unknown source of revocation")
        }
    }
}

extension Revocation.Status: Packed {
    func pack(into packer: inout Packer) {
        switch self {
        case .good: packer.tag(0)
        case .revoked(let revoked):
            packer.tag(1)
            packer.add(revoked.at)
            packer.add(revoked.reason)
        case .unknown(let why):
            packer.tag(2)
            packer.add(why)
        }
    }
    init(from unpacker: inout Unpacker) throws(UnpackError) {
        switch try unpacker.tag() {
        case 0: self = .good
        case 1:
            let at = try unpacker.value(Timestamp.self)
            let reason = try unpacker.optional { (unpacker) throws(UnpackError) in try unpacker.text() }
            self = .revoked(RevocationAnswer.Revoked(at: at, reason: reason))
        case 2: self = .unknown(try unpacker.text())
        default: throw UnpackError(detail: "an unknown state of revocation")
        }
    }
}

extension Revocation: Packed {
    func pack(into packer: inout Packer) {
        packer.add(status)
        packer.add(since)
        packer.add(source)
        packer.add(answered)
        packer.add(goodUntil)
        packer.add(askAgain)
        packer.add(staple)
    }
    init(from unpacker: inout Unpacker) throws(UnpackError) {
        self.init(
            status: try unpacker.value(), since: try unpacker.value(), source: try unpacker.optional(),
            answered: try unpacker.optional(), goodUntil: try unpacker.optional(), askAgain: try unpacker.value(),
            staple: try unpacker.optional())
    }
}
