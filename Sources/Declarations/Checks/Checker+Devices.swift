// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

/// The machine that a device is, as far as the declaration tells: two devices of one address are one machine.
struct TransportAddress: Hashable {
    private var host: String
    private var port: Int

    init(_ device: Device) {
        if case .awsACM(let acm) = device.spec.server {
            (host, port) = ("aws-acm \(acm.region) \(acm.profile ?? "") \(acm.endpointURL ?? "")", 0)
            return
        }
        // What a plugin reaches only its settings tell.
        if let plugin = device.spec.server.plugin {
            let settings = plugin.settings.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            let way = if case .ssh(let ssh) = device.spec.transport { "\(ssh.host):\(ssh.port)" } else { "" }
            (host, port) = (["exec", plugin.command, way].joined(separator: " ") + settings.joined(separator: "\0"), 0)
            return
        }
        switch device.spec.transport {
        // Each zone's gateway is a machine of its own.
        case .local: (host, port) = ("local \(device.spec.zone)", 0)
        case .ssh(let ssh):
            // Two spellings of one address are one address; a trailing dot or upper case makes no other host.
            (host, port) = (IPAddress(ssh.host).map(\.description) ?? ssh.host.lowercased(), ssh.port)
        }
    }
}

extension Checker {
    mutating func checkDevices() {
        for (_, devices) in Dictionary(grouping: set.devices.values, by: TransportAddress.init) where devices.count > 1
        {
            let devices = devices.sorted { $0.name < $1.name }
            checkConfigurations(devices)
            if !devices[0].spec.server.isCloud { checkRoots(devices) }
        }
    }

    private mutating func checkConfigurations(_ devices: [Device]) {
        var owners: [String: Device] = [:]
        for device in devices {
            // Of any daemon we do not know what its files are to it.
            if case .files = device.spec.server { continue }
            for (field, path) in device.spec.server.configurations {
                if let other = owners[path] {
                    object(
                        to: device, at: ["spec", .field(device.spec.server.kind), .field(field)],
                        "Device \(quoted(other.name.text)) of the same address has this configuration: one Device for each",
                        .sharedDevice)
                } else {
                    owners[path] = device
                }
            }
        }
    }

    /// Sorted by components, a root that lies below another follows it: one look at the last open ones is enough.
    private mutating func checkRoots(_ devices: [Device]) {
        var roots: [(path: String, device: Device, index: Int)] = []
        for device in devices {
            for (index, root) in device.spec.slotRoots.enumerated() { roots.append((root + "/", device, index)) }
        }
        roots.sort { ($0.path, $0.device.name) < ($1.path, $1.device.name) }
        var open: [(path: String, device: Device, index: Int)] = []
        for root in roots {
            while let last = open.last, !root.path.utf8.starts(with: last.path.utf8) { open.removeLast() }
            if let other = open.last(where: { $0.device.name != root.device.name }) {
                object(
                    to: root.device, at: ["spec", "slotRoots", .entry(root.index)],
                    "slot root \(quoted(root.path.dropLast())) overlaps \(quoted(other.path.dropLast())) of Device \(quoted(other.device.name.text)), which has the same address",
                    .sharedDevice)
            }
            open.append(root)
        }
    }

    mutating func checkConnectors() {
        struct Place: Hashable {
            var machine: TransportAddress
            var path: String
        }
        var machines: [DeviceName: TransportAddress] = [:]
        var owners: [Place: ConnectorName] = [:]
        owners.reserveCapacity(set.connectors.count * 2)
        for name in set.connectors.keys.sorted() {
            guard let connector = set.connectors[name] else { continue }
            checkEndpoints(of: connector)
            checkPair(of: connector)
            guard let device = set.devices[connector.spec.device] else { continue }
            checkNames(of: connector, on: device)
            let machine = machines[device.name] ?? TransportAddress(device)
            machines[device.name] = machine
            guard checkForm(of: connector, on: device) else { continue }
            for (field, path) in connector.spec.slot.paths {
                if field != "entry", !device.spec.server.isCloud { checkPlace(path, field, connector, device) }
                if let other = owners.updateValue(name, forKey: Place(machine: machine, path: path)), other != name {
                    object(
                        to: connector, at: ["spec", "slot", .field(field)],
                        "AppConnector \(quoted(other.text)) has \(quoted(path)) on the same machine: a slot belongs to one",
                        .sharedSlot)
                }
            }
        }
    }

    private mutating func checkPlace(_ path: String, _ field: String, _ connector: AppConnector, _ device: Device) {
        let place: [PathStep] = ["spec", "slot", .field(field)]
        guard device.spec.slotRoots.contains(where: { PathText.isBelow(path, $0) }) else {
            object(
                to: connector, at: place,
                "\(quoted(path)) does not lie below \(listed(device.spec.slotRoots)), the slotRoots of Device \(quoted(device.name.text))",
                .slot)
            return
        }
        // `.countersign` beside a slot is where we stage and keep what was there.
        if PathText.passes(".countersign", path) {
            object(to: connector, at: place, "a slot cannot lie in a folder named .countersign: that is ours", .slot)
        }
        if device.spec.server.configurations.contains(where: { $0.path == path }) {
            object(to: connector, at: place, "\(quoted(path)) is the device's configuration", .slot)
        }
    }

    private mutating func checkPair(of connector: AppConnector) {
        guard case .pair(let certificate, let key) = connector.spec.slot.files, certificate == key else { return }
        object(
            to: connector, at: ["spec", "slot", "privateKey"],
            "certificate and privateKey are one path: write {bundle: …} for both in one file", .slot)
    }

    /// Files on a machine, entries in a cloud.
    private mutating func checkForm(of connector: AppConnector, on device: Device) -> Bool {
        if device.spec.server.plugin != nil, connector.spec.slot.switch == .link {
            object(
                to: connector, at: ["spec", "slot", "switch"],
                "Device \(quoted(device.name.text)) is of kind exec: its plugin switches in its own way", .slot)
        }
        switch (connector.spec.slot.files, device.spec.server) {
        case (.entry(let name), .exec) where name.hasPrefix(Slot.pluginEntry): return true
        case (.entry, .exec):
            object(
                to: connector, at: ["spec", "slot"],
                "Device \(quoted(device.name.text)) is of kind exec: write {entry: NAME}, {certificate: …, privateKey: …} or {bundle: …}",
                .slot)
        case (.entry(let name), .awsACM) where name.hasPrefix(Slot.pluginEntry): refuseFiles(of: connector, on: device)
        case (.entry(let name), .awsACM(let acm)):
            let parts = name.split(separator: ":")
            guard name.hasPrefix("arn:"), parts[3] != acm.region else { return true }
            object(
                to: connector, at: ["spec", "slot", "arn"],
                "this certificate is in region \(quoted(String(parts[3]))), and Device \(quoted(device.name.text)) in \(quoted(acm.region))",
                .slot)
        case (_, .awsACM): refuseFiles(of: connector, on: device)
        case (.entry, _):
            object(
                to: connector, at: ["spec", "slot"],
                "Device \(quoted(device.name.text)) is of kind \(device.spec.server.kind), whose slots are files: write {certificate: …, privateKey: …} or {bundle: …}",
                .slot)
        default: return true
        }
        return false
    }

    private mutating func refuseFiles(of connector: AppConnector, on device: Device) {
        object(
            to: connector, at: ["spec", "slot"],
            "Device \(quoted(device.name.text)) is of kind aws-acm, which has no files: write {tag: NAME}, or {arn: …} of a certificate that is there",
            .slot)
    }

    /// haproxy is told the certificate's name only, and looks for the key beside it.
    private mutating func checkNames(of connector: AppConnector, on device: Device) {
        guard case .haproxy = device.spec.server, case .pair(let certificate, let key) = connector.spec.slot.files
        else { return }
        var places = [certificate + ".key"]
        if certificate.hasSuffix(".crt") { places.append(certificate.dropLast(4) + ".key") }
        guard !places.contains(key) else { return }
        let other = places.count > 1 ? " (with ssl-load-extra-del-ext in \(quoted(places[1])))" : ""
        object(
            to: connector, at: ["spec", "slot", "privateKey"],
            "haproxy looks for this key in \(quoted(places[0])) and nowhere else\(other)",
            .slot)
    }

    private mutating func checkEndpoints(of connector: AppConnector) {
        let endpoints = connector.spec.endpoints
        if !endpoints.contains(where: { $0.role == .gate }) {
            object(
                to: connector, at: ["spec", "endpoints"],
                "at least one endpoint must have the role gate (the default): else nothing would prove a push",
                .endpoint)
        }
        guard endpoints.count > 1 else { return }
        var seen: Set<Endpoint> = []
        for (index, endpoint) in endpoints.enumerated() {
            var identity = endpoint
            identity.role = .gate
            if !seen.insert(identity).inserted {
                object(
                    to: connector, at: ["spec", "endpoints", .entry(index)], "this endpoint stands here twice",
                    .endpoint)
            }
        }
    }
}

extension Slot {
    /// The fields that name files, and their paths.
    fileprivate var paths: [(field: String, path: String)] {
        switch files {
        case .pair(let certificate, let key): [("certificate", certificate), ("privateKey", key)]
        case .bundle(let path): [("bundle", path)]
        case .entry(let name) where name.hasPrefix(Slot.pluginEntry): [("entry", name)]
        case .entry(let name): [(name.hasPrefix("tag:") ? "tag" : "arn", name)]
        }
    }
}
