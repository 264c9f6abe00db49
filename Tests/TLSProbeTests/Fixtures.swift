// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import CLinux
import Foundation
import Glibc
import Synchronization
import Vocabulary

struct FixtureFailure: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}

/// A folder of its own, and the servers that run in it: ended by their own process group, last in first out.
final class Workbench: Sendable {
    let folder: String
    private let servers = Mutex<[pid_t]>([])

    init() throws {
        var template = Array("\(NSTemporaryDirectory())/countersign-probe-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw FixtureFailure("no temporary folder") }
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // nginx's workers give up root and must still reach the folder.
        chmod(folder, 0o755)
    }

    deinit {
        for server in servers.withLock({ $0.reversed() }) {
            kill(-server, SIGKILL)
            waitpid(server, nil, 0)
        }
        try? FileManager.default.removeItem(atPath: folder)
    }

    func path(_ name: String) -> String { "\(folder)/\(name)" }
    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path(name)))
    }

    /// A process in a group of its own, with an empty signal mask; output goes to a file of its own.
    private func spawn(_ arguments: [String], output: String) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, path(output), O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))
        var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for argument in argv { free(argument) } }
        var pid = pid_t()
        // No PATH is looked through, and the environment is empty: what runs here depends on nothing outside.
        let tools = ["openssl": "/usr/bin/openssl", "nginx": "/usr/sbin/nginx", "mv": "/bin/mv"]
        let fault = posix_spawn(
            &pid, tools[arguments[0]] ?? arguments[0], &actions, &attributes, &argv, nil)
        guard fault == 0 else { throw FixtureFailure("\(arguments[0]): \(String(cString: strerror(fault)))") }
        return pid
    }

    func run(_ arguments: String...) throws {
        let output = "run-\(UUID().uuidString)"
        let pid = try spawn(arguments, output: output)
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        guard status == 0 else {
            throw FixtureFailure("\(arguments): \((try? String(contentsOfFile: path(output), encoding: .utf8)) ?? "")")
        }
    }

    /// A server that listens on `port` when this returns.
    @discardableResult
    func serve(_ arguments: [String], port: UInt16) async throws -> pid_t {
        let pid = try spawn(arguments, output: "server-\(port).log")
        servers.withLock { $0.append(pid) }
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(20)
        while !Self.isListening(port) {
            guard clock.now < deadline, waitpid(pid, nil, WNOHANG) == 0 else {
                let log = (try? String(contentsOfFile: path("server-\(port).log"), encoding: .utf8)) ?? ""
                throw FixtureFailure("\(arguments) does not listen: \(log)")
            }
            try await Task.sleep(for: .milliseconds(5))
        }
        return pid
    }

    private static func isListening(_ port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        return withLoopback(port) { connect(descriptor, $0, $1) } == 0
    }

    /// `NAME.key`, `NAME.pem`, and the DER of the certificate; signed by `issuer`, else by itself.
    @discardableResult
    func certificate(
        _ name: String, key: [String] = ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"], issuer: String? = nil
    )
        throws -> [UInt8]
    {
        try write(
            "[req]\ndistinguished_name = dn\nprompt = no\nx509_extensions = ext\n[dn]\nCN = \(name)\n[ext]\n"
                + "basicConstraints = CA:TRUE\nsubjectAltName = DNS:\(name).example\n", to: "\(name).cnf")
        try runAll(["openssl", "genpkey", "-algorithm"] + key + ["-out", path("\(name).key")])
        try runAll(
            [
                "openssl", "req", "-x509", "-new", "-key", path("\(name).key"), "-config", path("\(name).cnf"), "-days",
                "30",
            ]
                + ["-out", path("\(name).pem")])
        if let issuer {
            try runAll(
                [
                    "openssl", "x509", "-in", path("\(name).pem"), "-CA", path("\(issuer).pem"), "-CAkey",
                    path("\(issuer).key"),
                ]
                    + ["-set_serial", "7", "-days", "30", "-out", path("\(name).new")])
            try runAll(["mv", path("\(name).new"), path("\(name).pem")])
        }
        try runAll(["openssl", "x509", "-in", path("\(name).pem"), "-outform", "DER", "-out", path("\(name).der")])
        return Array(try Data(contentsOf: URL(fileURLWithPath: path("\(name).der"))))
    }

    private func runAll(_ arguments: [String]) throws {
        let output = "run-\(UUID().uuidString)"
        var status: Int32 = 0
        waitpid(try spawn(arguments, output: output), &status, 0)
        guard status == 0 else {
            throw FixtureFailure("\(arguments): \((try? String(contentsOfFile: path(output), encoding: .utf8)) ?? "")")
        }
    }

    /// `openssl s_server` with this certificate and these further arguments; gives back its port.
    func opensslServer(_ name: String, _ more: String...) async throws -> UInt16 {
        try await opensslServer(name, ["-no_dhe"] + more)
    }

    func opensslServer(_ name: String, _ more: [String]) async throws -> UInt16 {
        let port = try freePort()
        try await serve(
            ["openssl", "s_server", "-accept", "127.0.0.1:\(port)", "-quiet", "-key", path("\(name).key")]
                + ["-cert", path("\(name).pem")] + more, port: port)
        return port
    }

    /// nginx with a master and four workers; `server` is what stands in the server block besides `listen`.
    func nginx(_ server: String, listen: [String] = ["127.0.0.1"]) async throws -> (port: UInt16, pid: pid_t) {
        let port = try freePort()
        let sockets = listen.map { "listen \($0):\(port) ssl;" }.joined(separator: " ")
        try write(
            """
            daemon off; worker_processes 4; pid \(path("nginx.pid")); error_log \(path("error.log")) notice;
            events { worker_connections 512; }
            http {
                access_log off;
                client_body_temp_path \(path("t1")); proxy_temp_path \(path("t2")); fastcgi_temp_path \(path("t3"));
                uwsgi_temp_path \(path("t4")); scgi_temp_path \(path("t5"));
                server { \(sockets) \(server) }
            }
            """, to: "nginx.conf")
        let pid = try await serve(["nginx", "-p", folder, "-c", path("nginx.conf")], port: port)
        return (port, pid)
    }
}

/// A port that was free a moment ago.
func freePort() throws -> UInt16 {
    let listener = try LoopbackListener()
    return listener.port
}

func withLoopback<Result>(_ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return withUnsafePointer(to: address) {
        UnsafeRawPointer($0).withMemoryRebound(to: sockaddr.self, capacity: 1) {
            body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
}

/// A TCP socket that listens on loopback; without `answer` nobody accepts what connects.
final class LoopbackListener: Sendable {
    let port: UInt16
    private let descriptor: Int32

    init(backlog: Int32 = 64) throws {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        descriptor = socket
        let listens = withLoopback(0) { bind(socket, $0, $1) } == 0 && listen(socket, backlog) == 0
        var bound = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let named = withUnsafeMutablePointer(to: &bound) {
            UnsafeMutableRawPointer($0).withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getsockname(socket, $0, &length)
            }
        }
        port = UInt16(bigEndian: bound.sin_port)
        guard listens, named == 0 else { throw FixtureFailure("cannot listen on loopback") }
    }
    deinit {
        shutdown(descriptor, Int32(SHUT_RDWR))
        close(descriptor)
    }

    /// Hands each connection to `peer` on a thread of its own, until the listener is gone.
    func answer(_ peer: @escaping @Sendable (Int32) -> Void) {
        let descriptor = descriptor
        Thread.detachNewThread {
            while true {
                let connection = accept(descriptor, nil, nil)
                guard connection >= 0 else { return }
                Thread.detachNewThread {
                    peer(connection)
                    close(connection)
                }
            }
        }
    }
}

extension LoopbackListener {
    static func send(_ bytes: [UInt8], to connection: Int32) -> Bool {
        Glibc.send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
    }
    /// Until the peer has closed.
    static func drain(_ connection: Int32) {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while recv(connection, &buffer, buffer.count, 0) > 0 {}
    }
    /// So that close(2) sends RST.
    static func resetOnClose(_ connection: Int32) {
        var now = linger(l_onoff: 1, l_linger: 0)
        setsockopt(connection, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
    }
}
