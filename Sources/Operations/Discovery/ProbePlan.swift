// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Declarations
internal import Glibc
package import TLSProbe
internal import Vocabulary

/// Which addresses a device's endpoints may be at, and the handshakes that its connectors ask for.
package struct ProbePlan: Sendable {
    /// In the order of `endpoints`.
    package private(set) var targets: [ProbeTarget] = []
    package private(set) var endpoints: [Endpoint] = []
    /// A device has many endpoints, at one port or two.
    private var ranges: [Place: [ProbeRange]] = [:]

    private struct Place: Hashable {
        var device: DeviceName
        var port: UInt16
    }

    package init() {}

    package mutating func add(_ endpoint: Endpoint, on device: Device) {
        endpoints.append(endpoint)
        let port = UInt16(clamping: endpoint.port)
        let place = Place(device: device.name, port: port)
        let allowed = ranges[place] ?? Self.allowed(device, port: port)
        ranges[place] = allowed
        targets.append(
            ProbeTarget(
                host: endpoint.address, port: port, serverName: endpoint.serverName,
                protocol: ProbeProtocol(endpoint.servedProtocol),
                keyType: endpoint.keyType.map { $0 == .rsa ? .rsa : .ecdsa } ?? .any, allowed: allowed))
    }

    /// `probes` of the device; where it names none, the transport host's own addresses (local: loopback too).
    private static func allowed(_ device: Device, port: UInt16) -> [ProbeRange] {
        guard device.spec.probes.isEmpty else { return device.spec.probes.compactMap { ProbeRange($0) } }
        let own: [CIDR]
        switch device.spec.transport {
        case .local: own = ["127.0.0.0/8", "::1"].compactMap { CIDR($0) } + LocalAddresses.all.map { CIDR($0) }
        case .ssh(let ssh): own = Vocabulary.IPAddress(ssh.host).map { [CIDR($0)] } ?? []
        }
        return own.map { ProbeRange(addresses: $0, port: port) }
    }
}

extension ProbeProtocol {
    init(_ declared: Endpoint.ServedProtocol) {
        self =
            switch declared {
            case .tls: .tls
            case .smtp: .smtp
            case .imap: .imap
            case .pop3: .pop3
            case .postgres: .postgres
            }
    }
}

/// The addresses of this machine's own interfaces (getifaddrs(3)), read once.
enum LocalAddresses {
    static let all: [Vocabulary.IPAddress] = {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return [] }
        defer { freeifaddrs(list) }
        var found: [Vocabulary.IPAddress] = []
        var next = list
        while let entry = next {
            next = entry.pointee.ifa_next
            guard let address = entry.pointee.ifa_addr else { continue }
            switch Int32(address.pointee.sa_family) {
            case AF_INET:
                let value = UnsafeRawPointer(address).loadUnaligned(as: sockaddr_in.self).sin_addr.s_addr
                withUnsafeBytes(of: value) { bytes in
                    found += [Vocabulary.IPAddress(bytes: Array(bytes))].compactMap(\.self)
                }
            case AF_INET6:
                let value = UnsafeRawPointer(address).loadUnaligned(as: sockaddr_in6.self).sin6_addr
                withUnsafeBytes(of: value) { bytes in
                    found += [Vocabulary.IPAddress(bytes: Array(bytes))].compactMap(\.self)
                }
            default: continue
            }
        }
        return found
    }()
}
