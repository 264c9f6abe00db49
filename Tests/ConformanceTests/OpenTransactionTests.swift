// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Declarations
import Foundation
import Operations
import Planning
import Processes
import TestKit
import Testing

@testable import Conformance

@Suite("haproxy's runtime socket", .enabled(if: geteuid() == 0, "haproxy is started as root"))
struct OpenTransactionTests {
    @Test(
        "with somebody else's transaction open mixes nothing up, and the push is undone",
        .enabled(if: Benches.missing(for: "haproxy (socket)") == nil, "needs haproxy and socat"))
    func openTransaction() async throws {
        try await Benches.with("haproxy (socket)") { bench, folder in
            let stand = try await Stand(bench, folder: folder, time: HostClock())
            let (place, others) = (bench.places[0], bench.places[1])
            let (old, foreign) = (try await stand.settled(place), try await stand.settled(others))
            let socket = (folder as NSString).deletingLastPathComponent + "/haproxy.sock"
            let pem = String(decoding: foreign.key + foreign.chain, as: UTF8.self)
            let name = others.slot.path.replacing(" ", with: "\\ ").replacing(";", with: "\\;")
            let begun = try await run(
                ["socat", "-", "UNIX-CONNECT:\(socket)"], input: Array("set ssl cert \(name) <<\n\(pem)\n\n".utf8)
            ).outputText
            #expect(begun.contains("Transaction created"), "\(begun)")
            let content = try await bench.content(of: place)
            let holding = Holding.certificate(leaf: old.leaf)
            let outcome = try await stand.push(try await stand.issue(), over: holding, in: place)
            guard case .rolledBack(message: let message) = outcome else {
                Issue.record("\(outcome)")
                return
            }
            #expect(message.contains("a transaction of somebody else's was open"))
            #expect(try await bench.content(of: place) == content)
            #expect(await stand.serves(old.leaf, at: place))
            #expect(await stand.serves(foreign.leaf, at: others))
            #expect(try await stand.push(try await stand.issue(), over: holding, in: place) == .completed)
            #expect(await stand.serves(foreign.leaf, at: others))
            #expect(bench.reloads() == 0)
        }
    }
}
