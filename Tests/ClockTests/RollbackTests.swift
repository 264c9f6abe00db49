// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Operations
import Planning
import TestKit
import Testing
import Vocabulary

@Suite("A rollback, as time passes") struct RollbackTimeTests {
    @Test("is refused when what was there before has expired, and when the device has erased its key")
    func late() async throws {
        let (timeline, _, digest) = try await Timeline.asked()
        let arena = timeline.arena
        try await timeline.sign(.bob, "approve", digest)
        try await timeline.sign(.dave, "implement", digest)
        try await timeline.pass()
        _ = try await arena.renew(days: 60)
        let second = try await timeline.order(.replace).digest.required
        try await timeline.sign(.bob, "approve", second)
        try await timeline.sign(.dave, "implement", second)
        try await timeline.pass()

        func refusal(after days: Int64) async -> String {
            let options = SiteOptions(
                repository: arena.clone(of: .alice), state: arena.state(of: .alice), trust: arena.trusted,
                environment: [:])
            do throws(UserError) {
                let clock = SetClock(timeline.clock.now + .days(days))
                _ = try await RollbackOperation(site: try await Site.open(options), time: clock).run(
                    second.id, comment: nil)
                return "none"
            } catch {
                return error.code
            }
        }
        #expect(await refusal(after: 48) == "CertificateExpired")
        try arena.edit("shop.yaml") {
            $0.replacing(/privateKey: \{file: .*\}/) { _ in "privateKey: {installed: true}" }
        }
        try await arena.commit("It lies where it is")
        #expect(await refusal(after: 8) == "KeyErased")
    }
}
