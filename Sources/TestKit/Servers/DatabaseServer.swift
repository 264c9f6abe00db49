// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Glibc

extension OwnServer {
    /// The folder of PostgreSQL's programs, of whatever version; nil: not installed.
    package static var postgresBinaries: String? {
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        return versions.sorted { (Int($0) ?? 0) > (Int($1) ?? 0) }.map { "/usr/lib/postgresql/\($0)/bin" }
            .first { access($0 + "/initdb", X_OK) == 0 }
    }

    /// PostgreSQL on `postgres`; the pair is `tls/shop.crt` and `tls/shop.key`.
    ///
    /// - Parameter isEncrypted: whether `ssl` is on from the beginning.
    package static func postgresql(in folder: TemporaryFolder, isEncrypted: Bool = true) async throws -> OwnServer {
        guard let binaries = postgresBinaries else { throw FixtureError("PostgreSQL is not installed") }
        chmod(folder.path, 0o711)
        let data = try folder.makeFolder("postgresql")
        try await run("chown", "postgres", data)
        let asUser = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"]
        try await run(
            asUser + ["\(binaries)/initdb", "-D", data, "-N", "-A", "trust", "--no-locale", "-E", "UTF8"], in: "/")
        let port = try freePort()
        try folder.write(
            """
            listen_addresses = '127.0.0.1'
            port = \(port)
            unix_socket_directories = '\(data)'
            ssl = \(isEncrypted ? "on" : "off")
            ssl_cert_file = '\(folder.file("tls/shop.crt"))'
            ssl_key_file = '\(folder.file("tls/shop.key"))'
            fsync = off

            """, to: "postgresql/postgresql.conf")
        let control = asUser + ["\(binaries)/pg_ctl", "-D", data, "-w", "-s", "-l", "\(data)/log"]
        let server = try OwnServer(
            in: folder, ports: ["postgres": port], configuration: "\(data)/postgresql.conf",
            pidFile: "\(data)/postmaster.pid", start: control + ["start"], reload: control + ["reload"])
        try await server.begin()
        return server
    }
}
