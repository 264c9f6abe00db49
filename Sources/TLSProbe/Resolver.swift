// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
package import Vocabulary

/// Every A and AAAA record of a name, by the system's resolver. Also those of a family that this machine has no route
/// for: what clients elsewhere would reach is what has to be right.
package enum Resolver {
    /// In ascending order, each once, never empty. An address resolves to itself without asking anybody.
    package static func addresses(
        of host: String, within limit: Duration
    ) async throws(HandshakeFailure) -> [IPAddress] {
        if let address = IPAddress(host) { return [address] }
        // getaddrinfo would also take `127.1` and `0x7f000001`.
        guard host.utf8.count <= 254, !host.utf8.contains(0),
            host.utf8.last.map({ !(0x30...0x39).contains($0) }) ?? false
        else { throw HandshakeFailure(.resolveFailed, "this is neither an address nor a host name") }
        let answer = FirstAnswer<Result<[IPAddress], HandshakeFailure>>()
        // The C library's call cannot be stopped: a thread whose answer comes too late finds nobody waiting.
        guard startThread({ answer.give(ask(host)) }) else {
            throw HandshakeFailure(.local, "no thread to resolve \(Shown.text(host)) on")
        }
        let result = await withTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await Task.sleep(for: limit)
                    answer.give(.failure(HandshakeFailure(.resolveFailed, "the resolver did not answer in \(limit)")))
                } catch {
                    answer.give(.failure(HandshakeFailure(.cancelled, "cancelled")))
                }
            }
            let result = await answer.value()
            group.cancelAll()
            return result
        }
        return try result.get()
    }

    /// All hosts, the names among them eight at a time. Without names nothing is waited for.
    package static func addresses(
        of hosts: Set<String>, within limit: Duration
    ) async -> [String: Result<[IPAddress], HandshakeFailure>] {
        var known: [String: Result<[IPAddress], HandshakeFailure>] = [:]
        for host in hosts { known[host] = IPAddress(host).map { .success([$0]) } }
        let names = hosts.filter { known[$0] == nil }
        guard !names.isEmpty else { return known }
        let asked = await ask(names, within: limit)
        return known.merging(asked) { known, _ in known }
    }

    private static func ask(
        _ hosts: Set<String>, within limit: Duration
    ) async -> [String: Result<[IPAddress], HandshakeFailure>] {
        await withTaskGroup(of: (String, Result<[IPAddress], HandshakeFailure>).self) { group in
            var waiting = hosts.makeIterator()
            var found: [String: Result<[IPAddress], HandshakeFailure>] = [:]
            for _ in 0..<8 {
                if let host = waiting.next() { group.addTask { (host, await result(of: host, within: limit)) } }
            }
            while let (host, result) = await group.next() {
                found[host] = result
                if let host = waiting.next() { group.addTask { (host, await Self.result(of: host, within: limit)) } }
            }
            return found
        }
    }

    /// A function of its own: with this `do` inside the closure of a task, Swift 6.3.1 loses results in release builds
    /// (`group.next()` gave nil for tasks that had succeeded; measured).
    private static func result(of host: String, within limit: Duration) async -> Result<[IPAddress], HandshakeFailure> {
        do throws(HandshakeFailure) {
            return .success(try await addresses(of: host, within: limit))
        } catch {
            return .failure(error)
        }
    }

    private static func ask(_ host: String) -> Result<[IPAddress], HandshakeFailure> {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var head: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, nil, &hints, &head)
        guard code == 0 else {
            return .failure(
                HandshakeFailure(.resolveFailed, "\(Shown.text(host)): \(String(cString: gai_strerror(code)))"))
        }
        defer { freeaddrinfo(head) }
        var found: Set<IPAddress> = []
        var next = head
        while let entry = next?.pointee {
            if let address = entry.ai_addr.flatMap(SocketAddress.address) { found.insert(address) }
            next = entry.ai_next
        }
        guard !found.isEmpty else {
            return .failure(HandshakeFailure(.resolveFailed, "\(Shown.text(host)) has no address"))
        }
        return .success(Array(found.sorted().prefix(64)))
    }
}

enum SocketAddress {
    static func address(_ raw: UnsafeMutablePointer<sockaddr>) -> IPAddress? {
        switch Int32(raw.pointee.sa_family) {
        case AF_INET:
            UnsafeRawPointer(raw).withMemoryRebound(to: sockaddr_in.self, capacity: 1) { v4 in
                withUnsafeBytes(of: v4.pointee.sin_addr) { IPAddress(bytes: $0) }
            }
        case AF_INET6:
            UnsafeRawPointer(raw).withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { v6 in
                withUnsafeBytes(of: v6.pointee.sin6_addr) { IPAddress(bytes: $0) }
            }
        default: nil
        }
    }

    static func port(_ raw: UnsafeMutablePointer<sockaddr>) -> UInt16? {
        switch Int32(raw.pointee.sa_family) {
        case AF_INET:
            UnsafeRawPointer(raw).withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                UInt16(bigEndian: $0.pointee.sin_port)
            }
        case AF_INET6:
            UnsafeRawPointer(raw).withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                UInt16(bigEndian: $0.pointee.sin6_port)
            }
        default: nil
        }
    }

    static func with<Result>(
        _ address: IPAddress, port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        switch address.family {
        case .v4:
            var v4 = sockaddr_in()
            v4.sin_family = sa_family_t(AF_INET)
            v4.sin_port = port.bigEndian
            withUnsafeMutableBytes(of: &v4.sin_addr) { $0.copyBytes(from: address.bytes) }
            return withUnsafePointer(to: v4) { v4 in
                UnsafeRawPointer(v4).withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        case .v6:
            var v6 = sockaddr_in6()
            v6.sin6_family = sa_family_t(AF_INET6)
            v6.sin6_port = port.bigEndian
            withUnsafeMutableBytes(of: &v6.sin6_addr) { $0.copyBytes(from: address.bytes) }
            return withUnsafePointer(to: v6) { v6 in
                UnsafeRawPointer(v6).withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    body($0, socklen_t(MemoryLayout<sockaddr_in6>.size))
                }
            }
        }
    }
}
