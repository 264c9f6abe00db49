// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Commits
internal import Declarations
internal import PKI
internal import Planning
internal import Vocabulary

/// Place by place into declarations that validate together with those that are there.
struct ProposalDraft {
    struct Refused: Error {
        var reason: String
        init(_ reason: String) { self.reason = reason }
    }
    struct ProposedDevice {
        var name: DeviceName
        var spec: DeviceSpec
        /// The program that manages what lies there: then it is only monitored.
        var keeper: String?
    }
    struct ProposedConnector {
        var name: ConnectorName
        var device: DeviceName
        var slot: Slot.Files
        var endpoints: [Endpoint]
    }
    private let desired: LoadedTree
    private let inForce: TrustSet
    private let zone: ZoneName
    private(set) var devices: [ProposedDevice] = []
    private(set) var connectors: [ProposedConnector] = []
    private(set) var newCertificates: [CertificateName] = []
    /// By what is sent.
    private var certificates: [SentChain: CertificateName] = [:]
    private var chains: [CertificateName: [[UInt8]]] = [:]
    private var bound: [CertificateName: [ConnectorName]] = [:]
    private var names: [ResourceKind: Set<String>] = [:]
    /// Paths that belong to a connector, by machine.
    private var slots: [Place: String] = [:]

    private struct Place: Hashable {
        var transport: DeviceSpec.Transport
        var path: String
    }

    init(desired: LoadedTree, inForce: TrustSet, zone: ZoneName) {
        (self.desired, self.inForce, self.zone) = (desired, inForce, zone)
        names[.device] = Set(desired.set.devices.keys.map(\.text)).union(inForce.devices.keys.map(\.text))
        names[.certificate] = Set(desired.set.certificates.keys.map(\.text))
        names[.appConnector] = Set(desired.set.connectors.keys.map(\.text))
        names[.binding] = Set(desired.set.bindings.keys.map(\.text))
        for certificate in desired.set.certificates.values.sorted(by: { $0.name < $1.name }) {
            guard let chain = desired.chains[certificate.spec.chain] else { continue }
            certificates[chain] = certificates[chain] ?? certificate.name
        }
        for connector in desired.set.connectors.values {
            guard let device = inForce.devices[connector.spec.device], device.spec.zone == zone else { continue }
            for path in Set([connector.spec.slot.path, connector.spec.slot.keyPath]) {
                slots[Place(transport: device.spec.transport, path: path)] = connector.name.text
            }
        }
    }

    // MARK: one place

    mutating func add(_ place: Finding.Place, of finding: Finding) throws(Refused) {
        let found = place.found
        let (sent, leaf) = try chain(of: found)
        let endpoints = place.served.map(\.endpoint).distinct()
        guard !endpoints.isEmpty else {
            throw Refused("no endpoint that could be asked serves it: \(Self.why(place.answers))")
        }
        // A name that the certificate does not have would block its renewal; where there are others they are enough.
        let covered = endpoints.filter { $0.serverName.map { covers(leaf.dnsNames, host: $0) } ?? true }
        let transport = finding.device.spec.transport
        let paths = [found.certificate, found.privateKey].distinct()
        for path in paths {
            if let other = slots[Place(transport: transport, path: path)] {
                throw Refused("\(path) belongs to AppConnector \(other) already: add the endpoints there")
            }
        }
        let device = try device(for: found, paths, finding)
        let certificate = try certificate(sent, leaf, found)
        guard
            let name: ConnectorName = ProposedName.make(
                "\(device)-\(ProposedName.stem(leaf.dnsNames.first ?? certificate.text))",
                among: &names[.appConnector, default: []])
        else { throw Refused("no name can be made for its connector") }
        for path in paths { slots[Place(transport: transport, path: path)] = name.text }
        connectors.append(
            ProposedConnector(
                name: name, device: device, slot: found.files,
                endpoints: Array((covered.isEmpty ? endpoints : covered).sorted().prefix(1_000))))
        bound[certificate, default: []].append(name)
    }

    /// What lies there, if it could be declared as it is.
    private func chain(of found: FoundSlot) throws(Refused) -> (SentChain, CertificateFacts) {
        guard let leaf = found.observation.holding.leaf, let facts = found.facts else {
            throw Refused("no certificate lies there")
        }
        guard let key = found.observation.key else { throw Refused("no private key lies there that can be read") }
        guard key == facts.spki else { throw Refused("the private key there belongs to another certificate") }
        do {
            _ = try ChainFile(pem: ChainFile.pem(of: found.certificates))
        } catch {
            throw Refused("its chain cannot be declared as it lies there: \(error)")
        }
        return (SentChain(leaf: leaf, chain: found.observation.chain), facts)
    }

    private static func why(_ answers: [EndpointObservation]) -> String {
        guard let first = answers.first else { return "the configuration names none" }
        let place = first.endpoint.addressAndPort
        switch first.answer {
        case .served(let other, _): return "\(place) serves \(other.short)"
        case .failed(_, let detail): return "\(place): \(detail)"
        }
    }

    private mutating func certificate(
        _ sent: SentChain, _ leaf: CertificateFacts, _ found: FoundSlot
    ) throws(Refused) -> CertificateName {
        if let known = certificates[sent] { return known }
        let title = leaf.dnsNames.first ?? leaf.ipAddresses.first ?? leaf.subject
        guard let name: CertificateName = ProposedName.make(title, among: &names[.certificate, default: []]) else {
            throw Refused("no name can be made for its certificate")
        }
        certificates[sent] = name
        chains[name] = found.certificates
        newCertificates.append(name)
        return name
    }

    // MARK: devices

    private mutating func device(
        for found: FoundSlot, _ paths: [String], _ finding: Finding
    ) throws(Refused) -> DeviceName {
        let transport = finding.device.spec.transport
        let neighbours = inForce.devices.values.filter { $0.spec.transport == transport && $0.spec.zone == zone }
            .sorted { $0.name < $1.name }
        let holders = neighbours.filter { device in paths.allSatisfy { Self.lies($0, below: device.spec.slotRoots) } }
        if let keeper = found.managedBy {
            if let monitored = holders.first(where: { $0.spec.sync == .monitored }) { return monitored.name }
            if let holder = holders.first {
                throw Refused(
                    "\(keeper) manages it, and it lies below slotRoots of Device \(holder.name), which is not only monitored: narrow those, or set sync: Monitored"
                )
            }
            return try proposed(
                Self.roots(of: paths, keeper), base: finding, neighbours, keeper: keeper)
        }
        guard finding.isDeclared else {
            return try proposed(paths.map(Self.folder), base: finding, neighbours, keeper: nil)
        }
        guard holders.contains(where: { $0.name == finding.device.name }) else {
            throw Refused(
                "it does not lie below slotRoots of Device \(finding.device.name): add \(Self.folder(found.certificate)) there by a policy change"
            )
        }
        return finding.device.name
    }

    private mutating func proposed(
        _ roots: [String], base: Finding, _ neighbours: [Device], keeper: String?
    ) throws(Refused) -> DeviceName {
        let own = devices.firstIndex {
            $0.keeper == keeper && $0.spec.transport == base.device.spec.transport
                && (keeper != nil || $0.name == base.device.name)
        }
        let others =
            neighbours.map { ($0.name, $0.spec.slotRoots) }
            + devices.enumerated().filter {
                $0.offset != own && $0.element.spec.transport == base.device.spec.transport
            }
            .map { ($0.element.name, $0.element.spec.slotRoots) }
        for root in roots {
            if let other = others.first(where: { $0.1.contains { Self.overlap($0, root) } }) {
                throw Refused(
                    "\(root) would be in slotRoots of two devices of one machine: Device \(other.0) has it already")
            }
        }
        if let own {
            devices[own].spec.slotRoots = Self.outermost(devices[own].spec.slotRoots + roots)
            return devices[own].name
        }
        var made = ProposedDevice(name: base.device.name, spec: base.device.spec, keeper: keeper)
        if let keeper {
            guard
                let name: DeviceName = ProposedName.make(
                    "\(LocalPlace.name(base.device))-\(keeper)", among: &names[.device, default: []])
            else { throw Refused("no name can be made for a device that \(keeper) manages") }
            made.name = name
            made.spec = DeviceSpec(
                server: .files(.init()), zone: zone, sync: .monitored, transport: base.device.spec.transport,
                probes: base.device.spec.probes)
        }
        made.spec.slotRoots = Self.outermost(roots)
        devices.append(made)
        return made.name
    }

    /// certbot has a folder for each certificate below one; others one folder.
    private static func roots(of paths: [String], _ keeper: String) -> [String] {
        outermost(paths.map { keeper == "certbot" ? folder(folder($0)) : folder($0) })
    }

    private static func folder(_ path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }

    private static func lies(_ path: String, below roots: [String]) -> Bool {
        roots.contains { path.hasPrefix($0 == "/" ? "/" : $0 + "/") }
    }

    private static func overlap(_ left: String, _ right: String) -> Bool {
        left == right || lies(left, below: [right]) || lies(right, below: [left])
    }

    private static func outermost(_ roots: [String]) -> [String] {
        let all = roots.distinct().sorted()
        return all.filter { root in !all.contains { $0 != root && lies(root, below: [$0]) } }
    }

    // MARK: as files

    /// - Parameter place: where the chain files will lie in the repository: empty, or a path that ends in `/`.
    func declarations(in place: String) -> [(path: String, text: String)] {
        var files: [(String, String)] = []
        for name in newCertificates {
            let chain = "certificates/\(name).pem"
            files.append((chain, String(decoding: ChainFile.pem(of: chains[name] ?? []), as: UTF8.self)))
            files.append(
                (
                    "certificates/\(name).yaml",
                    YAMLText.document(
                        .certificate, name.text,
                        spec: ["chain": .string(place + chain), "privateKey": ["installed": true]])
                ))
        }
        for connector in connectors {
            files.append(
                (
                    "connectors/\(connector.name).yaml",
                    YAMLText.document(.appConnector, connector.name.text, spec: connector.spec)
                ))
        }
        for (certificate, connectors) in bound.sorted(by: { $0.key < $1.key }) {
            var taken = names[.binding] ?? []
            guard let name: BindingName = ProposedName.make(certificate.text, among: &taken) else { continue }
            files.append(
                (
                    "bindings/\(name).yaml",
                    YAMLText.document(
                        .binding, name.text,
                        spec: [
                            "certificate": .string(certificate.text),
                            "connectors": .array(connectors.sorted().map { .string($0.text) }),
                        ])
                ))
        }
        return files
    }
}

/// Devices of one machine have names that begin alike.
private enum LocalPlace {
    static func name(_ device: Device) -> String {
        if case .local = device.spec.transport { LocalHost.name } else { device.name.text }
    }
}

extension ProposalDraft.ProposedConnector {
    fileprivate var spec: JSONObject {
        let places: JSONValue =
            switch slot {
            case .pair(let certificate, let key): ["certificate": .string(certificate), "privateKey": .string(key)]
            case .bundle(let path), .entry(let path): ["bundle": .string(path)]
            }
        return [
            "device": .string(device.text),
            "endpoints": .array(
                endpoints.map { endpoint in
                    [
                        "address": .string(endpoint.address), "keyType": endpoint.keyType.map { .string($0.rawValue) },
                        "port": .number(endpoint.port),
                        "protocol": endpoint.servedProtocol == .tls ? nil : .string(endpoint.servedProtocol.rawValue),
                        "serverName": endpoint.serverName.map { .string($0) },
                    ]
                }), "slot": places,
        ]
    }
}

extension ProposalDraft.ProposedDevice {
    var text: String {
        let about =
            keeper.map {
                "# Files that \($0) manages: they are watched, and nothing is ever pushed there.\n"
            } ?? "# Found running; look at how it is reloaded before anybody signs.\n"
        var object: JSONObject = [
            "kind": .string(spec.server.kind),
            "probes": spec.probes.isEmpty ? nil : .array(spec.probes.map { .string($0) }),
            "slotRoots": .array(spec.slotRoots.map { .string($0) }),
            "sync": spec.sync == .managed ? nil : .string(spec.sync.rawValue), "transport": transport,
            "zone": .string(spec.zone.text),
        ]
        if let (field, value) = server { object[field] = value }
        return about + YAMLText.document(.device, name.text, spec: object)
    }

    private var transport: JSONValue {
        switch spec.transport {
        case .local: ["local": [:]]
        case .ssh(let ssh):
            [
                "ssh": [
                    "become": ssh.become ? true : nil, "host": .string(ssh.host), "knownHosts": .string(ssh.knownHosts),
                    "port": ssh.port == 22 ? nil : .number(ssh.port), "user": ssh.user.map { .string($0) },
                ]
            ]
        }
    }

    private var server: (String, JSONValue)? {
        func argv(_ words: [String]) -> JSONValue { .array(words.map { .string($0) }) }
        switch spec.server {
        case .nginx(let nginx):
            return (
                "nginx",
                [
                    "binary": nginx.binary.map { .string($0) }, "config": .string(nginx.config),
                    "prefix": nginx.prefix.map { .string($0) }, "reload": argv(nginx.reload),
                ]
            )
        case .haproxy(let haproxy):
            return (
                "haproxy",
                [
                    "binary": haproxy.binary.map { .string($0) }, "config": .string(haproxy.config),
                    "reload": argv(haproxy.reload), "socket": haproxy.socket.map { .string($0) },
                ]
            )
        case .apache(let apache):
            return (
                "apache",
                [
                    "binary": apache.binary.map { .string($0) }, "config": .string(apache.config),
                    "reload": argv(apache.reload),
                ]
            )
        case .postgresql(let postgresql):
            return (
                "postgresql",
                [
                    "binaries": .string(postgresql.binaries), "config": .string(postgresql.config),
                    "reload": argv(postgresql.reload), "user": postgresql.user.map { .string($0) },
                ]
            )
        case .postfix(let postfix):
            return ("postfix", ["config": .string(postfix.config), "reload": argv(postfix.reload)])
        case .dovecot(let dovecot):
            return ("dovecot", ["config": .string(dovecot.config), "reload": argv(dovecot.reload)])
        case .files, .awsACM, .exec: return nil
        }
    }
}
