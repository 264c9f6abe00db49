// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Declarations
internal import Synchronization
package import Vocabulary

/// Device → driver, each with a transport of its own.
package struct DriverRegistry: Sendable {
    private let secret: SecretBytes
    private let now: @Sendable () -> Timestamp
    private let around: Around
    private let connections: Connections
    private let memories: Memories

    /// What stands between a driver and its transport, and between a driver and who uses it: for example to make steps fail.
    package struct Around: Sendable {
        package var transport: @Sendable (any Transport, DeviceName) -> any Transport
        package var driver: @Sendable (any DeviceDriver, DeviceName) -> any DeviceDriver
        package static let nothing = Around()

        package init(
            transport: @escaping @Sendable (any Transport, DeviceName) -> any Transport = { transport, _ in transport },
            driver: @escaping @Sendable (any DeviceDriver, DeviceName) -> any DeviceDriver = { driver, _ in driver }
        ) {
            (self.transport, self.driver) = (transport, driver)
        }
    }

    /// - Parameters:
    ///   - secret: of the gateway's state; under it the bytes of what is neither certificate nor key are shown.
    ///   - files: of the trust set, by repository path: known hosts are read there and nowhere else.
    ///   - questions: a folder of the state directory, where what is asked of devices over ssh is kept; nil: it is not.
    package init(
        secret: SecretBytes, now: @escaping @Sendable () -> Timestamp, files: [String: NamedFile] = [:],
        questions: String? = nil, around: Around = .nothing
    ) {
        (self.secret, self.now, self.around) = (secret, now, around)
        connections = Connections(files)
        memories = Memories(questions)
    }

    /// Throws `unsupported` for what this version cannot reach.
    package func driver(for device: Device) throws(DeviceError) -> any DeviceDriver {
        let transport: any Transport
        switch device.spec.transport {
        case .local: transport = around.transport(LocalTransport(), device.name)
        case .ssh(let address):
            let connection = try connections.connection(to: address, within: device.spec.timeouts.connect)
            transport = around.transport(SSHTransport(connection), device.name)
        }
        return around.driver(driver(for: device, through: transport), device.name)
    }

    private func driver(for device: Device, through transport: any Transport) -> any DeviceDriver {
        let timeouts = device.spec.timeouts
        let files = FileSlots(
            device: device.name, transport: transport, secret: secret, keepPrevious: device.spec.keepPrevious,
            limit: timeouts.check, now: now, memory: memories.memory(of: device))
        switch device.spec.server {
        case .nginx(let nginx): return NginxDriver(files: files, nginx: nginx, timeouts: timeouts)
        case .files(let daemon): return AnyDaemonDriver(files: files, daemon: daemon, timeouts: timeouts)
        case .haproxy(let haproxy): return HAProxyDriver(files: files, haproxy: haproxy, timeouts: timeouts)
        case .apache(let apache): return ApacheDriver(files: files, apache: apache, timeouts: timeouts)
        case .postgresql(let postgresql):
            return PostgreSQLDriver(files: files, postgresql: postgresql, timeouts: timeouts)
        case .postfix(let postfix): return PostfixDriver(files: files, postfix: postfix, timeouts: timeouts)
        case .awsACM(let acm):
            return AWSACMDriver(device: device.name, acm: acm, timeouts: timeouts, transport: transport)
        case .dovecot(let dovecot): return DovecotDriver(files: files, dovecot: dovecot, timeouts: timeouts)
        }
    }
}

/// One for each device, whoever asks for its driver.
private final class Memories: Sendable {
    private let known = Mutex<[DeviceName: DeviceMemory]>([:])
    private let folder: String?

    init(_ folder: String?) { self.folder = folder }

    func memory(of device: Device) -> DeviceMemory {
        known.withLock { known in
            if let memory = known[device.name] { return memory }
            // Where no round trip is saved, nothing is kept.
            let isFar = if case .ssh = device.spec.transport { true } else { false }
            let store = isFar ? folder.map { QuestionStore(path: joined($0, "\(device.name).questions.json")) } : nil
            let made = DeviceMemory(store)
            known[device.name] = made
            return made
        }
    }
}

/// One connection for each device, whoever asks for its driver; closed with the registry.
private final class Connections: Sendable {
    private let files: [String: NamedFile]
    private let open = Mutex<[DeviceSpec.SSH: SSHConnection]>([:])

    init(_ files: [String: NamedFile]) { self.files = files }

    func connection(to address: DeviceSpec.SSH, within limit: Duration) throws(DeviceError) -> SSHConnection {
        guard let knownHosts = files[address.knownHosts] else {
            throw DeviceError(
                .failed, operation: "ssh",
                detail: "\(Shown.text(address.host)): \(address.knownHosts), its known hosts, is not in the trust set")
        }
        return open.withLock { open in
            if let known = open[address] { return known }
            let made = SSHConnection(address, knownHosts: knownHosts.bytes, connectLimit: limit)
            open[address] = made
            return made
        }
    }
}
