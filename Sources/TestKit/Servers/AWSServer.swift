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
    private let balancer: OwnServer
    /// What a load balancer serves, of the certificate whose slot's name the handshake asks for.
    package let balancerPort: UInt16

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
        balancerPort = try freePort()
        try folder.write(Self.balancing, to: "balancer.py")
        try folder.makeFolder("keys")
        moto = try await start("moto", "\(server) -H 127.0.0.1 -p \(inner)", inner)
        door = try await start("door", "python3 door.py \(outer) \(inner)", outer)
        balancer = try await start("balancer", "python3 balancer.py \(balancerPort) \(inner)", balancerPort)
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

    /// Answers otherwise than AWS until it is told to answer again.
    package enum Behaviour: String, Sendable, CaseIterable {
        /// An import is refused.
        case refuse
        /// Nothing is allowed to anybody.
        case deny
        /// An import is never answered.
        case hang
        /// The load balancer serves on what it served last.
        case stick
    }
    package func answers(by behaviour: Behaviour) throws { try folder.write("", to: behaviour.rawValue) }
    package func answersAgain() { for behaviour in Behaviour.allCases { unlink(folder.file(behaviour.rawValue)) } }

    /// The load balancer's half of what ACM keeps to itself, by the SHA-256 of the leaf.
    package func keep(key: [UInt8], of leaf: String) throws {
        try folder.write(key, to: "keys/\(leaf).key", mode: 0o600)
    }

    package func aws(_ words: String...) async throws -> String {
        let ran = try await run([binary, "--endpoint-url", endpointURL, "--region", "eu-central-1"] + words)
        return String(decoding: ran.output, as: UTF8.self)
    }

    /// Every argument that `aws` was given so far, one a line.
    package var arguments: String { (try? folder.readText("arguments")) ?? "" }

    private static let doorkeeper = """
        import base64, http.server, json, os, sys, time, urllib.error, urllib.request
        chains = {}

        def pem(blob): return base64.b64decode(blob).decode().strip()

        class Door(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                left = int(open("throttle").read()) if os.path.exists("throttle") else 0
                if left > 0:
                    open("throttle", "w").write(str(left - 1))
                    return self.answer(400, {"Content-Type": "application/x-amz-json-1.1"}, b'{"__type": "ThrottlingException", "message": "Rate exceeded"}')
                if os.path.exists("deny"):
                    return self.answer(400, {"Content-Type": "application/x-amz-json-1.1"}, b'{"__type": "AccessDeniedException", "message": "Nothing is allowed"}')
                if self.headers.get("X-Amz-Target", "").endswith(".ImportCertificate"):
                    if os.path.exists("refuse"):
                        return self.answer(400, {"Content-Type": "application/x-amz-json-1.1"}, b'{"__type": "LimitExceededException", "message": "Too many imports"}')
                    if os.path.exists("hang"):
                        while os.path.exists("hang"): time.sleep(0.05)
                        self.close_connection = True
                        return
                target = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
                given = json.loads(body) if target in ("ImportCertificate", "GetCertificate") else {}
                tags = self.tags(given["CertificateArn"]) if target == "ImportCertificate" and "CertificateArn" in given else []
                status, headers, answer = self.ask(body, dict(self.headers))
                if target == "ImportCertificate" and status == 200:
                    chains[pem(given["Certificate"])] = pem(given["CertificateChain"]) if "CertificateChain" in given else None
                    if tags: self.say("AddTagsToCertificate", {"CertificateArn": given["CertificateArn"], "Tags": tags})
                elif target == "GetCertificate" and status == 200:
                    found = json.loads(answer)
                    found["CertificateChain"] = chains.get(found["Certificate"].strip())
                    answer = json.dumps({name: value for name, value in found.items() if value}).encode()
                self.answer(status, headers, answer)

            # AWS keeps tags over an import, and gives the chain back that was imported; moto does neither.
            def tags(self, arn): return json.loads(self.say("ListTagsForCertificate", {"CertificateArn": arn})[2]).get("Tags", [])

            def say(self, operation, request):
                headers = dict(self.headers)
                headers["X-Amz-Target"] = "CertificateManager." + operation
                return self.ask(json.dumps(request).encode(), headers)

            def ask(self, body, headers):
                headers = {name: value for name, value in headers.items() if name.lower() != "content-length"}
                request = urllib.request.Request(f"http://127.0.0.1:{sys.argv[2]}{self.path}", body, headers, method="POST")
                try:
                    with urllib.request.urlopen(request) as got:
                        return got.status, got.headers, got.read()
                except urllib.error.HTTPError as error:
                    return error.code, error.headers, error.read()

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

    /// Asks ACM for the certificate at each handshake, as a load balancer does by its ARN, and has the keys from elsewhere.
    private static let balancing = """
        import hashlib, json, os, socketserver, ssl, sys, urllib.request
        port, inner = int(sys.argv[1]), sys.argv[2]
        known, last = {}, {}
        keys = ["RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1"]

        def ask(operation, request):
            scope = "Credential=test/20260101/eu-central-1/acm/aws4_request, SignedHeaders=host, Signature=0"
            headers = {"X-Amz-Target": "CertificateManager." + operation, "Content-Type": "application/x-amz-json-1.1",
                       "Authorization": "AWS4-HMAC-SHA256 " + scope}
            url = f"http://127.0.0.1:{inner}/"
            with urllib.request.urlopen(urllib.request.Request(url, json.dumps(request).encode(), headers)) as got:
                return json.load(got)

        def arn(name):
            for entry in ask("ListCertificates", {"Includes": {"keyTypes": keys}})["CertificateSummaryList"]:
                tags = ask("ListTagsForCertificate", {"CertificateArn": entry["CertificateArn"]})["Tags"]
                if {"Key": "countersign:slot", "Value": name} in [dict(tag) for tag in tags]: known[name] = entry["CertificateArn"]
            return known.get(name)

        def context(name):
            if os.path.exists("stick") and name in last: return last[name]
            got = ask("GetCertificate", {"CertificateArn": known.get(name) or arn(name)})
            leaf = hashlib.sha256(ssl.PEM_cert_to_DER_cert(got["Certificate"])).hexdigest()
            path = f"served-{leaf}.pem"
            if not os.path.exists(path):
                with open(path + ".new", "w") as file: file.write(got["Certificate"] + "\\n" + got.get("CertificateChain", ""))
                os.replace(path + ".new", path)
            made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            made.load_cert_chain(path, f"keys/{leaf}.key")
            last[name] = made
            return made

        def choose(connection, name, _):
            try: connection.context = context((name or "").split(".")[0])
            except Exception as error:
                print(name, repr(error), file=sys.stderr, flush=True)
                return ssl.ALERT_DESCRIPTION_HANDSHAKE_FAILURE

        class Balancer(socketserver.BaseRequestHandler):
            def handle(self):
                outer = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                outer.sni_callback = choose
                self.request.settimeout(10)
                try:
                    with outer.wrap_socket(self.request, server_side=True) as stream: stream.recv(1)
                except OSError: pass

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = daemon_threads = True
            request_queue_size = 64
        Server(("127.0.0.1", port), Balancer).serve_forever()

        """
}
