// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Glibc
internal import Processes

/// A real nginx on a port of its own, ended by its own process id with the last owner.
package final class NginxServer: Sendable {
    package let port: UInt16
    package let address: String
    /// In which it runs; kept for as long as it does.
    private let namespace: NetworkNamespace?
    package let configuration: String
    package let binary: String
    fileprivate let folder: TemporaryFolder
    private static let place = "nginx"

    private init(port: UInt16, binary: String, folder: TemporaryFolder, namespace: NetworkNamespace?) {
        (self.port, self.binary, self.folder, self.namespace) = (port, binary, folder, namespace)
        address = namespace?.address ?? "127.0.0.1"
        configuration = folder.file("\(Self.place)/nginx.conf")
    }

    deinit { stop() }

    /// argv that makes what lies in the files live.
    package var reload: [String] { [binary, "-c", configuration, "-s", "reload"] }

    package var processID: Int32? {
        (try? folder.readText("\(Self.place)/nginx.pid")).flatMap { Int32($0.split(separator: "\n").first ?? "") }
    }

    /// TERM to the master, which ends its workers. It takes its pid file away when it has ended.
    package func stop() {
        // A pid file that a crash has left could name somebody else by now.
        guard let pid = processID, let title = try? String(contentsOfFile: "/proc/\(pid)/cmdline", encoding: .utf8),
            title.contains(configuration)
        else { return }
        kill(pid, SIGTERM)
    }

    package static func start(
        in folder: TemporaryFolder, host: String, certificate: String, key: String, lines: [String] = [],
        namespace: NetworkNamespace? = nil
    ) async throws -> NginxServer {
        let places = ["/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/bin/nginx"]
        guard let binary = places.first(where: { access($0, X_OK) == 0 }) else {
            throw FixtureError("nginx is not installed")
        }
        try folder.makeFolder(place)
        var said = ""
        // Between choosing a port and binding it another process may take it.
        for _ in 0..<10 {
            let server = NginxServer(port: try freePort(), binary: binary, folder: folder, namespace: namespace)
            try folder.write(
                server.text(host: host, certificate: certificate, key: key, lines: lines), to: "\(place)/nginx.conf")
            let result = try await outcome(of: server.start)
            if result.succeeded { return server }
            said = result.errorText
            guard said.contains("bind()") else { break }
        }
        throw FixtureError("nginx does not start: \(said)")
    }

    private var start: [String] { (namespace?.wrapper ?? []) + [binary, "-e", log, "-c", configuration] }
    private var log: String { folder.file("\(Self.place)/error.log") }

    private func text(host: String, certificate: String, key: String, lines: [String]) -> String {
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "    \($0)_temp_path \(folder.file("\(Self.place)/\($0)"));\n" }.joined()
        return """
            worker_processes 1;
            pid \(folder.file("\(Self.place)/nginx.pid"));
            error_log \(log);
            events { worker_connections 128; }
            http {
            \(temporary)    access_log off;
                server {
                    listen \(address):\(port) ssl;
                    server_name \(host);
                    ssl_certificate \(certificate);
                    ssl_certificate_key \(key);
            \(lines.map { "        \($0)\n" }.joined())\
                    location / { return 200 "hello from the shop\\n"; }
                }
            }

            """
    }

    /// Changes the configuration as its administrator would; what runs does not see it until it is reloaded.
    package func edit(_ change: (String) -> String) throws {
        try folder.write(change(try folder.readText("\(Self.place)/nginx.conf")), to: "\(Self.place)/nginx.conf")
    }
}

extension NginxServer {
    /// Ends it and waits until nobody answers at its port.
    package func halt() async throws {
        stop()
        try await eventually("nginx ends") { processID == nil }
    }

    package func restart() async throws {
        try await run(start)
    }
}
