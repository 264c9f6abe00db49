// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import Testing
import Vocabulary

@testable import TLSProbe

@Suite("Settling on a real server") struct SettleTests {
    private let bench: Workbench
    init() throws { bench = try Workbench() }

    private func put(_ name: String) throws {
        for end in ["pem", "key"] {
            let data = try Data(contentsOf: URL(fileURLWithPath: bench.path("\(name).\(end)")))
            try data.write(to: URL(fileURLWithPath: bench.path("live.\(end)")))
        }
    }
    private var live: String {
        "ssl_certificate \(bench.path("live.pem")); ssl_certificate_key \(bench.path("live.key"));"
    }

    @Test("after a reload sees the old certificate go, and the new one stay")
    func reload() async throws {
        let old = Fingerprint(hashing: try bench.certificate("old"))
        let new = Fingerprint(hashing: try bench.certificate("new"))
        try put("old")
        let nginx = try await bench.nginx(live)
        let target = ProbeTarget(host: "127.0.0.1", port: nginx.port, serverName: "shop.example")
        let prober = Prober()
        #expect(await prober.probe([target])[0].isServedEverywhere(old))
        try put("new")
        try bench.run("nginx", "-p", bench.folder, "-c", bench.path("nginx.conf"), "-s", "reload")
        let rule = SettleRule(handshakes: 5, quiet: .milliseconds(250), deadline: .seconds(20))
        let result = await prober.settle([(target, new)], rule: rule)[0]
        #expect(result.isSettled)
        let state = result.addresses[0].state
        #expect(state.inARow >= 5)
        #expect(Set(state.others.keys).isSubset(of: [old]))
        #expect(state.answers == state.matched + state.others.values.reduce(0, +) + state.failures.values.reduce(0, +))
        // Nothing but the new one from here on.
        for answer in await prober.probe(Array(repeating: target, count: 50)) {
            #expect(answer.isServedEverywhere(new))
        }
    }

    @Test("never comes where a reload changed nothing, and says what is served instead")
    func unchanged() async throws {
        let old = Fingerprint(hashing: try bench.certificate("old"))
        let new = Fingerprint(hashing: try bench.certificate("new"))
        let port = try await bench.opensslServer("old")
        let target = ProbeTarget(host: "127.0.0.1", port: port, serverName: nil)
        let rule = SettleRule(handshakes: 3, quiet: .milliseconds(50), deadline: .seconds(3))
        let result = await Prober().settle([(target, new)], rule: rule)[0]
        #expect(!result.isSettled)
        let state = result.addresses[0].state
        #expect(state.verdict == .deadlinePassed)
        #expect(state.matched == 0)
        #expect(state.lastOther?.answer == .other(old))
    }

    @Test("is said for each place: one serves it, one does not, one is gone")
    func places() async throws {
        let old = Fingerprint(hashing: try bench.certificate("old"))
        let new = Fingerprint(hashing: try bench.certificate("new"))
        let ports = [try await bench.opensslServer("new"), try await bench.opensslServer("old"), try freePort()]
        let targets = ports.map { ProbeTarget(host: "127.0.0.1", port: $0, serverName: nil) }
        let nowhere = ProbeTarget(host: "no-such-host.invalid", port: 443, serverName: nil)
        let elsewhere = ProbeTarget(
            host: "127.0.0.1", port: ports[0], serverName: nil, allowed: [try #require(ProbeRange("10.0.0.1:443"))])
        let rule = SettleRule(handshakes: 3, quiet: .milliseconds(100), deadline: .seconds(6))
        let results = await Prober().settle((targets + [nowhere, elsewhere]).map { ($0, new) }, rule: rule)
        #expect(results.map(\.isSettled) == [true, false, false, false, false])
        #expect(results[1].addresses[0].state.others.keys.map(\.self) == [old])
        #expect(results[2].addresses[0].state.failures.keys.map(\.self) == [.refused])
        #expect(results[3].unresolved?.code == .resolveFailed)
        #expect(results[4].addresses[0].state.failures == [.notAllowed: 1])
        #expect(results[4].addresses[0].state.verdict == .deadlinePassed)
    }
}
