// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

/// A machine or service that holds certificates: how to reach it, its zone, its kind.
package struct DeviceSpec: ResourceSpec {
    package typealias NamedKind = DeviceKindTag
    package static let kind = ResourceKind.device

    package enum Sync: String, CaseIterable, Hashable, Sendable {
        case managed = "Managed", monitored = "Monitored", ignored = "Ignored"
    }

    package enum Transport: Hashable, Sendable {
        case local
        case ssh(SSH)
    }

    package struct SSH: Hashable, Sendable {
        package var host: String
        package var port: Int
        package var user: String?
        package var knownHosts: String  // repository path
        package var become: Bool  // through `sudo -n`

        package init(host: String, port: Int = 22, user: String? = nil, knownHosts: String, become: Bool = false) {
            (self.host, self.port, self.user) = (host, port, user)
            (self.knownHosts, self.become) = (knownHosts, become)
        }
    }

    package struct Timeouts: Hashable, Sendable {
        package var connect: Duration, check: Duration, reload: Duration, settle: Duration
        package static let standard = Timeouts(
            connect: .seconds(5), check: .seconds(30), reload: .seconds(60), settle: .seconds(30))

        package init(connect: Duration, check: Duration, reload: Duration, settle: Duration) {
            (self.connect, self.check, self.reload, self.settle) = (connect, check, reload, settle)
        }
    }

    package struct Settle: Hashable, Sendable {
        package var handshakes: Int
        package var quiet: Duration
        package static let standard = Settle(handshakes: 5, quiet: .milliseconds(250))

        package init(handshakes: Int, quiet: Duration) { (self.handshakes, self.quiet) = (handshakes, quiet) }
    }

    package var server: Server
    package var zone: ZoneName
    package var sync: Sync
    package var transport: Transport
    package var slotRoots: [String]
    /// `10.0.0.5:443`, `10.0.9.0/24:443`; empty: the transport host's own addresses (local: loopback too).
    package var probes: [String]
    package var timeouts: Timeouts
    package var settle: Settle
    package var keepPrevious: Seconds
    package var trustRoots: [String]  // repository paths

    package init(
        server: Server, zone: ZoneName, sync: Sync = .managed, transport: Transport, slotRoots: [String] = ["/etc/ssl"],
        probes: [String] = [], timeouts: Timeouts = .standard, settle: Settle = .standard,
        keepPrevious: Seconds = .days(7), trustRoots: [String] = []
    ) {
        (self.server, self.zone, self.sync, self.transport) = (server, zone, sync, transport)
        (self.slotRoots, self.probes, self.timeouts, self.settle) = (slotRoots, probes, timeouts, settle)
        (self.keepPrevious, self.trustRoots) = (keepPrevious, trustRoots)
    }
}
