// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Glibc

extension GitServer {
    private static let host = "git.example.com"
    /// What a user is given to copy.
    private static let example = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../examples/bare-server/nginx.conf").standardized

    /// nginx has no CGI of its own: fcgiwrap starts `git http-backend` for each request, as the user of this test.
    static func web(_ arena: Arena, _ environment: [String: String]) async throws -> Started {
        let folder = try TemporaryFolder("git-web")
        let backend = try await backend(in: folder)
        let people = Arena.Actor.allCases.map { (actor: $0, password: "\($0.rawValue)-may-push") }
        try folder.write(
            people.map { "\($0.actor.rawValue):{PLAIN}\($0.password)\n" }.joined(), to: "users", mode: 0o600)
        let server = try await nginx(in: folder, arena, environment)
        let port = server.ports["https"] ?? 0
        return Started(
            address: "https://\(host):\(port)", parts: [server, backend],
            clients: try people.map { actor, password in
                let kept = try folder.write(
                    "https://\(actor.rawValue):\(password)@\(host):\(port)\n", to: "passwords/\(actor.rawValue)",
                    mode: 0o600)
                return (
                    actor,
                    [
                        ("credential.helper", "store --file='\(kept)'"),
                        ("http.sslCAInfo", folder.file("server.pem")),
                        ("http.curloptResolve", "\(host):\(port):127.0.0.1"),
                    ]
                )
            })
    }

    private static func backend(in folder: TemporaryFolder) async throws -> OwnServer {
        guard let fcgiwrap = OwnServer.program("/usr/sbin/fcgiwrap") else {
            throw FixtureError("no fcgiwrap: scripts/setup")
        }
        // It stays in the foreground and keeps no pid file; one process, since others would outlive the first.
        let start = try folder.write(
            """
            #!/bin/sh
            '\(fcgiwrap)' -c 1 -s 'unix:\(folder.file("backend"))' </dev/null >'\(folder.file("backend.log"))' 2>&1 &
            echo $! >'\(folder.file("backend.pid"))'

            """, to: "start-backend", mode: 0o755)
        let server = try OwnServer(
            in: folder, ports: [:], configuration: start, pidFile: folder.file("backend.pid"), start: [start],
            reload: ["true"])
        try await server.begin()
        try await eventually(within: .seconds(60), "fcgiwrap listens") { folder.exists("backend") }
        return server
    }

    private static func nginx(
        in folder: TemporaryFolder, _ arena: Arena, _ environment: [String: String]
    ) async throws -> OwnServer {
        let certificate = try await arena.authority.issue("git-server", days: 47, names: [host])
        try folder.write(certificate.chain, to: "server.pem")
        try folder.write(certificate.key, to: "server.key", mode: 0o600)
        let port = try freePort()
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "    \($0)_temp_path \(folder.file("\($0)"));\n" }.joined()
        var location = try String(contentsOf: example, encoding: .utf8)
        for (shown, here) in [
            ("/srv/git", arena.folder.path), ("/etc/nginx/git-users", folder.file("users")),
            ("/run/fcgiwrap.socket", folder.file("backend")),
        ] {
            guard location.contains(shown) else { throw FixtureError("no \(shown) in \(example.path)") }
            location = location.replacing(shown, with: here)
        }
        // What the service's unit would have in its environment.
        let variables = environment.map { "    fastcgi_param \($0.key) \"\($0.value)\";\n" }.sorted().joined()
        location = location.replacing("    fastcgi_pass", with: variables + "    fastcgi_pass")
        let configuration = try folder.write(
            """
            \(geteuid() == 0 ? "user root;" : "")
            worker_processes 1;
            pid \(folder.file("nginx.pid"));
            error_log \(folder.file("log"));
            events { worker_connections 128; }
            http {
            \(temporary)    access_log \(folder.file("requests"));
                server {
                    listen 127.0.0.1:\(port) ssl;
                    server_name \(host);
                    ssl_certificate \(folder.file("server.pem"));
                    ssl_certificate_key \(folder.file("server.key"));
            \(location)
                }
            }

            """, to: "nginx.conf")
        guard let nginx = OwnServer.program("/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/bin/nginx") else {
            throw FixtureError("no nginx: scripts/setup")
        }
        let server = try OwnServer(
            in: folder, ports: ["https": port], configuration: configuration, pidFile: folder.file("nginx.pid"),
            start: [nginx, "-e", folder.file("log"), "-c", configuration], reload: ["true"])
        try await server.begin()
        return server
    }
}
