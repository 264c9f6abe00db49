// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

/// What a generated repository declares: `count` certificates, each bound to a connector of its own. All texts follow from
/// the numbers.
struct Estate: Sendable {
    /// Where the slots are.
    enum Place: Sendable {
        /// On many machines, 20 slots each, reached by ssh. Nobody is there: for plans without discovery.
        case afar
        /// On this machine: one nginx, every server name on one port.
        case here(Site)
        /// Devices with an nginx and an sshd each, on loopback addresses of their own.
        case fleet(Fleet)
    }
    struct Fleet: Sendable {
        /// Absolute; holds a folder for each device, with `tls/` and `nginx.conf`, and `keys/`.
        var folder: String
        var devices: Int
        var port: Int
        var sshPort: Int
        var nginx: String
        /// All on this machine, and reached without ssh.
        var isLocal = false
    }
    struct Site: Sendable {
        /// Absolute; holds `tls/`, `keys/` and `nginx.conf`.
        var folder: String
        var port: Int
        var nginx: String
    }
    static let slotsOfDevice = 20
    /// Documents in one file: as people have them, neither one file for each nor one for all.
    static let documentsOfFile = 100

    var count: Int
    var place: Place

    func name(_ index: Int) -> String { "shop-" + Self.digits(index, 6) }
    func serverName(_ index: Int) -> String { "\(name(index)).example.com" }
    func names(_ index: Int) -> [String] { [serverName(index), "www.\(serverName(index))"] }
    func chain(_ index: Int) -> String {
        "certificates/\(Self.digits(index / Self.documentsOfFile, 4))/\(name(index)).pem"
    }

    var devices: Int {
        switch place {
        case .afar: (count + Self.slotsOfDevice - 1) / Self.slotsOfDevice
        case .here: 1
        case .fleet(let fleet): fleet.devices
        }
    }
    func device(of index: Int) -> Int {
        switch place {
        case .afar: index / Self.slotsOfDevice
        case .here: 0
        case .fleet(let fleet): index * fleet.devices / count
        }
    }
    func deviceName(_ device: Int) -> String { "edge-" + Self.digits(device, 5) }

    /// 10.0.0.0/8, from 10.0.1.0 on.
    func address(_ device: Int) -> String {
        if case .fleet = place { return "127.77.\(device / 250).\(device % 250 + 1)" }
        let host = device + 256
        return "10.\(host >> 16 & 255).\(host >> 8 & 255).\(host & 255)"
    }

    func certificatePath(_ index: Int) -> String { "\(tls(of: device(of: index)))/\(name(index)).crt" }
    func keyPath(_ index: Int) -> String { "\(tls(of: device(of: index)))/\(name(index)).key" }
    private func tls(of device: Int) -> String {
        switch place {
        case .afar: "/etc/nginx/tls"
        case .here(let site): "\(site.folder)/tls"
        case .fleet(let fleet): "\(fleet.folder)/\(deviceName(device))/tls"
        }
    }

    private static func digits(_ number: Int, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}

// The documents.
extension Estate {
    struct File: Sendable {
        var path: String
        var bytes: [UInt8]
    }

    /// Everything but chains, people and zone.
    var files: [File] {
        var files = pages(of: devices, in: "devices", document: deviceDocument)
        files += pages(of: count, in: "certificates", document: certificateDocument)
        files += pages(of: count, in: "connectors", document: connectorDocument)
        files += pages(of: count, in: "bindings", document: bindingDocument)
        return files
    }

    private func pages(of count: Int, in folder: String, document: (Int) -> String) -> [File] {
        stride(from: 0, to: count, by: Self.documentsOfFile).map { first in
            let last = min(count, first + Self.documentsOfFile)
            return File(
                path: "\(folder)/\(Self.digits(first / Self.documentsOfFile, 4)).yaml",
                bytes: Array((first..<last).map(document).joined(separator: "---\n").utf8))
        }
    }

    private func head(_ kind: String, _ name: String) -> String {
        "apiVersion: countersign/v1\nkind: \(kind)\nmetadata: {name: \(name)}\nspec:\n"
    }

    private func deviceDocument(_ device: Int) -> String {
        let head = head("Device", deviceName(device)) + "  kind: nginx\n  zone: default\n"
        switch place {
        case .afar:
            return head + """
                  transport: {ssh: {host: \(address(device)), user: deploy, knownHosts: devices/known_hosts}}
                  nginx: {config: /etc/nginx/nginx.conf, reload: [systemctl, reload, nginx]}
                  slotRoots: [/etc/nginx/tls]

                """
        case .here(let site):
            let configuration = "\(site.folder)/nginx.conf"
            return head + """
                  transport: {local: {}}
                  nginx: {config: \(configuration), binary: \(site.nginx), reload: [\(site.nginx), -c, \(configuration), -s, reload]}
                  slotRoots: [\(site.folder)/tls]

                """
        case .fleet(let fleet):
            let configuration = "\(fleet.folder)/\(deviceName(device))/nginx.conf"
            let ssh =
                "{ssh: {host: \(address(device)), port: \(fleet.sshPort), user: root, knownHosts: devices/known_hosts}}"
            return head + """
                  transport: \(fleet.isLocal ? "{local: {}}" : ssh)
                  nginx: {config: \(configuration), binary: \(fleet.nginx), reload: [\(fleet.nginx), -c, \(configuration), -s, reload]}
                  slotRoots: ["\(fleet.folder)/\(deviceName(device))/tls"]

                """
        }
    }

    private func certificateDocument(_ index: Int) -> String {
        head("Certificate", name(index)) + """
              chain: \(chain(index))
              privateKey: {file: "\(keyRoot)/{spki}.key"}

            """
    }

    var keyRoot: String {
        switch place {
        case .afar: "/etc/countersign/keys"
        case .here(let site): "\(site.folder)/keys"
        case .fleet(let fleet): "\(fleet.folder)/keys"
        }
    }

    private func connectorDocument(_ index: Int) -> String {
        let (host, port) =
            switch place {
            case .afar: (address(device(of: index)), 443)
            case .here(let site): ("127.0.0.1", site.port)
            case .fleet(let fleet): (address(device(of: index)), fleet.port)
            }
        return head("AppConnector", "\(deviceName(device(of: index)))-\(name(index))") + """
              device: \(deviceName(device(of: index)))
              slot: {certificate: \(certificatePath(index)), privateKey: \(keyPath(index)), mode: "0600"}
              endpoints:
                - {address: \(host), port: \(port), serverName: \(serverName(index))}

            """
    }

    private func bindingDocument(_ index: Int) -> String {
        head("Binding", "\(name(index))-edge") + """
              certificate: \(name(index))
              connectors: [\(deviceName(device(of: index)))-\(name(index))]

            """
    }
}
