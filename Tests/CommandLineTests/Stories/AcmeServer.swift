// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Processes
import TestKit

/// A real ACME server (RFC 8555), which believes every challenge and is otherwise strict. Ended with its owner.
final class AcmeServer: Sendable {
    let directory: String
    let root: String
    private let management: String
    private let process: Task<Void, Never>

    init(in arena: Arena) async throws {
        let (port, management, challenge) = (try freePort(), try freePort(), try freePort())
        let own = try await arena.authority.issue("acme", days: 5, names: ["localhost"])
        try arena.folder.write(own.chain, to: "acme/server.pem")
        try arena.folder.write(own.key, to: "acme/server.key", mode: 0o600)
        try arena.folder.write(
            """
            {"pebble": {"listenAddress": "127.0.0.1:\(port)", "managementListenAddress": "127.0.0.1:\(management)",
              "certificate": "\(arena.folder.file("acme/server.pem"))", "privateKey": "\(arena.folder.file("acme/server.key"))",
              "httpPort": \(challenge), "tlsPort": \(challenge), "externalAccountBindingRequired": false}}
            """, to: "acme/pebble.json")
        (directory, root) = ("https://localhost:\(port)/dir", arena.folder.file("ca-example-ca/ca.pem"))
        self.management = "https://localhost:\(management)"
        let configuration = arena.folder.file("acme/pebble.json")
        process = Task {
            _ = try? await outcome(
                of: ["pebble", "-config", configuration],
                // Certbot 2.1 falls over a nonce that is refused ("AttributeError: can't set attribute"): none is.
                environment: ["PEBBLE_VA_NOSLEEP": "1", "PEBBLE_VA_ALWAYS_VALID": "1", "PEBBLE_WFE_NONCEREJECT": "0"],
                deadline: .seconds(3600))
        }
        let (root, directory) = (root, directory)
        try await eventually(within: .seconds(60), "the ACME server") {
            try await run(
                "python3", "-c",
                "import ssl, sys, urllib.request as u; u.urlopen(sys.argv[2], context=ssl.create_default_context(cafile=sys.argv[1]))",
                root, directory)
            return true
        }
    }

    /// The CA that it issues with: made anew at each start, and shown to whoever tests with it.
    func authority(in folder: TemporaryFolder) async throws -> CertificateAuthority {
        func ask(_ what: String) async throws -> String {
            try await run("curl", "-sf", "--cacert", root, "\(management)/\(what)/0").outputText
        }
        return try await CertificateAuthority(
            in: folder, named: "acme", certificate: try await ask("intermediates"),
            key: try await ask("intermediate-keys"))
    }

    deinit { process.cancel() }
}
