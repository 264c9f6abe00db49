// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Glibc

/// A real sshd on loopback, through which everybody of an arena reaches its origin: with a key of their own, by nothing but git's
/// own commands.
package final class GitServer: Sendable {
    /// `ssh://root@127.0.0.1:PORT`; a repository's path comes behind it.
    package let address: String
    private let server: OwnServer

    /// - Parameter variables: what hooks find in their environment; `countersign` is on their PATH.
    package init(_ arena: Arena, variables: [String: String] = [:]) async throws {
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
        let bin = (arena.binary as NSString).deletingLastPathComponent
        let environment = variables.merging([
            "PATH": bin + ":/usr/local/bin:/usr/bin:/bin", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null",
        ]) { $1 }
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
        server = try OwnServer(
            in: folder, ports: ["ssh": port], configuration: configuration, pidFile: folder.file("sshd.pid"),
            start: [sshd, "-f", configuration, "-E", folder.file("log")], reload: ["true"])
        try await server.begin()
        address = "ssh://\(NSUserName())@127.0.0.1:\(port)"
        try folder.write("[127.0.0.1]:\(port) \(host.key)\n", to: "known_hosts")
        for (actor, key) in people {
            try await arena.git(actor, "remote", "set-url", "origin", address + arena.origin)
            try await arena.git(
                actor, "config", "core.sshCommand",
                "ssh -F /dev/null -i '\(key.path)' -o IdentitiesOnly=yes -o BatchMode=yes -o UserKnownHostsFile='\(folder.file("known_hosts"))'"
            )
        }
    }
}
