// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Declarations
internal import Vocabulary

/// Where a server's configuration says that it listens with TLS.
package struct Listening: Hashable, Sendable, Codable {
    /// As written there: an address, a name, `*` (every IPv4 address) or `::` (every address).
    package var address: String
    package var port: Int
    /// What a client may ask for; empty: no name is needed.
    package var serverNames: [String]
    package var servedProtocol: Endpoint.ServedProtocol

    package init(
        address: String, port: Int, serverNames: [String] = [], servedProtocol: Endpoint.ServedProtocol = .tls
    ) {
        (self.address, self.port) = (address, port)
        (self.serverNames, self.servedProtocol) = (serverNames, servedProtocol)
    }
}

/// A place for a certificate that a server's configuration names, declared or not, and what lies there.
package struct FoundSlot: Hashable, Sendable, Codable {
    /// Path of the certificate, or of both in one file.
    package var certificate: String
    /// The same path where both lie in one file.
    package var privateKey: String
    package var observation: SlotObservation
    /// DER as it lies there, leaf first. The journal keeps the leaf's only.
    package var certificates: [[UInt8]]
    /// `user:group` of the file with the private key; nil: it is absent.
    package var owner: String?
    package var mode: UInt32?
    /// What else puts these files there: `certbot`, `a mount at /etc/tls`; nil: nobody that we know of.
    package var managedBy: String?
    /// The file of the configuration that names it.
    package var source: String
    package var listenings: [Listening]

    package init(
        certificate: String, privateKey: String, observation: SlotObservation, certificates: [[UInt8]] = [],
        owner: String? = nil, mode: UInt32? = nil, managedBy: String? = nil, source: String, listenings: [Listening]
    ) {
        (self.certificate, self.privateKey, self.observation) = (certificate, privateKey, observation)
        (self.certificates, self.owner, self.mode) = (certificates, owner, mode)
        (self.managedBy, self.source, self.listenings) = (managedBy, source, listenings)
    }

    package var files: Slot.Files {
        certificate == privateKey ? .bundle(certificate) : .pair(certificate: certificate, privateKey: privateKey)
    }
}

/// Everything that a device's configuration says of certificates.
package struct DeviceSurvey: Hashable, Sendable, Codable {
    /// Equal as long as neither the configuration nor any file that it names has changed.
    package var token: DeviceStateToken
    /// Sorted by path.
    package var slots: [FoundSlot]
    /// What it says that only the running server could resolve, in words.
    package var unclear: [String]

    package init(token: DeviceStateToken, slots: [FoundSlot], unclear: [String] = []) {
        (self.token, self.slots, self.unclear) = (token, slots, unclear)
    }

    /// Without the bytes of certificates but the leaves: of what nobody has declared nothing else tells when it ends.
    package var kept: DeviceSurvey {
        var kept = self
        for index in kept.slots.indices {
            kept.slots[index].certificates = []
        }
        return kept
    }
}
