// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Declarations
import TestKit
import Vocabulary

/// Keys and certificates, made once for all tests by `ssh-keygen` and `openssl`.
struct Fixtures: Sendable {
    var ssh: [String: String] = [:]  // name → public key line
    var leaf = "", intermediate = "", root = "", privateKey = ""

    static let shared = Task { try await Fixtures() }

    static func made() async throws -> Fixtures { try await shared.value }

    private init() async throws {
        let folder = try TemporaryFolder("declarations")
        defer { folder.remove() }
        for name in ["alice", "bob", "carol", "dave", "robot", "forge", "recorder", "other"] {
            ssh[name] = try await SSHKey(name, in: folder).publicLine
        }
        ssh["weak"] = try await SSHKey("weak", in: folder, type: "rsa", bits: 2048).publicLine
        ssh["p521"] = try await SSHKey("p521", in: folder, type: "ecdsa", bits: 521).publicLine
        ssh["p256"] = try await SSHKey("p256", in: folder, type: "ecdsa", bits: 256).publicLine
        try await certificates(in: folder)
    }

    private mutating func certificates(in folder: TemporaryFolder) async throws {
        func make(_ name: String, _ subject: String, signedBy issuer: String?, isCA: Bool) async throws -> String {
            let signing = issuer.map { ["-CA", folder.file("\($0).pem"), "-CAkey", folder.file("\($0).key")] } ?? []
            try await run(
                [
                    "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-quiet", "-days",
                    "30", "-subj", subject, "-addext", "basicConstraints=critical,CA:\(isCA ? "TRUE" : "FALSE")",
                    "-keyout",
                    folder.file("\(name).key"), "-out", folder.file("\(name).pem"),
                ].filter { $0 != "-quiet" } + signing)
            return try folder.readText("\(name).pem")
        }
        root = try await make("root", "/CN=Root", signedBy: nil, isCA: true)
        intermediate = try await make("intermediate", "/CN=Intermediate", signedBy: "root", isCA: true)
        leaf = try await make("leaf", "/CN=shop.example.com", signedBy: "intermediate", isCA: false)
        privateKey = try folder.readText("leaf.key")
    }
}

/// A repository's files by path: what is checked as its tree would be.
struct Tree {
    var files: [String: String]
    var special: [String: FileLookup] = [:]

    func decoded(width: Int = 1) -> Decoded {
        DeclarationReader.decode(
            files.filter { TreeRules.declares(path: $0.key) }.map {
                SourceFile(path: $0.key, bytes: Array($0.value.utf8))
            },
            width: width)
    }

    func checked() -> CheckedDeclarations {
        let decoded = decoded()
        var lookups = special
        for path in decoded.referencedFiles where lookups[path] == nil {
            lookups[path] = files[path].map { .file(NamedFile(bytes: Array($0.utf8))) } ?? .missing
        }
        return decoded.check(files: lookups, paths: files.keys.sorted())
    }

    /// The diagnostics, as they are printed.
    var lines: [String] { checked().diagnostics.map(\.description) }

    /// With one file written anew, by replacing a text that must be there.
    func replacing(_ old: String, by new: String, in path: String) throws -> Tree {
        guard let text = files[path], text.contains(old) else { throw FixtureError("\(path) does not hold \(old)") }
        var tree = self
        tree.files[path] = text.replacing(old, with: new)
        return tree
    }

    func adding(_ text: String, at path: String) -> Tree {
        var tree = self
        tree.files[path] = text
        return tree
    }

    func without(_ path: String) -> Tree {
        var tree = self
        tree.files[path] = nil
        return tree
    }
}

extension Tree {
    /// A repository with every kind of resource, in which nothing is wrong.
    static func good() async throws -> Tree {
        let made = try await Fixtures.made()
        func key(_ name: String) -> String { made.ssh[name] ?? "" }
        var files: [String: String] = [:]
        files["countersign.yaml"] = """
            apiVersion: countersign/v1
            kind: Repository
            metadata: {name: edge-certs}
            spec:
              id: 6f1c2a0e-1b7d-4c55-9a3e-2f0d8b6c4e11
              branch: main
              commands: {pass-key: [pass, show]}
              limits: {maxChanged: 50, maxChangedPercent: 30, floor: 10}
            ---
            kind: Zone
            metadata: {name: default}
            spec:
              recorders: [{ssh: "\(key("recorder"))"}]
              recipients: [zones/default.pem]
              keyRoots: [/etc/countersign/keys]

            """
        files["zones/default.pem"] = made.root
        files["devices/edge-1.yaml"] = """
            apiVersion: countersign/v1
            kind: Device
            metadata: {name: edge-1, labels: {tier: edge}}
            spec:
              kind: nginx
              zone: default
              sync: Managed
              transport: {ssh: {host: 10.0.0.5, user: deploy, knownHosts: devices/known_hosts}}
              nginx: {config: /etc/nginx/nginx.conf, reload: [systemctl, reload, nginx]}
              slotRoots: [/etc/nginx/tls]
              probes: [10.0.0.5:443, "10.0.9.0/24:443"]
              timeouts: {connect: 5s, settle: 1m}
              settle: {handshakes: 5, quiet: 250ms}
              keepPrevious: 7d

            """
        files["devices/known_hosts"] = "10.0.0.5 \(key("other"))\n"
        for (name, more) in [
            ("alice", ""), ("bob", ""), ("carol", ""), ("dave", ""), ("robot", ", robot: true"),
            ("forge", ", forge: true"),
        ] {
            files["people/\(name).yaml"] = """
                apiVersion: countersign/v1
                kind: Person
                metadata: {name: \(name)}
                spec: {emails: [\(name)@example.com], keys: [{ssh: "\(key(name))", notBefore: 2026-01-01T00:00:00Z}]\(more)}

                """
        }
        files["people/groups.yaml"] = """
            apiVersion: countersign/v1
            kind: Group
            metadata: {name: pki}
            spec: {members: [alice, bob]}
            ---
            kind: Group
            metadata: {name: netops}
            spec: {members: [carol, dave, robot]}

            """
        files["policies/default.yaml"] = """
            apiVersion: countersign/v1
            kind: ApprovalPolicy
            metadata: {name: default}
            spec:
              priority: 0
              version: 1
              levels:
                - {name: approve, approvers: [group:pki], count: 1}
                - {name: implement, approvers: [group:netops], count: 1}
              separation: {requesterMayApprove: false, distinctAcrossLevels: true, unknownRequester: block}
              expiresAfter: 72h
              attendedFor: 4h
              windows: [{days: [Sat], from: "22:00", to: "02:00", timeZone: Europe/Berlin}]
              policyChange: {approvers: [group:pki, group:netops], count: 2}
              emergency: {approvers: [group:netops], count: 2, ignores: [windows, limits]}
            ---
            kind: StandingApproval
            metadata: {name: renewals}
            spec:
              levels: [approve]
              match: {devices: {kinds: [nginx], zones: [default], labels: {tier: edge}}, names: ["*.example.com"]}
              requesters: [person:robot]
              issuers: [{root: zones/default.pem}]
              changes: [renewal]
              maxPerHour: 10
              maxPerDay: 50
              notAfter: 2027-01-01T00:00:00Z

            """
        files["certificates/shop.yaml"] = """
            apiVersion: countersign/v1
            kind: Certificate
            metadata: {name: shop-example-com, labels: {team: payments}}
            spec:
              chain: certificates/shop.pem
              privateKey: {file: "/etc/countersign/keys/{spki}.key"}
              dropsNames: []

            """
        files["certificates/shop.pem"] = made.leaf + made.intermediate
        files["connectors/shop.yaml"] = """
            apiVersion: countersign/v1
            kind: AppConnector
            metadata: {name: edge-1-shop, labels: {app: shop}, annotations: {countersign/push: "2"}}
            spec:
              device: edge-1
              slot: {certificate: /etc/nginx/tls/shop.crt, privateKey: /etc/nginx/tls/shop.key, owner: root, mode: "0640"}
              endpoints:
                - {address: 10.0.0.5, port: 443, serverName: shop.example.com}
                - {address: "fd00::5", port: 8443, role: watch}

            """
        files["bindings/shop.yaml"] = """
            apiVersion: countersign/v1
            kind: Binding
            metadata: {name: shop-edge}
            spec:
              certificate: shop-example-com
              connectors: [edge-1-shop]

            """
        return Tree(files: files)
    }
}
