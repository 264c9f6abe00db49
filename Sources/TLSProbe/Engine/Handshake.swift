// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import COpenSSL
internal import Glibc
internal import PKI
internal import Vocabulary

/// One connection from `connect` to the certificates it brought. Owns its socket and its `SSL *`; used on the engine's
/// thread only.
final class Handshake {
    enum Progress {
        /// An event of epoll(7): EPOLLIN or EPOLLOUT.
        case waiting(UInt32)
        case ended(HandshakeOutcome)
    }
    private enum Phase { case connecting, opening, shaking }

    let job: Int
    let begun: Duration
    private(set) var deadline: Duration
    /// When it last moved on.
    private(set) var lastHeard: Duration
    private(set) var isSilent = false
    let descriptor: Int32
    private let ssl: OpaquePointer
    private let handshakeLimit: Duration
    private var opening: Opening?
    /// What is still to be said in plain text.
    private var unsaid: [UInt8]
    private var phase = Phase.connecting
    var isConnected: Bool { phase != .connecting }

    /// Throws `local` where this machine cannot, and what `connect` said where that is known at once.
    init(
        _ job: Job, index: Int, context: ProbeContext, limits: ProbeLimits, at now: Duration
    ) throws(HandshakeFailure) {
        self.job = index
        begun = now
        lastHeard = now
        deadline = now + limits.connect
        handshakeLimit = limits.handshake
        opening = Opening(job.protocol)
        unsaid = opening?.first ?? []
        let serverName = try Self.indicated(job.serverName)
        let family = job.address.family == .v4 ? AF_INET : AF_INET6
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(family, type, 0)
        guard descriptor >= 0 else {
            let fault = errno
            throw fault == EAFNOSUPPORT
                ? SystemFault.failure(fault) : HandshakeFailure(.local, SystemFault.words(fault))
        }
        ERR_clear_error()
        guard let ssl = SSL_new(context.raw) else {
            close(descriptor)
            throw HandshakeFailure(.local, SystemFault.drain())
        }
        (self.descriptor, self.ssl) = (descriptor, ssl)
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        SSL_set_connect_state(ssl)
        guard SSL_set_fd(ssl, descriptor) == 1 else { throw HandshakeFailure(.local, SystemFault.drain()) }
        _ = countersign_ssl_set_status_request(ssl)
        if let serverName, countersign_ssl_set_tlsext_host_name(ssl, serverName) != 1 {
            throw HandshakeFailure(.local, SystemFault.drain())
        }
        let result = SocketAddress.with(job.address, port: job.port) { connect(descriptor, $0, $1) }
        if result != 0, errno != EINPROGRESS { throw SystemFault.failure(errno) }
    }

    deinit {
        SSL_free(ssl)
        close(descriptor)
    }

    /// RFC 6066, 3: a host name without the last dot; never an address.
    private static func indicated(_ name: String?) throws(HandshakeFailure) -> String? {
        guard let name, IPAddress(name) == nil else { return nil }
        guard let host = HostName(name) else {
            throw HandshakeFailure(.local, "\(Shown.text(name)) is no host name that could be asked for")
        }
        return host.text
    }

    /// Whether nothing was heard of it for that long.
    func listen(at now: Duration, patience: Duration) -> Bool {
        isSilent = now - lastHeard >= patience
        return isSilent
    }

    /// Goes as far as it can without waiting.
    func advance(at now: Duration) -> Progress {
        lastHeard = now
        if phase == .connecting {
            var fault: Int32 = 0
            var length = socklen_t(MemoryLayout<Int32>.size)
            guard getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &fault, &length) == 0 else {
                return .ended(.failed(SystemFault.failure(errno)))
            }
            guard fault == 0 else { return .ended(.failed(SystemFault.failure(fault))) }
            guard !isConnectedToItself() else { return .ended(.failed(SystemFault.failure(ECONNREFUSED))) }
            deadline = now + handshakeLimit
            phase = opening == nil ? .shaking : .opening
        }
        return phase == .opening ? open() : shake()
    }

    /// The plain text before: what is unsaid first, then what the server answers.
    private func open() -> Progress {
        var bytes = [UInt8](repeating: 0, count: 4096)
        while true {
            while !unsaid.isEmpty {
                let sent = send(descriptor, unsaid, unsaid.count, Int32(MSG_NOSIGNAL))
                if sent < 0 {
                    if errno == EINTR { continue }
                    if errno == EAGAIN { return .waiting(EPOLLOUT.rawValue) }
                    return .ended(.failed(SystemFault.failure(errno)))
                }
                unsaid.removeFirst(sent)
            }
            let got = recv(descriptor, &bytes, bytes.count, 0)
            if got < 0 {
                if errno == EINTR { continue }
                if errno == EAGAIN { return .waiting(EPOLLIN.rawValue) }
                return .ended(.failed(SystemFault.failure(errno)))
            }
            if got == 0 { return .ended(.failed(SystemFault.closed)) }
            switch opening?.hear(bytes[..<got]) {
            case .say(let words): unsaid = words
            case .failed(let failure): return .ended(.failed(failure))
            case .begin, nil:
                phase = .shaking
                return shake()
            }
        }
    }

    private func shake() -> Progress {
        ERR_clear_error()
        errno = 0
        let result = SSL_do_handshake(ssl)
        let fault = errno
        if result == 1 {
            let progress = Progress.ended(taken())
            // Says goodbye, so that the server's log stays clean; nobody waits for the answer.
            SSL_shutdown(ssl)
            ERR_clear_error()
            return progress
        }
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ: return .waiting(EPOLLIN.rawValue)
        case SSL_ERROR_WANT_WRITE: return .waiting(EPOLLOUT.rawValue)
        case SSL_ERROR_SYSCALL where fault != 0: return .ended(.failed(SystemFault.failure(fault)))
        case SSL_ERROR_SYSCALL, SSL_ERROR_ZERO_RETURN: return .ended(.failed(SystemFault.closed))
        default: return .ended(.failed(SystemFault.tlsFailure()))
        }
    }

    private func taken() -> HandshakeOutcome {
        var certificates: [[UInt8]] = []
        if let chain = SSL_get_peer_cert_chain(ssl) {
            for index in 0..<max(0, OPENSSL_sk_num(chain)) {
                guard let item = OPENSSL_sk_value(chain, index) else { continue }
                var bytes: UnsafeMutablePointer<UInt8>?
                let length = i2d_X509(OpaquePointer(item), &bytes)
                guard length > 0, let bytes else { continue }
                certificates.append(Array(UnsafeBufferPointer(start: bytes, count: Int(length))))
                CRYPTO_free(bytes, #file, #line)
            }
        }
        let version = SSL_get_version(ssl).map { String(cString: $0) } ?? ""
        let cipher = SSL_CIPHER_get_name(SSL_get_current_cipher(ssl)).map { String(cString: $0) } ?? ""
        guard
            let served = ServedCertificate(
                certificates: certificates, version: version, cipher: cipher, staple: staple())
        else {
            return .failed(HandshakeFailure(.noCertificate, "the server sent no certificate"))
        }
        return .served(served)
    }

    private func staple() -> [UInt8]? {
        var bytes: UnsafePointer<UInt8>?
        let length = countersign_ssl_get_status_response(ssl, &bytes)
        guard length > 0, let bytes else { return nil }
        return Array(UnsafeBufferPointer(start: bytes, count: length))
    }

    /// On loopback, to a closed port of the ephemeral range, TCP may connect a socket with itself (simultaneous open).
    private func isConnectedToItself() -> Bool {
        var own = sockaddr_storage()
        var peer = sockaddr_storage()
        func read(
            _ storage: inout sockaddr_storage,
            _ call: (Int32, UnsafeMutablePointer<sockaddr>?, UnsafeMutablePointer<socklen_t>?) -> Int32
        ) -> [UInt8] {
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            return withUnsafeMutablePointer(to: &storage) { storage in
                storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                    guard call(descriptor, raw, &length) == 0 else { return [] }
                    return Array(UnsafeRawBufferPointer(start: raw, count: Int(length)))
                }
            }
        }
        let name = read(&own, getsockname)
        return !name.isEmpty && name == read(&peer, getpeername)
    }
}
