// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import PKI
import Processes
import TestKit
import Vocabulary

@testable import Connectors
@testable import Declarations
@testable import Planning

/// A lease of one zone and epoch: `fence: 2` comes after `fence: 1`.
extension Fence: ExpressibleByIntegerLiteral {
    public init(integerLiteral lease: UInt64) {
        guard let zone = ZoneName("default"), let epoch = Epoch(String(repeating: "5b", count: 16)) else {
            preconditionFailure("a name and 32 digits")
        }
        self = Realm(zone: zone, epoch: epoch, begunAt: Timestamp(secondsSince1970: 1_767_225_600)).fence(lease: lease)
    }
}

/// A pair made by `openssl`.
struct Pair: Sendable {
    var certificate: [UInt8]
    var privateKey: [UInt8]
    var leaf: Fingerprint
    var spki: SPKIFingerprint

    /// - Parameter key: another pair's private key, for a renewal that keeps it.
    init(_ name: String = "shop.example.com", key: [UInt8]? = nil) async throws {
        let fresh = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "-"]
        let made = try await run(
            ["openssl", "req", "-x509", "-days", "30", "-subj", "/CN=\(name)", "-addext", "subjectAltName=DNS:\(name)"]
                + (key == nil ? fresh : ["-key", "/dev/stdin"]) + ["-out", "-"], input: key ?? [])
        let output = made.output + (key ?? [])
        let key = PEM.read(output).blocks.first { $0.label == "PRIVATE KEY" }
        let certificate = PEM.read(output).blocks.first { $0.label == "CERTIFICATE" }
        guard let key, let certificate else { throw FixtureError("openssl made no pair") }
        self.certificate = PEM.write(label: "CERTIFICATE", der: certificate.der)
        privateKey = PEM.write(label: "PRIVATE KEY", der: key.der)
        leaf = Fingerprint(hashing: certificate.der)
        var bytes = privateKey
        spki = try PrivateKey(SecretBytes(taking: &bytes)).publicKeyFingerprint
    }

    var secret: SecretBytes {
        var bytes = privateKey
        return SecretBytes(taking: &bytes)
    }
}

/// Where files lie, without any server.
struct Place: Sendable {
    let folder: TemporaryFolder
    let secret = Place.secret("state")
    var certificatePath: String { folder.file("tls/shop.crt") }
    var keyPath: String { folder.file("tls/shop.key") }
    var own: String { folder.file("tls/.countersign") }
    var config: String { folder.file("nginx.conf") }

    init() throws {
        folder = try TemporaryFolder("connectors")
        try folder.makeFolder("tls")
        try folder.write("events {}\n", to: "nginx.conf")
    }

    static func secret(_ text: String) -> SecretBytes {
        var bytes = Array(text.utf8)
        return SecretBytes(taking: &bytes)
    }

    func slot(_ name: String = "shop", switch how: Slot.Switch = .rename, owner: String? = nil, mode: UInt32? = nil)
        -> Slot
    {
        Slot(
            files: .pair(certificate: folder.file("tls/\(name).crt"), privateKey: folder.file("tls/\(name).key")),
            owner: owner, mode: mode, switch: how)
    }

    func put(_ pair: Pair, as name: String = "shop", certificateMode: Int = 0o644, keyMode: Int = 0o600) throws {
        try folder.write(pair.certificate, to: "tls/\(name).crt", mode: certificateMode)
        try folder.write(pair.privateKey, to: "tls/\(name).key", mode: keyMode)
    }

    func driver(
        through transport: any Transport = LocalTransport(), reload: [String] = ["true"], binary: String? = nil,
        now: Timestamp = Timestamp(secondsSince1970: Int64(Date().timeIntervalSince1970)), keep: Seconds = .days(7)
    ) throws -> NginxDriver {
        NginxDriver(
            files: try files(through: transport, now: now, keep: keep),
            nginx: DeviceSpec.Nginx(config: config, reload: reload, binary: binary), timeouts: .standard)
    }

    func files(
        through transport: any Transport = LocalTransport(), now: Timestamp = Timestamp(secondsSince1970: 0),
        keep: Seconds = .days(7)
    ) throws -> FileSlots {
        FileSlots(
            device: try name("edge-1"), transport: transport, secret: secret, keepPrevious: keep, limit: .seconds(30),
            now: { now })
    }

    func candidate(_ pair: Pair?, _ slot: Slot, expects: Holding, key: Bool = true, _ text: String = "a") throws
        -> Candidate
    {
        Candidate(
            workOrder: WorkOrderDigest(hashing: Array(text.utf8)), connector: try name("edge-1-shop"), slot: slot,
            certificate: pair?.certificate, leaf: pair?.leaf, privateKey: key ? pair?.secret : nil, expects: expects)
    }

    func batch(_ candidates: Candidate..., id: String = "00000000000000aa") -> Batch {
        Batch(id: BatchID(id), candidates: candidates)
    }

    func snapshot(_ paths: [String]? = nil) async throws -> [FileStatus] {
        try await LocalTransport().perform(
            [.stat(paths ?? [certificatePath, keyPath], followingLinks: false)], within: .seconds(5)
        ).statuses.map {
            var status = $0
            status.changedNanoseconds = 0  // rises with each further name of a file
            return status
        }
    }
}

func name<Kind>(_ text: String) throws -> Name<Kind> {
    guard let name = Name<Kind>(text) else { throw FixtureError("\(text) is no name") }
    return name
}

/// An nginx of the test's own on a free port of the loopback, ended by its own process id.
final class RunningNginx: Sendable {
    let place: Place
    let ports: [UInt16]

    /// - Parameter names: of the pairs, each served at a port of its own.
    init(_ place: Place, serving names: [String] = ["shop"], start: Bool = true) async throws {
        self.place = place
        ports = try names.map { _ in try freePort() }
        let servers = zip(names, ports).map { name, port in
            """
            server {
                listen 127.0.0.1:\(port) ssl;
                ssl_certificate tls/\(name).crt;
                ssl_certificate_key tls/\(name).key;
                return 200 "\(name)";
            }
            """
        }
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "\($0)_temp_path \(place.folder.file("temporary"))/\($0);" }
        try place.folder.makeFolder("temporary")
        try place.folder.makeFolder("servers")
        try place.folder.write(servers.joined(separator: "\n"), to: "servers/all.conf")
        try place.folder.write(
            """
            user root;
            worker_processes 1;
            pid \(place.folder.file("nginx.pid"));
            error_log \(place.folder.file("error.log"));
            events { worker_connections 64; }
            http {
                access_log off;
                \(temporary.joined(separator: "\n"))
                include servers/*.conf;
            }
            """, to: "nginx.conf")
        if start { try await run("nginx", "-e", place.folder.file("error.log"), "-c", place.config) }
    }

    var reload: [String] { ["nginx", "-c", place.config, "-s", "reload"] }

    deinit {
        guard let text = try? place.folder.readText("nginx.pid"), let pid = pid_t(text.dropLast()), pid > 1 else {
            return
        }
        kill(pid, SIGTERM)
    }

    func served(_ index: Int = 0) async throws -> Fingerprint? {
        let output = try await outcome(
            of: ["openssl", "s_client", "-connect", "127.0.0.1:\(ports[index])", "-servername", "shop.example.com"]
        ).output
        return PEM.read(output).blocks.first { $0.label == "CERTIFICATE" }.map { Fingerprint(hashing: $0.der) }
    }
}
