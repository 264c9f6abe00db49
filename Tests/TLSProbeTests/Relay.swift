// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import Synchronization

/// Stands between the prober and a server: counts the connections, keeps what the prober says, and may change what the server does.
final class Relay: Sendable {
    /// From the server's side on: `old` becomes `new`, once a connection.
    struct Change: Sendable {
        var old: [UInt8]
        var new: [UInt8]
    }

    private let listener: LoopbackListener
    private let heard = Heard()
    var port: UInt16 { listener.port }
    /// What came from the prober, by connection.
    var connections: [[UInt8]] { heard.connections.withLock { $0 } }

    private final class Heard: Sendable {
        let connections = Mutex<[[UInt8]]>([])
    }

    /// `opening` is what is spoken before with the prober.
    init(to port: UInt16, _ change: Change? = nil, opening: @escaping @Sendable (Int32) -> Void = { _ in }) throws {
        listener = try LoopbackListener()
        let heard = heard
        listener.answer { prober in
            let index = heard.connections.withLock {
                $0.append([])
                return $0.count - 1
            }
            opening(prober)
            let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(server) }
            guard withLoopback(port, { connect(server, $0, $1) }) == 0 else { return }
            let hasEnded = DispatchSemaphore(value: 0)
            Thread.detachNewThread {
                Self.pass(from: prober, to: server) { bytes in
                    heard.connections.withLock { $0[index] += bytes }
                    return bytes
                }
                hasEnded.signal()
            }
            var held: [UInt8]? = change == nil ? nil : []
            Self.pass(from: server, to: prober) { bytes in
                guard var all = held, let change else { return bytes }
                all += bytes
                held = all
                guard let place = all.firstRange(of: change.old) else { return [] }
                held = nil
                all.replaceSubrange(place, with: change.new)
                return all
            }
            hasEnded.wait()
        }
    }

    private static func pass(from: Int32, to: Int32, _ body: ([UInt8]) -> [UInt8]) {
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = recv(from, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            let bytes = body(Array(buffer[..<count]))
            guard bytes.isEmpty || LoopbackListener.send(bytes, to: to) else { break }
        }
        shutdown(to, Int32(SHUT_WR))
    }
}
