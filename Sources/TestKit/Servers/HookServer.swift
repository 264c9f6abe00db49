// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// A web server that keeps every request that is posted to it, and answers as it is told to.
package struct HookServer: Sendable {
    package struct Request: Sendable {
        package var target: String
        /// By name in lower case.
        package var headers: [String: String]
        package var body: [UInt8]
    }
    package let folder: TemporaryFolder
    package let port: UInt16
    private let server: OwnServer

    /// - Parameter certificate: `NAME` of a pair `NAME.crt` and `NAME.key` in the folder; nil: plain HTTP.
    package init(in folder: TemporaryFolder, certificate: String? = nil, port: UInt16? = nil) async throws {
        self.folder = folder
        let port = try port ?? freePort()
        self.port = port
        try folder.makeFolder("hooks/\(port)")
        try folder.write(Self.script, to: "hooks.py")
        let line =
            "cd '\(folder.path)' && { python3 hooks.py \(port) hooks/\(port) \(certificate ?? "") >hooks-\(port).log 2>&1 & echo $! >hooks-\(port).pid; }"
        server = try OwnServer(
            in: folder, ports: ["hooks": port], configuration: "", pidFile: folder.file("hooks-\(port).pid"),
            start: ["sh", "-c", line], reload: ["true"])
        try await server.begin()
    }

    /// From now on: a status and headers, a line each, `hang` or `close`.
    package func answer(_ how: String) throws {
        try folder.write(how, to: "hooks/\(port)/answer.new")
        try FileManager.default.removeItemIfThere(folder.file("hooks/\(port)/answer"))
        try FileManager.default.moveItem(
            atPath: folder.file("hooks/\(port)/answer.new"), toPath: folder.file("hooks/\(port)/answer"))
    }

    package func stop() { server.stop() }

    /// In the order in which they came.
    package var requests: [Request] {
        let place = folder.file("hooks/\(port)")
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: place)) ?? []).filter {
            $0.hasSuffix(".head")
        }
        return names.sorted().compactMap { name in
            guard let head = try? String(contentsOfFile: "\(place)/\(name)", encoding: .utf8),
                let body = FileManager.default.contents(atPath: "\(place)/\(name.dropLast(5)).body")
            else { return nil }
            let lines = head.split(separator: "\n").map(String.init)
            let headers = lines.dropFirst().compactMap { line -> (String, String)? in
                let parts = line.split(separator: ":", maxSplits: 1)
                guard parts.count == 2 else { return nil }
                return (parts[0].lowercased(), parts[1].trimmingCharacters(in: .whitespaces))
            }
            return Request(
                target: lines.first ?? "", headers: Dictionary(headers) { first, _ in first }, body: Array(body))
        }
    }

    private static let script = """
        import http.server, os, socketserver, ssl, sys, threading, time
        port, place = int(sys.argv[1]), sys.argv[2]
        count, lock = [0], threading.Lock()
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                with lock:
                    count[0] += 1
                    name = "%s/%06d" % (place, count[0])
                open(name + ".body", "wb").write(body)
                with open(name + ".new", "w") as head:
                    head.write(self.path + "\\n")
                    for key, value in self.headers.items(): head.write("%s: %s\\n" % (key, value))
                os.rename(name + ".new", name + ".head")
                how = ["200"]
                if os.path.exists(place + "/answer"): how = open(place + "/answer").read().splitlines()
                if how[0] == "close": self.close_connection = True; return
                if how[0] == "hang": time.sleep(600)
                self.send_response(int(how[0]))
                for line in how[1:]: self.send_header(*line.split(": ", 1))
                self.send_header("Content-Length", "0")
                self.end_headers()
            def log_message(self, *words): pass
        class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
            daemon_threads = True
            allow_reuse_address = True
        server = Server(("127.0.0.1", port), Handler)
        if len(sys.argv) > 3:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(sys.argv[3] + ".crt", sys.argv[3] + ".key")
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        server.serve_forever()
        """
}

extension FileManager {
    fileprivate func removeItemIfThere(_ path: String) throws {
        if fileExists(atPath: path) { try removeItem(atPath: path) }
    }
}
