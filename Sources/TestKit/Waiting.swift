// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Asks again and again until `condition` holds; an error after `limit`.
///
/// For what has no event to wait for. `condition` may throw, which counts as not yet.
package func eventually(
    within limit: Duration = .seconds(10), _ what: String = "the condition", _ condition: () async throws -> Bool
) async throws {
    let start = ContinuousClock.now
    var last: (any Error)?
    var pause = Duration.milliseconds(1)
    while true {
        do {
            if try await condition() { return }
            last = nil
        } catch {
            last = error
        }
        guard ContinuousClock.now - start < limit else {
            throw FixtureError("\(what) did not come true within \(limit)" + (last.map { ": \($0)" } ?? ""))
        }
        try await Task.sleep(for: pause)
        pause = min(pause * 2, .milliseconds(50))
    }
}

/// A TCP port on 127.0.0.1 that nobody listens on at this moment. Another process may take it before you do:
/// bind port 0 yourself wherever the server under test can.
package func freePort() throws -> UInt16 {
    let (socket, port) = try socketOnFreePort()
    close(socket)
    return port
}

/// One for each name, no two the same: what was let go may be given again at once.
package func freePorts<Name: Hashable>(for names: [Name]) throws -> [Name: UInt16] {
    var held: [Int32] = []
    defer { for socket in held { close(socket) } }
    var ports: [Name: UInt16] = [:]
    for name in names {
        let (socket, port) = try socketOnFreePort()
        held.append(socket)
        ports[name] = port
    }
    return ports
}

private func socketOnFreePort() throws -> (socket: Int32, port: UInt16) {
    let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard socket >= 0 else { throw FixtureError("socket: \(String(cString: strerror(errno)))") }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(socket, $0, length) == 0 ? getsockname(socket, $0, &length) : -1
        }
    }
    guard result == 0 else {
        let problem = String(cString: strerror(errno))
        close(socket)
        throw FixtureError("bind: \(problem)")
    }
    return (socket, UInt16(bigEndian: address.sin_port))
}
