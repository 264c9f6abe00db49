// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestKit

/// A tree of a git repository as a test writes it: every mode, name and byte, however wrong.
struct WrittenTree: Sendable {
    enum Entry: Sendable {
        case file([UInt8])
        case link(String)
        case submodule
    }
    var entries: [String: Entry] = [:]

    subscript(path: String) -> String {
        get { if case .file(let bytes) = entries[path] { String(decoding: bytes, as: UTF8.self) } else { "" } }
        set { entries[path] = .file(Array(newValue.utf8)) }
    }

    /// One commit without parents on `refs/heads/NAME`, for `git fast-import`.
    func stream(_ name: String) -> [UInt8] {
        var bytes = Array(
            "commit refs/heads/\(name)\ncommitter a <a@example.com> 1800000000 +0000\ndata 4\ncase\n".utf8)
        for (path, entry) in entries.sorted(by: { $0.key < $1.key }) {
            let quoted = "\"" + path.utf8.map { String(format: "\\%03o", $0) }.joined() + "\""
            switch entry {
            case .file(let content):
                bytes += Array("M 100644 inline \(quoted)\ndata \(content.count)\n".utf8) + content + [0x0a]
            case .link(let target):
                bytes += Array("M 120000 inline \(quoted)\ndata \(target.utf8.count)\n\(target)\n".utf8)
            case .submodule: bytes += Array("M 160000 \(String(repeating: "1", count: 40)) \(quoted)\n".utf8)
            }
        }
        return bytes + [0x0a]
    }

    static let trust = "trust.yaml", wish = "wish.yaml", chain = "certificates/shop.pem"

    /// One that validates: every kind, a real chain.
    static func good(_ certificate: IssuedCertificate, keys: [String]) -> WrittenTree {
        var tree = WrittenTree()
        tree[chain] = certificate.chain
        tree["devices/known_hosts"] = "10.0.0.5 \(keys[0])\n"
        tree[trust] = """
            apiVersion: countersign/v1
            kind: Repository
            metadata: {name: edge-certs}
            spec:
              id: 6f1c2a0e-5b7d-4c1a-9e2f-3a4b5c6d7e8f
              branch: main
              commands: {pass-key: [pass, show]}
              limits: {maxChanged: 50, maxChangedPercent: 30, floor: 10}
            ---
            apiVersion: countersign/v1
            kind: Zone
            metadata: {name: default}
            spec:
              recorders: [{ssh: "\(keys[0])"}]
              keyRoots: [/etc/countersign/keys]
            ---
            apiVersion: countersign/v1
            kind: Device
            metadata: {name: edge-1, labels: {tier: edge}}
            spec:
              kind: nginx
              zone: default
              transport: {local: {}}
              nginx: {config: /etc/nginx/nginx.conf, reload: [nginx, -s, reload]}
              slotRoots: [/etc/nginx/tls]
            ---
            apiVersion: countersign/v1
            kind: Person
            metadata: {name: alice}
            spec:
              emails: [alice@example.com]
              keys: [{ssh: "\(keys[1])"}]
            ---
            apiVersion: countersign/v1
            kind: Person
            metadata: {name: bob}
            spec: {keys: [{ssh: "\(keys[2])"}]}
            ---
            apiVersion: countersign/v1
            kind: Group
            metadata: {name: pki}
            spec: {members: [alice, bob]}
            ---
            apiVersion: countersign/v1
            kind: ApprovalPolicy
            metadata: {name: default}
            spec:
              priority: 0
              levels:
                - {name: approve, approvers: [group:pki], count: 1}
                - {name: implement, approvers: [group:pki], count: 1}
              expiresAfter: 72h
              windows: [{days: [Sat], from: "22:00", to: "02:00", timeZone: Europe/Berlin}]

            """
        tree[wish] = """
            apiVersion: countersign/v1
            kind: Certificate
            metadata: {name: shop-example-com, labels: {team: payments}}
            spec:
              chain: certificates/shop.pem
              privateKey: {file: "/etc/countersign/keys/{spki}.key"}
            ---
            apiVersion: countersign/v1
            kind: AppConnector
            metadata: {name: edge-1-shop}
            spec:
              device: edge-1
              slot: {certificate: /etc/nginx/tls/shop.crt, privateKey: /etc/nginx/tls/shop.key, owner: root, mode: "0640"}
              endpoints: [{address: 127.0.0.1, port: 443, serverName: shop.example.com}]
            ---
            apiVersion: countersign/v1
            kind: Binding
            metadata: {name: shop-edge}
            spec: {certificate: shop-example-com, connectors: [edge-1-shop]}

            """
        return tree
    }
}
