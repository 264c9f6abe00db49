// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestKit
import Testing
import Vocabulary

@testable import Connectors
@testable import Declarations
@testable import Planning

@Suite("A running nginx", .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/sbin/nginx"), "needs nginx"))
struct NginxLiveTests {
    let old: Pair
    let new: Pair

    init() async throws {
        old = try await Pair()
        new = try await Pair()
    }

    @Test("whose pair is switched as one serves the new certificate after one reload, and the old one after the undo")
    func byLink() async throws {
        let place = try Place()
        try place.put(old)
        let nginx = try await RunningNginx(place)
        let driver = try place.driver(reload: nginx.reload)
        let slot = place.slot(switch: .link)
        let candidate = try place.candidate(new, slot, expects: .certificate(leaf: old.leaf))
        try await eventually { try await nginx.served() == old.leaf }

        let staged = try await driver.stage(place.batch(candidate), fence: 1)
        #expect(try await driver.check(staged) == [candidate.workOrder: .accepted])
        try await driver.install(staged, fence: 1)
        #expect(try await nginx.served() == old.leaf)
        #expect(try await driver.makeLive([slot], fence: 1) > .zero)
        try await eventually { try await nginx.served() == new.leaf }

        try await driver.undo(staged.batch.id, slots: [slot], fence: 1)
        _ = try await driver.makeLive([slot], fence: 1)
        try await eventually { try await nginx.served() == old.leaf }
        try await driver.clean(staged.batch.id, slots: [slot], fence: 1)
    }

    @Test("says why it will not reload, and serves on") func refusedReload() async throws {
        let place = try Place()
        try place.put(old)
        let nginx = try await RunningNginx(place)
        let driver = try place.driver(reload: nginx.reload)
        let batch = place.batch(try place.candidate(new, place.slot(), expects: .certificate(leaf: old.leaf)))
        let staged = try await driver.stage(batch, fence: 1)
        try await driver.install(staged, fence: 1)
        // Somebody breaks the configuration between the check and the reload.
        let whole = try place.folder.readText("nginx.conf")
        try place.folder.write(whole + "nonsense;\n", to: "nginx.conf")
        let error = await #expect(throws: DeviceError.self) { try await driver.makeLive([place.slot()], fence: 1) }
        #expect(error?.code == .refused)
        #expect(error?.detail.contains("unknown directive \"nonsense\"") ?? false)
        try place.folder.write(whole, to: "nginx.conf")
        try await driver.undo(batch.id, slots: [place.slot()], fence: 1)
        _ = try await driver.makeLive([place.slot()], fence: 1)
        #expect(try await nginx.served() == old.leaf)
    }

    @Test("is not disturbed by a check, of a good candidate or a bad one") func undisturbed() async throws {
        let place = try Place()
        try place.put(old)
        let nginx = try await RunningNginx(place)
        try await eventually { try await nginx.served() == old.leaf }
        let pid = try place.folder.readText("nginx.pid")
        var candidate = try place.candidate(new, place.slot(), expects: .certificate(leaf: old.leaf))
        for key in [new.secret, old.secret] {
            candidate.privateKey = key
            let driver = try place.driver(reload: nginx.reload)
            _ = try await driver.check(try await driver.stage(place.batch(candidate), fence: 1))
        }
        #expect(try place.folder.readText("nginx.pid") == pid)
        _ = try await place.driver(reload: nginx.reload).makeLive([place.slot()], fence: 1)
        #expect(try await nginx.served() == old.leaf)
    }
}
