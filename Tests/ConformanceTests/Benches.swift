// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Declarations
import Foundation
import Synchronization
import TestKit
import Vocabulary

@testable import Conformance
@testable import Connectors

/// Every driver with the device that it is tried on, as it stands in the table of docs/drivers.md.
enum Benches {
    static let names = [
        "files", "nginx", "nginx over ssh", "apache", "haproxy (files)", "haproxy (socket)", "postgresql", "postfix",
        "dovecot", "aws-acm", "exec (stunnel)",
    ]

    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// A program without which it cannot be tried; nil: all are there.
    static func missing(for name: String) -> String? {
        let programs: [String] =
            switch name {
            case "nginx": ["/usr/sbin/nginx"]
            case "nginx over ssh": ["/usr/sbin/nginx", "/usr/sbin/sshd"]
            case "apache": ["/usr/sbin/apache2"]
            case "files", "haproxy (files)": ["/usr/sbin/haproxy"]
            case "haproxy (socket)": ["/usr/sbin/haproxy", "/usr/bin/socat"]
            case "postfix": ["/usr/sbin/postfix"]
            case "dovecot": ["/usr/sbin/dovecot"]
            case "exec (stunnel)": ["/usr/bin/stunnel4", "/usr/bin/python3"]
            default: []
            }
        if name == "postgresql", OwnServer.postgresBinaries == nil { return "PostgreSQL" }
        if name == "aws-acm", !AWSServer.isInstalled { return "moto and awscli" }
        return programs.first { !FileManager.default.isExecutableFile(atPath: $0) }
    }

    static func with(_ name: String, _ body: (any DriverBench, String) async throws -> Void) async throws {
        if name == "aws-acm" {
            let folder = try TemporaryFolder("stand")
            return try await body(try await AWSBench(), folder.path)
        }
        let bench = try await ServerBench(try kind(name))
        do {
            try await body(bench, try bench.folder.makeFolder("stand"))
            await bench.close()
        } catch {
            await bench.close()
            throw error
        }
    }

    // MARK: servers

    private static func endpoint(
        _ server: OwnServer, _ port: String, _ spoken: Endpoint.ServedProtocol = .tls, at address: String = "127.0.0.1"
    ) -> Endpoint {
        Endpoint(
            address: address, port: Int(server.ports[port] ?? 0), serverName: Issuer.host, servedProtocol: spoken)
    }
    private static func endpoint(_ port: UInt16) -> Endpoint {
        Endpoint(address: "127.0.0.1", port: Int(port), serverName: Issuer.host)
    }

    static func kind(_ name: String) throws -> ServerBench.Kind {
        switch name {
        case "files", "haproxy (files)", "haproxy (socket)": haproxy(name)
        case "nginx": nginx()
        case "nginx over ssh": overSSH()
        case "apache": apache()
        case "postgresql": try postgresql()
        case "postfix": postfix()
        case "dovecot": dovecot()
        case "exec (stunnel)": stunnel()
        default: throw FixtureError("\(name): no bench of that name")
        }
    }

    private static func haproxy(_ name: String) -> ServerBench.Kind {
        let bySocket = name == "haproxy (socket)"
        var kind = ServerBench.Kind(
            isBundle: true, start: { try await OwnServer.haproxy(in: $0, serving: ["shop", OwnServer.oddName]) },
            declared: { server in
                if name == "files" {
                    return .files(
                        .init(
                            check: ["haproxy", "-c", "-q", "-f", server.configuration], reload: server.reload,
                            configs: [server.configuration]))
                }
                return .haproxy(
                    .init(
                        config: server.configuration, reload: server.reload,
                        socket: bySocket ? server.folder.file("haproxy.sock") : nil))
            }, endpoints: { [endpoint($0, $1)] },
            open: { server, port in
                try server.edit("haproxy.cfg") { $0 + OwnServer.haproxySite("first", port, server.folder) }
                return [endpoint(port)]
            })
        guard bySocket else { return kind }
        kind.reach = { folder in
            ServerBench.Reach(
                transport: .local, around: .init(transport: { transport, _ in SocketTransport(transport, folder) }))
        }
        return kind
    }

    private static func nginx() -> ServerBench.Kind {
        ServerBench.Kind(
            start: { try await OwnServer.nginx(in: $0, serving: ["shop", OwnServer.oddName]) },
            declared: { .nginx(.init(config: $0.configuration, reload: $0.reload)) },
            endpoints: { [endpoint($0, $1)] },
            open: { server, port in
                try server.folder.write(OwnServer.nginxSite("first", port), to: "sites/first.conf")
                return [endpoint(port)]
            })
    }

    private static func overSSH() -> ServerBench.Kind {
        var kind = nginx()
        kind.reach = { folder in
            let server = try await SSHServer(in: folder)
            let address = DeviceSpec.SSH(
                host: server.host, port: Int(server.port), user: "root", knownHosts: "devices/known_hosts")
            let connection = SSHConnection(
                address, knownHosts: Array(server.knownHost.utf8), connectLimit: .seconds(60), program: server.client)
            return ServerBench.Reach(
                transport: .ssh(address),
                around: .init(transport: { _, _ in KeptTransport(server: server, wrapped: SSHTransport(connection)) }),
                files: ["devices/known_hosts": NamedFile(bytes: Array(server.knownHost.utf8))])
        }
        return kind
    }

    private static func apache() -> ServerBench.Kind {
        ServerBench.Kind(
            start: { try await OwnServer.apache(in: $0, serving: ["shop", OwnServer.oddName]) },
            declared: { .apache(.init(config: $0.configuration, reload: $0.reload, binary: "apache2")) },
            endpoints: { [endpoint($0, $1)] },
            open: { server, port in
                try server.folder.write(OwnServer.apacheSite("first", port), to: "sites/first.conf")
                return [endpoint(port)]
            })
    }

    private static func postgresql() throws -> ServerBench.Kind {
        let binaries = try Stand.required(OwnServer.postgresBinaries, "PostgreSQL")
        return ServerBench.Kind(
            owner: "postgres:postgres", odd: nil,
            reasons: [
                .severalSlots: "one server has one certificate",
                .oddNames:
                    "one server has one certificate; its quoting is that of all other paths of its configuration",
            ],
            start: { try await OwnServer.postgresql(in: $0) },
            declared: { .postgresql(.init(config: $0.configuration, reload: $0.reload, binaries: binaries)) },
            endpoints: { server, _ in [endpoint(server, "postgres", .postgres)] },
            open: { server, _ in
                // It has one place only: it speaks without TLS until that holds something.
                let name = "postgresql/postgresql.conf"
                try server.edit(name) { $0.replacing("ssl = on", with: "ssl = off") }
                try await run(server.reload)
                try server.edit(name) { $0.replacing("ssl = off", with: "ssl = on") }
                try await run(["rm", "-f", server.folder.file("tls/shop.crt"), server.folder.file("tls/shop.key")])
                return [endpoint(server, "postgres", .postgres)]
            })
    }

    private static func postfix() -> ServerBench.Kind {
        var traits = BenchTraits()
        // It lowers its library's security level.
        traits.refusesWeakKeys = false
        return ServerBench.Kind(
            traits: traits,
            reasons: [
                .makeLiveLies:
                    "its processes come and go, and each new one reads the file: it has no need of a reload that does something"
            ],
            start: { try await OwnServer.postfix(in: $0, serving: [OwnServer.oddName]) },
            declared: { .postfix(.init(config: $0.configuration, reload: $0.reload)) },
            endpoints: { server, name in
                name == "shop"
                    ? [endpoint(server, "smtp", .smtp), endpoint(server, "tls")] : [endpoint(server, name)]
            },
            open: { server, port in
                try server.edit("postfix/master.cf") { $0 + OwnServer.postfixService("first", port, server.folder) }
                return [endpoint(port)]
            })
    }

    private static func dovecot() -> ServerBench.Kind {
        var traits = BenchTraits()
        traits.goodbyes = ["BYE Shutting down", "Auth process broken"]
        traits.goodbyeNote = "dovecot itself turns some clients away while it reloads, in its own protocol"
        @Sendable func all(_ server: OwnServer, at address: String) -> [Endpoint] {
            [
                endpoint(server, "imap", .imap, at: address), endpoint(server, "imaps", at: address),
                endpoint(server, "pop3", .pop3, at: address), endpoint(server, "pop3s", at: address),
            ]
        }
        return ServerBench.Kind(
            traits: traits,
            start: { try await OwnServer.dovecot(in: $0, more: [(address: "127.0.0.8", name: OwnServer.oddName)]) },
            declared: { .dovecot(.init(config: $0.configuration, reload: $0.reload)) },
            endpoints: { all($0, at: $1 == "shop" ? "127.0.0.1" : "127.0.0.8") },
            open: { server, _ in
                try server.edit("dovecot/dovecot.conf") {
                    $0 + OwnServer.dovecotAddress("127.0.0.7", "first", server.folder)
                }
                return all(server, at: "127.0.0.7")
            })
    }

    private static func stunnel() -> ServerBench.Kind {
        var traits = BenchTraits()
        traits.isPlugin = true
        traits.goodbyes = ["Connection refused", "Connection reset by peer"]
        traits.goodbyeNote = "stunnel closes its listening sockets for a moment while it reads its configuration again"
        return ServerBench.Kind(
            ownFolder: ".stunnel-driver", traits: traits,
            commands: ["stunnel-driver": ["python3", root.appending(path: "examples/stunnel-driver/driver.py").path]],
            start: { try await OwnServer.stunnel(in: $0, serving: ["shop", OwnServer.oddName]) },
            declared: {
                .exec(
                    .init(command: "stunnel-driver", settings: ["config": $0.configuration, "reload": $0.reload[0]]))
            },
            endpoints: { [endpoint($0, $1)] },
            open: { server, port in
                try server.edit("stunnel.conf") { $0 + OwnServer.stunnelService("first", port, server.folder) }
                return [endpoint(port)]
            })
    }
}

/// Does with haproxy's runtime socket what its reload script does when it is told to lie, to fail or to hang.
private struct SocketTransport: Transport {
    let wrapped: any Transport
    let folder: TemporaryFolder

    init(_ wrapped: any Transport, _ folder: TemporaryFolder) { (self.wrapped, self.folder) = (wrapped, folder) }

    func perform(_ steps: [Step], within limit: Duration) async throws(DeviceError) -> [StepResult] {
        try await wrapped.perform(
            steps.map { step in
                guard case .run(let argv, _, let limit) = step, argv.contains(HAProxySocket.exchange) else {
                    return step
                }
                let other: [String]? =
                    if folder.exists("lie") {
                        ["sh", "-c", "echo 'Success!'"]
                    } else if folder.exists("fail") {
                        ["sh", "-c", "echo 'told to fail'; exit 6"]
                    } else if folder.exists("hang") {
                        ["sleep", "600"]
                    } else {
                        nil
                    }
                return other.map { .run($0, input: nil, outputLimit: limit) } ?? step
            }, within: limit)
    }
}

/// Holds the sshd for as long as somebody may go through it.
private struct KeptTransport: Transport {
    let server: SSHServer
    let wrapped: SSHTransport

    func perform(_ steps: [Step], within limit: Duration) async throws(DeviceError) -> [StepResult] {
        try await wrapped.perform(steps, within: limit)
    }
}
