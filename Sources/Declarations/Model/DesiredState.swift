// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

/// A server certificate: leaf, chain, and where its private key is.
package struct CertificateSpec: ResourceSpec {
    package typealias NamedKind = CertificateKind
    package static let kind = ResourceKind.certificate

    package enum PrivateKeySource: Hashable, Sendable {
        case file(String)  // absolute, may hold `{spki}`
        case encrypted(String)  // repository path
        case command(name: String, argument: String)
        case endpoint(DeviceName)
        case installed
    }

    /// What `csr` asks for, where the key is made on a device.
    package struct Request: Hashable, Sendable {
        package enum KeyType: String, CaseIterable, Hashable, Sendable {
            case p256, p384, rsa2048, rsa3072, rsa4096
        }
        package enum Usage: String, CaseIterable, Hashable, Sendable { case serverAuth, clientAuth }
        package var names: [String]  // DNS names; none: those of the chain, else of the endpoints
        package var keyType: KeyType?  // nil: that of the chain, else p256
        package var usages: [Usage]

        package init(names: [String] = [], keyType: KeyType? = nil, usages: [Usage] = [.serverAuth]) {
            (self.names, self.keyType, self.usages) = (names, keyType, usages)
        }
    }

    /// A command of Repository and what it is given.
    package struct Passphrase: Hashable, Sendable {
        package var command: String
        package var argument: String
        package init(command: String, argument: String) { (self.command, self.argument) = (command, argument) }
    }

    package var chain: String  // repository path, leaf first
    package var privateKey: PrivateKeySource
    /// What opens the key where it is encrypted with a passphrase; nil: it is not.
    package var passphrase: Passphrase?
    package var request: Request
    package var dropsNames: [String]

    package init(
        chain: String, privateKey: PrivateKeySource, passphrase: Passphrase? = nil, request: Request = Request(),
        dropsNames: [String] = []
    ) {
        (self.chain, self.privateKey, self.passphrase) = (chain, privateKey, passphrase)
        (self.request, self.dropsNames) = (request, dropsNames)
    }

    package var keyIsMadeOnDevice: Bool { if case .endpoint = privateKey { true } else { false } }

    /// The commands of Repository that fetching the key runs.
    package var commands: [String] {
        var names = [passphrase?.command].compactMap(\.self)
        if case .command(let name, _) = privateKey { names.insert(name, at: 0) }
        return names
    }
}

/// One place on a device where a certificate goes, and everywhere it must then be served.
package struct AppConnectorSpec: ResourceSpec {
    package typealias NamedKind = AppConnectorKind
    package static let kind = ResourceKind.appConnector

    package enum WhenUnbound: String, CaseIterable, Hashable, Sendable { case leave, remove }

    package var device: DeviceName
    package var slot: Slot
    package var endpoints: [Endpoint]
    package var whenUnbound: WhenUnbound

    package init(device: DeviceName, slot: Slot, endpoints: [Endpoint], whenUnbound: WhenUnbound = .leave) {
        (self.device, self.slot, self.endpoints, self.whenUnbound) = (device, slot, endpoints, whenUnbound)
    }
}

/// Where on the device the bytes lie. Paths are absolute and canonical; a cloud has entries.
package struct Slot: Hashable, Sendable {
    package enum Files: Hashable, Sendable {
        case pair(certificate: String, privateKey: String)
        case bundle(String)
        /// Of a cloud's own store: `arn:…`, or `tag:` and the name by which it is found. Of a plugin: `entry:` and a name that it knows.
        case entry(String)
    }
    /// Before a name that only a plugin knows.
    package static let pluginEntry = "entry:"

    package enum Switch: String, CaseIterable, Hashable, Sendable { case rename, link }

    package var files: Files
    package var owner: String?  // user[:group]; nil keeps what is there
    package var mode: UInt32?  // of the private key or bundle; nil: that of the file there, else 0600
    package var certificateMode: UInt32?  // nil: that of the file there, else 0644
    package var `switch`: Switch
    /// The private key was made on the device, and no byte of it ever travels. Not declared here: that of the certificate which
    /// is bound to it is `endpoint`.
    package var keyStays = false

    package init(
        files: Files, owner: String? = nil, mode: UInt32? = nil, certificateMode: UInt32? = nil,
        switch: Switch = .rename
    ) {
        (self.files, self.owner, self.mode) = (files, owner, mode)
        (self.certificateMode, self.switch) = (certificateMode, `switch`)
    }

    /// The path that names the slot: the certificate's, or the bundle's.
    package var path: String {
        switch files {
        case .pair(let certificate, _): certificate
        case .bundle(let path), .entry(let path): path
        }
    }
    /// Where the private key lies.
    package var keyPath: String {
        switch files {
        case .pair(_, let key): key
        case .bundle(let path), .entry(let path): path
        }
    }
}

/// An address at which the slot's certificate must be served.
package struct Endpoint: Hashable, Comparable, Sendable, Codable {
    package enum ServedProtocol: String, CaseIterable, Hashable, Sendable, Codable {
        case tls, smtp, imap, pop3, postgres
    }
    package enum KeyType: String, CaseIterable, Hashable, Sendable, Codable { case rsa, ecdsa }
    package enum Role: String, CaseIterable, Hashable, Sendable, Codable { case gate, watch }

    package var address: String  // IP literal or host name
    package var port: Int
    package var serverName: String?
    package var servedProtocol: ServedProtocol
    package var keyType: KeyType?
    package var role: Role

    package init(
        address: String, port: Int, serverName: String? = nil, servedProtocol: ServedProtocol = .tls,
        keyType: KeyType? = nil, role: Role = .gate
    ) {
        (self.address, self.port, self.serverName) = (address, port, serverName)
        (self.servedProtocol, self.keyType, self.role) = (servedProtocol, keyType, role)
    }

    package static func < (left: Self, right: Self) -> Bool {
        (left.address, left.port, left.serverName ?? "", left.servedProtocol.rawValue, left.keyType?.rawValue ?? "")
            < (
                right.address, right.port, right.serverName ?? "", right.servedProtocol.rawValue,
                right.keyType?.rawValue ?? ""
            )
    }

    /// `10.0.0.5:443`, `[fd00::5]:443`.
    package var addressAndPort: String { address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)" }
}

/// This certificate belongs on these connectors.
package struct BindingSpec: ResourceSpec {
    package typealias NamedKind = BindingKind
    package static let kind = ResourceKind.binding

    package enum Target: Hashable, Sendable {
        case connectors([ConnectorName])
        case selector(matchLabels: [String: String])
    }
    package var certificate: CertificateName
    package var target: Target
    package var rollout: RolloutSpec?

    package init(certificate: CertificateName, target: Target, rollout: RolloutSpec? = nil) {
        (self.certificate, self.target, self.rollout) = (certificate, target, rollout)
    }
}
