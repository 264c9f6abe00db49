// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

extension OwnServer {
    /// nginx; pairs `tls/NAME.crt` and `tls/NAME.key` on the ports named after them.
    package static func nginx(in folder: TemporaryFolder, serving names: [String] = ["shop"]) async throws -> OwnServer
    {
        let ports = try freePorts(for: names)
        try folder.makeFolder("temporary")
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "\($0)_temp_path \(folder.file("temporary"))/\($0);" }
        try folder.write(
            """
            user root;
            worker_processes 1;
            pid \(folder.file("nginx.pid"));
            error_log \(folder.file("error.log"));
            events { worker_connections 128; }
            http {
                access_log off;
                \(temporary.joined(separator: "\n    "))
                include sites/*.conf;
            }

            """, to: "nginx.conf")
        for name in names { try folder.write(nginxSite(name, ports[name] ?? 0), to: "sites/\(name).conf") }
        let argv = ["nginx", "-e", folder.file("error.log"), "-c", folder.file("nginx.conf")]
        let server = try OwnServer(
            in: folder, ports: ports, configuration: folder.file("nginx.conf"), pidFile: folder.file("nginx.pid"),
            start: argv, reload: argv + ["-s", "reload"])
        try await server.begin()
        return server
    }

    package static func nginxSite(_ name: String, _ port: UInt16) -> String {
        """
        server {
            listen 127.0.0.1:\(port) ssl;
            ssl_certificate "tls/\(name).crt";
            ssl_certificate_key "tls/\(name).key";
            return 200 "hello\\n";
        }

        """
    }

    /// stunnel; pairs `tls/NAME.crt` and `tls/NAME.key` on the ports named after them.
    package static func stunnel(in folder: TemporaryFolder, serving names: [String] = ["shop"]) async throws
        -> OwnServer
    {
        let ports = try freePorts(for: names)
        let configuration = try folder.write(
            """
            pid = \(folder.file("stunnel.pid"))
            output = \(folder.file("stunnel.log"))

            """ + names.map { stunnelService($0, ports[$0] ?? 0, folder) }.joined(), to: "stunnel.conf")
        let server = try OwnServer(
            in: folder, ports: ports, configuration: configuration, pidFile: folder.file("stunnel.pid"),
            start: ["stunnel4", configuration],
            reload: ["sh", "-c", #"kill -HUP "$(cat "$0")""#, folder.file("stunnel.pid")])
        try await server.begin()
        return server
    }

    package static func stunnelService(_ name: String, _ port: UInt16, _ folder: TemporaryFolder) -> String {
        """
        [\(name)]
        accept = 127.0.0.1:\(port)
        connect = 127.0.0.1:9
        cert = \(folder.file("tls/\(name).crt"))
        key = \(folder.file("tls/\(name).key"))

        """
    }

    /// haproxy with a master and a runtime socket; certificates `tls/NAME.pem` on the ports named after them.
    package static func haproxy(in folder: TemporaryFolder, serving names: [String] = ["shop"]) async throws
        -> OwnServer
    {
        let ports = try freePorts(for: names)
        try folder.write(
            """
            global
                stats socket \(folder.file("haproxy.sock")) mode 600 level admin
                maxconn 200
            defaults
                mode http
                timeout client 5s
                timeout server 5s
                timeout connect 5s

            """ + names.map { haproxySite($0, ports[$0] ?? 0, folder) }.joined(), to: "haproxy.cfg")
        let server = try OwnServer(
            in: folder, ports: ports, configuration: folder.file("haproxy.cfg"), pidFile: folder.file("haproxy.pid"),
            start: ["haproxy", "-W", "-D", "-p", folder.file("haproxy.pid"), "-f", folder.file("haproxy.cfg")],
            reload: ["sh", "-c", #"kill -USR2 "$(cat "$0")""#, folder.file("haproxy.pid")])
        try await server.begin()
        return server
    }

    package static func haproxySite(_ name: String, _ port: UInt16, _ folder: TemporaryFolder) -> String {
        """
        frontend port-\(port)
            bind 127.0.0.1:\(port) ssl crt "\(folder.file("tls/\(name).pem"))"
            http-request return status 200 content-type text/plain string "hello"

        """
    }

    /// nginx on one port, a server for each name below `sites/`; pairs `tls/NAME.crt` and `tls/NAME.key`, `NAME.example.com`.
    ///
    /// - Parameter pair: where the files of a name are, in place of that.
    package static func nginx(
        in folder: TemporaryFolder, serving names: [String], at addresses: [String] = ["127.0.0.1"],
        port: UInt16? = nil,
        pair: (String) -> (certificate: String, key: String)? = { _ in nil }
    ) async throws -> OwnServer {
        let ports = ["tls": try port ?? freePort()]
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "    \($0)_temp_path \(folder.file("nginx-\($0)"));\n" }.joined()
        try folder.write(
            """
            worker_processes 1;
            pid \(folder.file("nginx.pid"));
            error_log \(folder.file("nginx.log"));
            events { worker_connections 256; }
            http {
            \(temporary)    access_log off;
                include sites/*.conf;
            }

            """, to: "nginx.conf")
        for name in names {
            let files = pair(name) ?? (folder.file("tls/\(name).crt"), folder.file("tls/\(name).key"))
            try folder.write(
                """
                server {
                \(addresses.map { "    listen \($0):\(ports["tls"] ?? 0) ssl;\n" }.joined())\
                    server_name \(name).example.com;
                    ssl_certificate \(files.certificate);
                    ssl_certificate_key \(files.key);
                }

                """, to: "sites/\(name).conf")
        }
        let program = OwnServer.program("/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/bin/nginx") ?? "nginx"
        let argv = [program, "-e", folder.file("nginx.log"), "-c", folder.file("nginx.conf")]
        let server = try OwnServer(
            in: folder, ports: ports, configuration: folder.file("nginx.conf"), pidFile: folder.file("nginx.pid"),
            start: argv, reload: argv + ["-s", "reload"], address: addresses.first ?? "127.0.0.1")
        try await server.begin()
        return server
    }

    /// Apache httpd; pairs `tls/NAME.crt` and `tls/NAME.key` on the ports named after them.
    package static func apache(in folder: TemporaryFolder, serving names: [String] = ["shop"]) async throws -> OwnServer
    {
        let ports = try freePorts(for: names)
        try folder.makeFolder("www")
        let modules = ["mpm_event", "authz_core", "ssl", "socache_shmcb"]
            .map { "LoadModule \($0)_module /usr/lib/apache2/modules/mod_\($0).so\n" }.joined()
        try folder.write(
            """
            ServerRoot \(folder.path)
            PidFile \(folder.file("apache.pid"))
            ErrorLog \(folder.file("apache.log"))
            \(modules)User www-data
            Group www-data
            ServerName shop.example.com
            DocumentRoot \(folder.file("www"))
            Include sites/*.conf

            """, to: "apache.conf")
        for name in names { try folder.write(apacheSite(name, ports[name] ?? 0), to: "sites/\(name).conf") }
        let argv = ["apache2", "-f", folder.file("apache.conf"), "-k"]
        let server = try OwnServer(
            in: folder, ports: ports, configuration: folder.file("apache.conf"), pidFile: folder.file("apache.pid"),
            start: argv + ["start"], reload: argv + ["graceful"])
        try await server.begin()
        return server
    }

    package static func apacheSite(_ name: String, _ port: UInt16) -> String {
        """
        Listen 127.0.0.1:\(port)
        <VirtualHost 127.0.0.1:\(port)>
            ServerName \(name.contains(" ") ? "odd" : name).example.com
            SSLEngine on
            SSLCertificateFile "tls/\(name).crt"
            SSLCertificateKeyFile \(name.contains(" ") ? "\"tls/\(name).key\"" : "tls/\(name).key")
        </VirtualHost>

        """
    }
}
