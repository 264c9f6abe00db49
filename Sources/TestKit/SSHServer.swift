// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Glibc
internal import Processes

/// A real sshd on a loopback address of its own or in a network of its own, with its own host key, and an `ssh` whose user has an identity for it.
///
/// Ended by its own process id with the last owner.
package final class SSHServer: Sendable {
    package let host: String
    package let port: UInt16
    /// To run as `ssh`: the real one, with a configuration of the test's own, noted in `calls`.
    package let client: String
    /// The line of a known hosts file.
    package let knownHost: String
    private let folder: TemporaryFolder
    /// Ended after sshd has been told to end.
    private let namespace: NetworkNamespace?

    package init(in folder: TemporaryFolder, namespace: NetworkNamespace? = nil) async throws {
        (self.folder, self.namespace) = (folder, namespace)
        host = namespace?.address ?? "127.0.0.9"
        let hostKey = try await SSHKey("host", in: folder)
        let userKey = try await SSHKey("deploy", in: folder)
        try folder.write(userKey.publicLine + "\n", to: "ssh/authorized_keys", mode: 0o600)
        try folder.write("IdentityFile \(userKey.path)\nIdentitiesOnly yes\n", to: "ssh/config")
        client = try folder.write(
            """
            #!/bin/sh
            echo call >> '\(folder.file("ssh/calls"))'
            exec \(Self.program) -F '\(folder.file("ssh/config"))' "$@"

            """, to: "ssh/bin/ssh", mode: 0o755)
        // Where sshd runs as root it wants this folder, which its package's service makes.
        if geteuid() == 0 { try await run("mkdir", "-p", "-m", "755", "/run/sshd") }
        var said = ""
        // Between choosing a port and binding it another process may take it.
        for _ in 0..<10 {
            let port = try freePort()
            try folder.write(
                """
                ListenAddress \(host):\(port)
                HostKey \(hostKey.path)
                PidFile \(folder.file("ssh/sshd.pid"))
                AuthorizedKeysFile \(folder.file("ssh/authorized_keys"))
                StrictModes no
                UsePAM no
                PasswordAuthentication no
                PermitRootLogin prohibit-password
                MaxStartups 100

                """, to: "ssh/sshd_config")
            let result = try await outcome(
                of: (namespace?.wrapper ?? []) + [
                    "/usr/sbin/sshd", "-f", folder.file("ssh/sshd_config"), "-E", folder.file("ssh/sshd.log"),
                ])
            if result.succeeded {
                self.port = port
                knownHost = "[\(host)]:\(port) \(hostKey.key)\n"
                try await eventually(within: .seconds(60), "sshd") { folder.exists("ssh/sshd.pid") }
                return
            }
            said = result.errorText + ((try? folder.readText("ssh/sshd.log")) ?? "")
        }
        throw FixtureError("sshd does not start: \(said)")
    }

    deinit { stop() }

    /// Not looked for on PATH, where ours may stand first.
    private static let program =
        ["/usr/bin/ssh", "/usr/local/bin/ssh"].first { FileManager.default.isExecutableFile(atPath: $0) }
        ?? "/usr/bin/ssh"

    /// A folder to put in front of PATH.
    package var clientFolder: String { folder.file("ssh/bin") }

    /// Another host key from now on, as of a machine that was set up anew or of another one in its place; called again, the
    /// first one.
    package func exchangeHostKey() async throws {
        if !folder.exists("keys/other") { _ = try await SSHKey("other", in: folder) }
        for suffix in ["", ".pub"] {
            let (now, then) = (try folder.readText("keys/host" + suffix), try folder.readText("keys/other" + suffix))
            try folder.write(then, to: "keys/host" + suffix, mode: 0o600)
            try folder.write(now, to: "keys/other" + suffix, mode: 0o600)
        }
        guard let pid = pid_t(try folder.readText("ssh/sshd.pid").dropLast()) else { throw FixtureError("no sshd") }
        kill(pid, SIGHUP)
    }

    /// Ends it and waits until nobody answers any more.
    package func halt() async throws {
        stop()
        try await eventually("sshd ends") { !folder.exists("ssh/sshd.pid") }
    }

    package func restart() async throws {
        try await run(
            (namespace?.wrapper ?? []) + [
                "/usr/sbin/sshd", "-f", folder.file("ssh/sshd_config"), "-E", folder.file("ssh/sshd.log"),
            ])
        try await eventually(within: .seconds(60), "sshd") { folder.exists("ssh/sshd.pid") }
    }

    package func stop() {
        guard let text = try? folder.readText("ssh/sshd.pid"), let pid = pid_t(text.dropLast()), pid > 1 else { return }
        kill(pid, SIGTERM)
    }

    /// How often `ssh` was run.
    package var calls: Int { ((try? folder.readText("ssh/calls")) ?? "").split(separator: "\n").count }
}
