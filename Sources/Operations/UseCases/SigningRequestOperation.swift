// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Commits
internal import Connectors
internal import Declarations
internal import Journal
internal import PKI
internal import Planning
package import Vocabulary

/// `csr CERTIFICATE`: on the gateway. The key is made on the device and stays there; a request for its certificate comes back. What is
/// in use is not touched: the new key goes into the slot with its certificate, by a work order like any other.
package struct SigningRequestOperation: Sendable {
    package struct Report: Sendable {
        package var certificate: CertificateName
        package var device: DeviceName
        package var spki: SPKIFingerprint
        package var keyType: String
        package var names: [String]
        /// The key was made now; otherwise it has waited on the device since an earlier request.
        package var isNewKey: Bool
        /// PEM.
        package var request: [UInt8]
        /// Where it was written; nil: it was only made.
        package var path: String?
        /// Where the chain is expected, in the repository.
        package var chain: String
    }

    private let site: Site
    private let time: any TimeSource

    package init(site: Site, time: any TimeSource) { (self.site, self.time) = (site, time) }

    /// - Parameters:
    ///   - makesAnew: also where a key waits already.
    ///   - output: a file for the request.
    /// - Throws: `UnknownName`, `Invalid`, `NotTheGateway`, `NotMadeOnDevice`, `CloudConnector`, `NoConnector`, `NoNames`, what a
    ///   plan would be blocked by (`AwaitsPolicyChange`, `DeviceMonitored`, `DeviceIgnored`), `OtherZone`, `DeviceBusy`, and
    ///   `KeyNotMade` with what the device said.
    package func run(_ name: String, makesAnew: Bool, output: String?) async throws(UserError) -> Report {
        _ = try await site.fetch()
        let asked = try site.options.ref.map { (ref) throws(UserError) in try site.commit(ref) }
        let view = try await Viewpoint.open(site, own: true, now: time.now)
        guard let gateway = view.gateway else {
            throw UserError(
                "NotTheGateway",
                "a key is made by the gateway of the device's zone, and this host is not zone \(view.zone)'s",
                hint: "run it there, or name its state with --state DIR")
        }
        let branch = view.trust.set.repository?.spec.branch ?? "main"
        let commit: ObjectID
        if let asked { commit = asked } else { commit = try site.tip(of: branch) }
        let tree = try site.load(commit)
        let certificate = try EncryptKeyOperation.certificate(name, in: tree.set)
        let device = try device(of: certificate, tree, view)
        try refuseInvalid(tree, but: certificate)
        let request = try Self.request(for: certificate, on: device.name, tree, makesAnew: makesAnew)
        let made = try await make(request, on: device, view, gateway)
        if let output { try KeyFile.write(made.pem, to: output, mode: 0o644) }
        return Report(
            certificate: certificate.name, device: device.name, spki: made.spki, keyType: request.keyType.rawValue,
            names: request.dnsNames + request.ipAddresses, isNewKey: made.isNewKey, request: made.pem, path: output,
            chain: certificate.spec.chain)
    }

    /// A chain that is not there yet is what this is for; whatever else is wrong may be about names or places.
    private func refuseInvalid(_ tree: LoadedTree, but certificate: Certificate) throws(UserError) {
        let isMissing = tree.chains[certificate.spec.chain] == nil
        let others = tree.diagnostics.filter {
            $0.severity == .error
                && !(isMissing && $0.rule == "file"
                    && $0.message.contains("countersign csr \(certificate.name) asks for it"))
        }
        guard others.isEmpty else { throw .invalid(tree.commit) }
    }

    /// The device as it is in force: what reaches it was signed for.
    private func device(
        of certificate: Certificate, _ tree: LoadedTree, _ view: Viewpoint
    ) throws(UserError) -> Device {
        guard case .endpoint(let name) = certificate.spec.privateKey else {
            throw UserError(
                "NotMadeOnDevice", "the private key of \(certificate.name) is not made on a device",
                hint: "declare privateKey: {endpoint: DEVICE} in Certificate \(certificate.name)")
        }
        guard let device = view.trust.set.devices[name] else {
            guard let proposed = tree.set.devices[name], !proposed.spec.server.isCloud else {
                throw tree.set.devices[name] == nil
                    ? UserError(
                        "UnknownName", "no device is named \(name)", hint: "countersign validate says where it is named"
                    )
                    : cloud(name, tree.set.devices[name])
            }
            throw UserError(
                Block.Code.awaitsPolicyChange.rawValue, "Device \(name) is not in force yet",
                hint: "countersign plan shows the policy change that declares it")
        }
        if device.spec.server.isCloud { throw cloud(name, device) }
        if let block = Block.ofMode(device) { throw UserError(block.code.rawValue, block.message) }
        guard device.spec.zone == view.zone else {
            throw UserError(
                "OtherZone", "\(name) is of zone \(device.spec.zone), and this is the gateway of zone \(view.zone)",
                hint: "run it on the gateway of zone \(device.spec.zone)")
        }
        return device
    }

    private func cloud(_ name: DeviceName, _ device: Device?) -> UserError {
        UserError(
            "CloudConnector",
            "\(name) is a cloud connector (\(device?.spec.server.kind ?? "")), which makes no keys and gives none back",
            hint: "make the key elsewhere and declare where it is: {encrypted: …}, {file: …} or {command: …}")
    }

    private static func request(
        for certificate: Certificate, on device: DeviceName, _ tree: LoadedTree, makesAnew: Bool
    ) throws(UserError) -> KeyRequest {
        let connectors = tree.slots.slots.filter { $0.certificate == certificate.name }
            .compactMap { tree.set.connectors[$0.connector] }.filter { $0.spec.device == device }
        guard !connectors.isEmpty else {
            throw UserError(
                "NoConnector", "\(certificate.name) has no connector on \(device): its key would lie nowhere",
                hint: "bind it to a connector of \(device) first")
        }
        let leaf = tree.chains[certificate.spec.chain].flatMap { tree.certificates[$0.leaf] }
        let present = leaf.flatMap { try? CertificateFacts(der: $0) }
        let wish = certificate.spec.request
        var names = wish.names
        var addresses: [String] = []
        if names.isEmpty, let present {
            names = present.dnsNames.filter { !certificate.spec.dropsNames.contains($0) }
            addresses = present.ipAddresses
        }
        if names.isEmpty, addresses.isEmpty {
            names = Set(connectors.flatMap(\.spec.endpoints).compactMap(\.serverName)).sorted()
        }
        guard !names.isEmpty || !addresses.isEmpty else {
            throw UserError(
                "NoNames", "it is not declared for which names \(certificate.name) is",
                hint: "say it in Certificate \(certificate.name): request: {names: [shop.example.com]}")
        }
        return KeyRequest(
            certificate: certificate.name, slots: connectors.map(\.spec.slot).sorted { $0.path < $1.path },
            keyType: wish.keyType ?? present.flatMap { CertificateSpec.Request.KeyType($0.keyType) } ?? .p256,
            dnsNames: names, ipAddresses: addresses, usages: wish.usages, makesAnew: makesAnew)
    }

    /// Under the device's lease, as a push: two must not work in one folder.
    private func make(
        _ request: KeyRequest, on device: Device, _ view: Viewpoint, _ gateway: Viewpoint.Gateway
    ) async throws(UserError) -> SigningRequest {
        let realm = try Realms(view)[device.name]
        let driving = try Driving(gateway.state, zone: view.zone, trust: view.trust.set, time: time)
        let journal = gateway.state.journal
        let lease: Lease?
        do throws(JournalError) {
            lease = try await journal.acquire(.device(device.name), for: .random(), lasting: .seconds(600))
        } catch {
            throw UserError(error)
        }
        guard let lease else {
            throw UserError(
                "DeviceBusy", "another process is at work on \(device.name)", hint: "try again when it is done")
        }
        let result: Result<SigningRequest, DeviceError>
        do throws(DeviceError) {
            result = .success(
                try await driving.registry.driver(for: device)
                    .signingRequest(request, fence: realm.fence(lease: lease.epoch)))
        } catch {
            result = .failure(error)
        }
        await journal.release(lease)
        do throws(DeviceError) { return try result.get() } catch {
            throw UserError("KeyNotMade", "\(device.name): \(error.operation): \(error.detail)")
        }
    }
}
