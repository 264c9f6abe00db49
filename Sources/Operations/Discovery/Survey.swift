// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Connectors
package import Declarations
package import Planning
internal import TLSProbe
package import Vocabulary

/// What was found on one server, declared or not.
package struct Finding: Sendable {
    /// As declared; of a server that nobody has declared, as it would be.
    package var device: Device
    package var isDeclared: Bool
    /// Of a server that runs and that nobody has declared.
    package var processID: Int32?
    /// Why it could not be looked at.
    package var error: String?
    /// Since when configuration and files have been as they are; nil: something changed since the last time, or this is the first.
    package var unchangedSince: Timestamp?
    package var token: DeviceStateToken?
    package var places: [Place] = []
    package var unclear: [String] = []

    package init(device: Device, isDeclared: Bool, processID: Int32? = nil) {
        (self.device, self.isDeclared, self.processID) = (device, isDeclared, processID)
    }

    /// A slot, who declares it, and what its endpoints serve.
    package struct Place: Sendable {
        package var found: FoundSlot
        package var connector: ConnectorName?
        package var reference: SlotReference
        package var answers: [EndpointObservation]

        package init(
            found: FoundSlot, connector: ConnectorName? = nil, reference: SlotReference = .named,
            answers: [EndpointObservation] = []
        ) {
            (self.found, self.connector, self.reference, self.answers) = (found, connector, reference, answers)
        }

        /// Endpoints at which what lies there is served.
        package var served: [EndpointObservation] {
            guard let leaf = found.observation.holding.leaf else { return [] }
            return answers.filter { if case .served(leaf, _) = $0.answer { true } else { false } }
        }
    }
}

extension Listening {
    /// Where a client would ask for it, as far as that can be told from the declaration: every address that the server is bound to
    /// is reached at the device's own.
    func endpoints(on device: Device) -> [Endpoint] {
        addresses(on: device).flatMap { address in
            (serverNames.isEmpty ? [nil] : serverNames.map(Optional.some)).map { name in
                Endpoint(address: address, port: port, serverName: name, servedProtocol: servedProtocol)
            }
        }
    }

    private func addresses(on device: Device) -> [String] {
        guard address == "*" || address == "::" else { return [address] }
        let ranges = device.spec.probes.compactMap { ProbeRange($0) }.filter { Int($0.port) == port }
        if !device.spec.probes.isEmpty {
            // A network says where it may be, not where it is.
            return ranges.map(\.addresses).filter { $0.prefixLength == $0.network.bitWidth }.map(\.network.description)
        }
        switch device.spec.transport {
        case .local: return [address == "::" ? "::1" : "127.0.0.1"]
        case .ssh(let ssh): return [ssh.host]
        }
    }
}

extension [Finding.Place] {
    /// What to ask of those that nobody has declared. Where one place has certificates of both key types, each is asked for.
    func questions(on device: Device) -> [(place: Int, endpoint: Endpoint)] {
        var asked: [(place: Int, endpoint: Endpoint)] = []
        for (index, place) in enumerated() where place.connector == nil && place.found.observation.holding.leaf != nil {
            for endpoint in Array<Endpoint>(
                place.found.listenings.flatMap { $0.endpoints(on: device) }.distinct().prefix(200))
            {
                asked.append((index, endpoint))
            }
        }
        let types = Dictionary(Set(asked.map(\.place)).map { ($0, self[$0].keyType) }) { first, _ in first }
        let sharing = Dictionary(grouping: asked, by: \.endpoint).mapValues { Set($0.map { types[$0.place] ?? nil }) }
        return asked.map { question in
            var question = question
            if let known = sharing[question.endpoint], known.count > 1 {
                question.endpoint.keyType = types[question.place] ?? nil
            }
            return question
        }
    }
}

extension Finding.Place {
    fileprivate var keyType: Endpoint.KeyType? {
        switch found.facts?.keyType {
        case .rsa: .rsa
        case .p256, .p384, .p521: .ecdsa
        case .ed25519, .other, nil: nil
        }
    }
}
