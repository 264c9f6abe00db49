// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc
internal import PKI
internal import Vocabulary

/// One connection from `connect` to the certificates it brought. Owns its socket; used on the engine's thread only.
final class Handshake {
    private enum Phase { case connecting, opening, shaking }

    let job: Int
    let library: TLSLibrary
    let begun: Duration
    private(set) var deadline: Duration
    /// When it last moved on.
    private(set) var lastHeard: Duration
    private(set) var isSilent = false
    let descriptor: Int32
    private let tls: any TLSClient
    private let address: IPAddress
    private let port: UInt16
    private let handshakeLimit: Duration
    /// What another library came to with the same endpoint, and until when this may go on therefore.
    private let before: Before?
    private var opening: Opening?
    /// What is still to be said in plain text.
    private var unsaid: [UInt8]
    private var phase = Phase.connecting
    var isConnected: Bool { phase != .connecting }

    struct Before {
        var begun: Duration
        var deadline: Duration
        var failure: HandshakeFailure
    }

    /// Throws `local` where this machine cannot, and what `connect` said where that is known at once.
    init(
        _ job: Job, index: Int, by library: TLSLibrary, _ setUp: any TLSSetUp, limits: ProbeLimits,
        after before: Before? = nil,
        at now: Duration
    ) throws(HandshakeFailure) {
        (self.job, self.library, self.before) = (index, library, before)
        (address, port) = (job.address, job.port)
        begun = before?.begun ?? now
        lastHeard = now
        deadline = Self.bounded(now + limits.connect, before)
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
        do throws(HandshakeFailure) {
            tls = try setUp.client(on: descriptor, serverName: serverName)
        } catch {
            close(descriptor)
            throw error
        }
        self.descriptor = descriptor
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        let result = SocketAddress.with(job.address, port: job.port) { connect(descriptor, $0, $1) }
        if result != 0, errno != EINPROGRESS { throw SystemFault.failure(errno) }
    }

    /// The library is done with the socket before it is closed: neither reads or writes when it is freed.
    deinit { close(descriptor) }

    /// All libraries together have the time of one.
    private static func bounded(_ deadline: Duration, _ before: Before?) -> Duration {
        before.map { min(deadline, $0.deadline) } ?? deadline
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

    /// What it comes to if another library should have the next word; nil: this one's word is the last.
    func second(after failure: HandshakeFailure) -> Before? {
        guard phase == .shaking, before == nil, library == .boringSSL else { return nil }
        return Before(begun: begun, deadline: deadline, failure: failure)
    }

    /// Why it ends when its time is over.
    func outOfTime(_ limits: ProbeLimits) -> HandshakeFailure {
        if let before { return before.failure }
        return isConnected
            ? HandshakeFailure(.handshakeTimedOut, "connected, but no handshake within \(limits.handshake)")
            : HandshakeFailure(.connectTimedOut, "no connection within \(limits.connect)")
    }

    /// Goes as far as it can without waiting.
    func advance(at now: Duration) -> TLSProgress {
        (lastHeard, isSilent) = (now, false)
        if phase == .connecting {
            if let failure = connected() { return .ended(.failed(before?.failure ?? failure)) }
            deadline = Self.bounded(now + handshakeLimit, before)
            phase = opening == nil ? .shaking : .opening
        }
        if phase == .opening {
            switch open() {
            case .say: return .waiting
            case .failed(let failure): return .ended(.failed(before?.failure ?? failure))
            case .begin: phase = .shaking
            }
        }
        return tls.advance()
    }

    /// nil: connected.
    private func connected() -> HandshakeFailure? {
        var fault: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &fault, &length) == 0 else {
            return SystemFault.failure(errno)
        }
        guard fault == 0 else { return SystemFault.failure(fault) }
        return isConnectedToItself() ? SystemFault.failure(ECONNREFUSED) : nil
    }

    /// The plain text before: what is unsaid first, then what the server answers. `say`: it is the server's turn.
    private func open() -> Opening.Answer {
        var bytes = [UInt8](repeating: 0, count: 4096)
        while true {
            while !unsaid.isEmpty {
                let sent = send(descriptor, unsaid, unsaid.count, Int32(MSG_NOSIGNAL))
                if sent < 0 {
                    if errno == EINTR { continue }
                    if errno == EAGAIN { return .say([]) }
                    return .failed(SystemFault.failure(errno))
                }
                unsaid.removeFirst(sent)
            }
            let got = recv(descriptor, &bytes, bytes.count, 0)
            if got < 0 {
                if errno == EINTR { continue }
                if errno == EAGAIN { return .say([]) }
                return .failed(SystemFault.failure(errno))
            }
            if got == 0 { return .failed(SystemFault.closed) }
            switch opening?.hear(bytes[..<got]) {
            case .say(let words): unsaid = words
            case .failed(let failure): return .failed(failure)
            case .begin, nil: return .begin
            }
        }
    }

    /// On loopback, to a closed port of the ephemeral range, TCP may connect a socket with itself (simultaneous open).
    private func isConnectedToItself() -> Bool {
        var own = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &own) { own in
            UnsafeMutableRawPointer(own).withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                getsockname(descriptor, raw, &length) == 0 && SocketAddress.port(raw) == port
                    && SocketAddress.address(raw) == address
            }
        }
    }
}
