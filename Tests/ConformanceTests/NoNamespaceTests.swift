// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Connectors
import Declarations
import Foundation
import Operations
import Planning
import TestKit
import Testing

@testable import Conformance

@Suite("A device that gives no namespace", .enabled(if: geteuid() == 0, "apache2 is started as root"))
struct NoNamespaceTests {
    @Test(
        "is pushed nothing that its parser would have to judge, and that is known before anybody signs",
        .enabled(if: Benches.missing(for: "apache") == nil, "needs apache2"))
    func noNamespace() async throws {
        var kind = try Benches.kind("apache")
        kind.reach = { folder in
            ServerBench.Reach(
                transport: .local,
                around: .init(transport: { transport, _ in Unprivileged(wrapped: transport, folder: folder) }))
        }
        let bench = try await ServerBench(kind)
        do {
            let stand = try await Stand(bench, folder: try bench.folder.makeFolder("stand"), time: HostClock())
            let place = bench.places[0]
            let old = try await stand.settled(place)
            #expect(try await stand.driver().observe([place.slot], unlessStill: nil).token.lacksShadow == false)
            try bench.folder.write("", to: "unprivileged")
            let (content, reloads) = (try await bench.content(of: place), bench.reloads())
            #expect(try await stand.driver().observe([place.slot], unlessStill: nil).token.lacksShadow)
            let pair = try await stand.issue()
            let outcome = try await stand.push(pair, over: .certificate(leaf: old.leaf), in: place)
            if case .candidateRefused(let message, _) = outcome {
                #expect(message.contains("mount namespace"))
            } else {
                Issue.record("\(outcome)")
            }
            #expect(try await bench.content(of: place) == content)
            #expect(bench.reloads() == reloads)
            #expect(try bench.strayKeys(of: pair, besides: place) == [])
            await bench.close()
        } catch {
            await bench.close()
            throw error
        }
    }
}

/// A device on which programs have no CAP_SYS_ADMIN, as in most containers.
private struct Unprivileged: Transport {
    var wrapped: any Transport
    var folder: TemporaryFolder

    func perform(_ steps: [Step], within limit: Duration) async throws(DeviceError) -> [StepResult] {
        guard folder.exists("unprivileged") else { return try await wrapped.perform(steps, within: limit) }
        let steps = steps.map { step -> Step in
            guard case .run(let argv, let input, let limit) = step else { return step }
            let dropped = ["setpriv", "--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin"]
            return .run(dropped + argv, input: input, outputLimit: limit)
        }
        return try await wrapped.perform(steps, within: limit)
    }
}
