// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Processes

/// An `ssh-agent` of one test's own, ended with its last owner.
package final class SSHAgent: Sendable {
    /// `SSH_AUTH_SOCK`
    package let socket: String
    private let pid: Int32

    package init(in folder: TemporaryFolder) async throws {
        socket = folder.file("agent")
        let said = try await run("ssh-agent", "-s", "-a", socket).outputText
        guard let line = said.split(separator: ";").first(where: { $0.contains("SSH_AGENT_PID=") }),
            let pid = line.split(separator: "=").last.flatMap({ Int32($0) }), pid > 0
        else { throw FixtureError("ssh-agent: \(said)") }
        self.pid = pid
    }

    deinit { kill(pid, SIGTERM) }

    package func add(_ key: SSHKey) async throws {
        try await run(["ssh-add", "-q", key.path], environment: ["SSH_AUTH_SOCK": socket])
    }
}
