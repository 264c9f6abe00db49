// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestKit
import Testing
import Vocabulary

@testable import Connectors
@testable import Declarations
@testable import Planning

@Suite("What is left over on a device") struct TidyTests {
    let place: Place
    let old: Pair
    let new: Pair
    private let first = BatchID("00000000000000aa")
    private let second = BatchID("00000000000000bb")

    init() async throws {
        place = try Place()
        old = try await Pair()
        new = try await Pair()
    }

    private var later: Timestamp { Timestamp(secondsSince1970: Int64(Date().timeIntervalSince1970)) + .days(8) }
    private func folder(of batch: BatchID) -> String { "tls/.countersign/_batch-\(batch.text)" }

    @discardableResult
    private func push(
        _ pair: Pair?, over: Pair?, as batch: BatchID, _ slot: Slot? = nil, cleans: Bool = false
    ) async throws -> StagedBatch {
        let slot = slot ?? place.slot()
        let driver = try place.driver()
        let candidate = try place.candidate(pair, slot, expects: over.map { .certificate(leaf: $0.leaf) } ?? .nothing)
        let staged = try await driver.stage(Batch(id: batch, candidates: [candidate]), fence: 1)
        try await driver.install(staged, fence: 1)
        if cleans { try await driver.clean(batch, slots: [slot], fence: 1) }
        return staged
    }

    private func leftovers(_ slot: Slot? = nil, now: Timestamp? = nil) async throws -> Leftovers {
        let driver = if let now { try place.driver(now: now) } else { try place.driver() }
        let slots = [slot ?? place.slot()]
        let seen = try await driver.observe(slots, unlessStill: nil)
        // Said also of a device that is as it was.
        let again = try await driver.observe(slots, unlessStill: seen.token)
        #expect(again.slots == nil)
        #expect(again.leftovers == seen.leftovers)
        return seen.leftovers
    }

    @Test("of a batch that was never cleaned is seen, and what it replaced is kept") func neverCleaned() async throws {
        try place.put(old)
        #expect(try await leftovers() == .none)
        try await push(new, over: old, as: first)
        #expect(try await leftovers() == Leftovers(batches: [first], hasExpired: false))
        try await place.driver().tidy([place.slot()], open: [], fence: 2)
        #expect(!place.folder.exists(folder(of: first)))
        #expect(try place.folder.read("tls/.countersign/_previous/\(old.leaf.hex)/privateKey") == old.privateKey)
        #expect(try place.folder.read("tls/shop.key") == new.privateKey)
        #expect(try await leftovers() == .none)
    }

    @Test("of a batch that is open stays, and can still be undone", arguments: Slot.Switch.allCases)
    func open(how: Slot.Switch) async throws {
        try place.put(old)
        let slot = place.slot(switch: how)
        try await push(new, over: old, as: first, slot)
        try await place.driver(now: later).tidy([slot], open: [first], fence: 2)
        #expect(try await !leftovers(slot, now: later).isSurplus(besides: [first]))
        try await place.driver().undo(first, slots: [slot], fence: 2)
        #expect(try place.folder.read("tls/shop.key") == old.privateKey)
    }

    @Test("of one batch goes although another is open") func besideOpen() async throws {
        try place.put(old)
        let other = place.slot("other")
        try await push(new, over: old, as: first)
        try await push(new, over: nil, as: second, other)
        let slots = [place.slot(), other]
        try await place.driver().tidy(slots, open: [second], fence: 2)
        #expect(!place.folder.exists(folder(of: first)))
        try await place.driver().undo(second, slots: slots, fence: 2)
        #expect(!place.folder.exists("tls/other.key"))
    }

    @Test("is taken away once it was kept for as long as the device says", arguments: Slot.Switch.allCases)
    func expired(how: Slot.Switch) async throws {
        try place.put(old)
        let slot = place.slot(switch: how)
        try await push(new, over: old, as: first, slot, cleans: true)
        func keys() throws -> Int {
            let files = FileManager.default.enumerator(atPath: place.own)?.compactMap { $0 as? String } ?? []
            return files.filter { FileManager.default.contents(atPath: place.own + "/" + $0) == Data(old.privateKey) }
                .count
        }
        #expect(try await leftovers(slot) == .none)
        try await place.driver().tidy([slot], open: [], fence: 2)
        #expect(try keys() == 1)
        #expect(try await leftovers(slot, now: later) == Leftovers(batches: [], hasExpired: true))
        try await place.driver(now: later).tidy([slot], open: [], fence: 2)
        #expect(try keys() == 0)
        #expect(try await leftovers(slot, now: later) == .none)
        #expect(try place.folder.read("tls/shop.key") == new.privateKey)
    }

    @Test("by link is kept from when it was replaced, not from when it was made") func replacedLate() async throws {
        try place.put(old)
        let slot = place.slot(switch: .link)
        try await push(new, over: old, as: first, slot, cleans: true)
        // As if that had been long ago.
        for (name, days) in [("present", 40.0), ("generation", 30.0)] {
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSinceNow: -days * 86400)],
                ofItemAtPath: "\(place.own)/edge-1-shop/\(name)-\(first.text)")
        }
        try await push(old, over: new, as: second, slot, cleans: true)
        #expect(place.folder.exists("tls/.countersign/edge-1-shop/generation-\(first.text)"))
    }

    @Test("is left to those who may look into our folder", .enabled(if: geteuid() == 0, "needs root"))
    func denied() async throws {
        try place.put(old)
        try await push(new, over: old, as: first)
        try FileManager.default.setAttributes([.ownerAccountName: "nobody"], ofItemAtPath: place.own)
        let seen = try await place.driver().observe([place.slot()], unlessStill: nil)
        #expect(seen.slots?.map(\.holding) == [.certificate(leaf: new.leaf)])
        #expect(seen.leftovers == .none)
    }
}
