// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Declarations
internal import Vocabulary

/// Where a device's endpoints may be: its `probes`; where it names none, the transport host's own addresses (local:
/// loopback too).
package struct EndpointRules: Sendable {
    package enum Verdict: Hashable, Sendable {
        case allowed, refused
        /// Depends on what a name resolves to, or on which addresses a machine has: the gateway settles it when it asks.
        case undecided
    }
    private let ranges: [ProbeRange]
    private let transport: DeviceSpec.Transport

    package init(_ device: DeviceSpec) {
        ranges = device.probes.compactMap { ProbeRange($0) }
        transport = device.transport
        isExplicit = !device.probes.isEmpty
    }
    private let isExplicit: Bool

    package func verdict(on endpoint: Endpoint) -> Verdict {
        guard let port = UInt16(exactly: endpoint.port) else { return .refused }
        let address = IPAddress(endpoint.address)
        if isExplicit {
            guard let address else { return .undecided }
            return ranges.contains { $0.contains(address, port: port) } ? .allowed : .refused
        }
        switch transport {
        case .local:
            return address?.isLoopback == true ? .allowed : .undecided
        case .ssh(let ssh):
            guard let address, let host = IPAddress(ssh.host) else { return .undecided }
            return address == host ? .allowed : .refused
        }
    }
}
