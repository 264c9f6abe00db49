// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Glibc

/// A real server on loopback through which everybody of an arena reaches its origin: as themselves, by nothing but git's own commands.
package final class GitServer: Sendable {
    package enum Way: String, CaseIterable, Sendable {
        /// sshd; a key for each.
        case ssh
        /// nginx, fcgiwrap and `git http-backend`; a password for each.
        case https
    }
    private let way: Way
    /// `ssh://root@127.0.0.1:PORT`, `https://git.example.com:PORT`.
    private let address: String
    private let folder: String
    private let servers: [OwnServer]

    /// - Parameter variables: what hooks find in their environment; `countersign` is on their PATH.
    package init(_ arena: Arena, over way: Way = .ssh, variables: [String: String] = [:]) async throws {
        let bin = (arena.binary as NSString).deletingLastPathComponent
        let environment = variables.merging([
            "PATH": bin + ":/usr/local/bin:/usr/bin:/bin", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null",
        ]) { $1 }
        let server =
            switch way {
            case .ssh: try await Self.ssh(arena, environment)
            case .https: try await Self.web(arena, environment)
            }
        (self.way, folder, servers, address) = (way, arena.folder.path, server.parts, server.address)
        for (actor, settings) in server.clients {
            try await arena.git(actor, "remote", "set-url", "origin", url(of: arena.origin))
            for (name, value) in settings { try await arena.git(actor, "config", name, value) }
        }
    }

    /// Where a repository below the arena's folder is reached.
    package func url(of repository: String) -> String {
        address + (way == .ssh ? repository[...] : repository.dropFirst(folder.count))
    }

    /// Nobody answers until `begin`.
    package func stop() { for server in servers { server.stop() } }
    package func begin() async throws { for server in servers { try await server.begin() } }

    /// What serves, and what each one's clone has to say for it: settings of git.
    struct Started {
        var address: String
        var parts: [OwnServer]
        var clients: [(Arena.Actor, [(String, String)])]
    }

    private static func ssh(_ arena: Arena, _ environment: [String: String]) async throws -> Started {
        guard let sshd = OwnServer.program("/usr/sbin/sshd") else { throw FixtureError("no sshd: scripts/setup") }
        // Where sshd is root it wants this folder, which its own service would have made.
        if getuid() == 0 { mkdir("/run/sshd", 0o755) }
        let folder = try TemporaryFolder("sshd")
        let host = try await SSHKey("host", in: folder)
        let gateway = try await SSHKey("gateway", in: folder)
        var people = arena.keys
        people[.gateway] = gateway
        try folder.write(
            people.values.map { "restrict \($0.publicLine)\n" }.joined(), to: "authorized_keys", mode: 0o600)
        let port = try freePort()
        let configuration = try folder.write(
            """
            ListenAddress 127.0.0.1
            Port \(port)
            HostKey \(host.path)
            PidFile \(folder.file("sshd.pid"))
            AuthorizedKeysFile \(folder.file("authorized_keys"))
            AuthenticationMethods publickey
            PermitRootLogin prohibit-password
            StrictModes no
            UsePAM no
            UseDNS no
            SetEnv \(environment.map { "\"\($0.key)=\($0.value)\"" }.sorted().joined(separator: " "))

            """, to: "sshd_config")
        let server = try OwnServer(
            in: folder, ports: ["ssh": port], configuration: configuration, pidFile: folder.file("sshd.pid"),
            start: [sshd, "-f", configuration, "-E", folder.file("log")], reload: ["true"])
        try await server.begin()
        try folder.write("[127.0.0.1]:\(port) \(host.key)\n", to: "known_hosts")
        let options = "-o IdentitiesOnly=yes -o BatchMode=yes -o UserKnownHostsFile='\(folder.file("known_hosts"))'"
        return Started(
            address: "ssh://\(NSUserName())@127.0.0.1:\(port)", parts: [server],
            clients: people.map { actor, key in
                (actor, [("core.sshCommand", "ssh -F /dev/null -i '\(key.path)' \(options)")])
            })
    }
}
