// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Glibc
internal import Processes

/// AWS as moto plays it over HTTP, behind a door that can be told to throttle, and the real `aws` with credentials for it.
package struct AWSServer: Sendable {
    package let folder: TemporaryFolder
    package let endpointURL: String
    /// `aws`, writing down its arguments.
    package let binary: String
    private let moto: OwnServer
    private let door: OwnServer

    /// The folder in which scripts/setup has put them, else PATH; nil: not installed.
    private static func program(_ name: String) -> String? {
        let own = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(
            path: "../../../.build/python/bin/\(name)")
        let path = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(name)" }
        return ([own.standardizedFileURL.path] + path).first { access($0, X_OK) == 0 }
    }
    package static let isInstalled = program("moto_server") != nil && program("aws") != nil

    package init(in folder: TemporaryFolder) async throws {
        guard let server = Self.program("moto_server"), let aws = Self.program("aws") else {
            throw FixtureError("moto and awscli are not installed: scripts/setup installs them")
        }
        self.folder = folder
        try folder.write(Self.doorkeeper, to: "door.py")
        func start(_ name: String, _ command: String, _ port: UInt16) async throws -> OwnServer {
            let line = "cd \(folder.path) && { \(command) >\(name).log 2>&1 & echo $! >\(name).pid; }"
            let server = try OwnServer(
                in: folder, ports: [name: port], configuration: "", pidFile: folder.file("\(name).pid"),
                start: ["sh", "-c", line], reload: ["true"])
            try await server.begin()
            return server
        }
        let (inner, outer) = (try freePort(), try freePort())
        moto = try await start("moto", "\(server) -H 127.0.0.1 -p \(inner)", inner)
        door = try await start("door", "python3 door.py \(outer) \(inner)", outer)
        endpointURL = "http://127.0.0.1:\(outer)"
        binary = try folder.write(
            """
            #!/bin/sh
            for word in "$@"; do printf '%s\\n' "$word" >>'\(folder.file("arguments"))'; done
            export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_CONFIG_FILE=/nonexistent
            exec \(aws) "$@"

            """, to: "aws", mode: 0o755)
    }

    /// The next so many requests are answered by ThrottlingException.
    package func throttle(_ count: Int) throws { try folder.write("\(count)", to: "throttle") }

    package func aws(_ words: String...) async throws -> String {
        let ran = try await run([binary, "--endpoint-url", endpointURL, "--region", "eu-central-1"] + words)
        return String(decoding: ran.output, as: UTF8.self)
    }

    /// Every argument that `aws` was given so far, one a line.
    package var arguments: String { (try? folder.readText("arguments")) ?? "" }

    private static let doorkeeper = """
        import http.server, os, sys, urllib.error, urllib.request

        class Door(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                left = int(open("throttle").read()) if os.path.exists("throttle") else 0
                if left > 0:
                    open("throttle", "w").write(str(left - 1))
                    return self.answer(400, {"Content-Type": "application/x-amz-json-1.1"}, b'{"__type": "ThrottlingException", "message": "Rate exceeded"}')
                request = urllib.request.Request(f"http://127.0.0.1:{sys.argv[2]}{self.path}", body, dict(self.headers), method="POST")
                try:
                    with urllib.request.urlopen(request) as got:
                        self.answer(got.status, got.headers, got.read())
                except urllib.error.HTTPError as error:
                    self.answer(error.code, error.headers, error.read())

            def answer(self, status, headers, body):
                self.send_response(status)
                for name, value in headers.items():
                    if name.lower() not in ("content-length", "connection", "transfer-encoding", "server", "date"):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Door).serve_forever()

        """
}
