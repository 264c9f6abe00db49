// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import PKI
import Synchronization
import TestKit
import Testing
import Vocabulary

@testable import Connectors
@testable import Declarations
@testable import Planning

/// What a slot held before, and what is done to it.
struct Change: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var hasOld = true
    var hasNew = true
    var bringsKey = true
    var how = Slot.Switch.rename

    static let all = [
        Change(testDescription: "replace"), Change(testDescription: "install", hasOld: false),
        Change(testDescription: "remove", hasNew: false),
        Change(testDescription: "replace, the key stays", bringsKey: false),
        Change(testDescription: "replace by link", how: .link),
        Change(testDescription: "install by link", hasOld: false, how: .link),
    ]
}

@Suite("A switch of files") struct SwitchTests {
    let old: Pair
    let new: Pair
    let renewed: Pair  // with the old key

    init() async throws {
        old = try await Pair()
        new = try await Pair()
        renewed = try await Pair(key: old.privateKey)
    }

    private func pair(_ change: Change) -> Pair { change.bringsKey ? new : renewed }

    private func begin(_ change: Change) throws -> (Place, Batch) {
        let place = try Place()
        if change.hasOld { try place.put(old, certificateMode: 0o604, keyMode: 0o640) }
        let expects: Holding = change.hasOld ? .certificate(leaf: old.leaf) : .nothing
        let candidate = try place.candidate(
            change.hasNew ? pair(change) : nil, place.slot(switch: change.how), expects: expects, key: change.bringsKey)
        return (place, place.batch(candidate))
    }

    private func isNew(_ place: Place, _ change: Change) throws -> Bool {
        guard change.hasNew else { return !place.folder.exists("tls/shop.crt") && !place.folder.exists("tls/shop.key") }
        return try place.folder.exists("tls/shop.crt") && place.folder.read("tls/shop.crt") == pair(change).certificate
            && place.folder.exists("tls/shop.key") && place.folder.read("tls/shop.key") == pair(change).privateKey
    }

    @Test("keeps owner and mode of what was there, and can be undone exactly", arguments: Change.all)
    func switchAndUndo(change: Change) async throws {
        let (place, batch) = try begin(change)
        let driver = try place.driver()
        let before = try await place.snapshot()
        let staged = try await driver.stage(batch, fence: 1)
        #expect(try await place.snapshot() == before)
        try await driver.install(staged, fence: 1)
        #expect(try isNew(place, change))
        if change.hasOld, change.hasNew {
            let modes = try await LocalTransport().perform(
                [.stat([place.certificatePath, place.keyPath], followingLinks: true)], within: .seconds(5)
            ).statuses.map(\.mode)
            #expect(modes == [0o604, 0o640])
        }
        try await driver.install(staged, fence: 1)  // again: nothing left to do
        #expect(try isNew(place, change))
        let slots = batch.candidates.map(\.slot)
        try await driver.undo(batch.id, slots: slots, fence: 1)
        try await driver.undo(batch.id, slots: slots, fence: 1)
        if change.how == .rename {
            #expect(try await place.snapshot() == before)
        } else if change.hasOld {
            #expect(try place.folder.read("tls/shop.crt") == old.certificate)
            #expect(try place.folder.read("tls/shop.key") == old.privateKey)
        }
        let holding = change.hasOld ? batch.candidates[0].expects : .nothing
        #expect(try await driver.observe(slots, unlessStill: nil).slots?.map(\.holding) == [holding])
        try await driver.clean(batch.id, slots: slots, fence: 1)
        #expect(!place.folder.exists("tls/.countersign/_batch-\(batch.id.text)"))
        #expect(try await driver.observe(slots, unlessStill: nil).slots?.map(\.holding) == [holding])
    }

    /// Stops at one point after the other; what a later process then does must lead to a whole pair.
    @Test("stopped anywhere, is undone or done again to the end", arguments: Change.all, [false, true])
    func stopped(change: Change, undoes: Bool) async throws {
        var points = 0
        for stop in 0... {
            let (place, batch) = try begin(change)
            let slots = batch.candidates.map(\.slot)
            let before = try await place.snapshot()
            let reached = Mutex(false)
            let staged = try await stage(place, batch)
            let stopping = InterruptingTransport(wrapping: LocalTransport()) { (point) throws(DeviceError) in
                guard point.number >= stop else { return }
                reached.withLock { $0 = true }
                throw DeviceError(.failed, operation: "stop", detail: "\(point)")
            }
            let first = try place.driver(through: stopping)
            try? await first.install(staged, fence: 1)
            guard reached.withLock({ $0 }) else { break }
            points += 1
            let next = try place.driver()
            if undoes {
                try await next.undo(batch.id, slots: slots, fence: 2)
                if change.how == .rename { #expect(try await place.snapshot() == before, "stopped at \(stop)") }
            } else {
                try await next.install(staged, fence: 2)
                #expect(try isNew(place, change), "stopped at \(stop)")
            }
            let holding = try await next.observe(slots, unlessStill: nil).slots?.first
            let expected: Holding =
                undoes ? batch.candidates[0].expects : change.hasNew ? .certificate(leaf: pair(change).leaf) : .nothing
            #expect(holding?.holding == expected, "stopped at \(stop)")
            try await next.clean(batch.id, slots: slots, fence: 2)
            #expect(!place.folder.exists("tls/.countersign/_batch-\(batch.id.text)"))
        }
        #expect(points >= 14)
    }

    private func stage(_ place: Place, _ batch: Batch) async throws -> StagedBatch {
        try await place.driver().stage(batch, fence: 1)
    }

    @Test("whose undo is stopped anywhere is undone by the next", arguments: Change.all)
    func undoStopped(change: Change) async throws {
        var points = 0
        for stop in 0... {
            let (place, batch) = try begin(change)
            let slots = batch.candidates.map(\.slot)
            let before = try await place.snapshot()
            try await place.driver().install(try await stage(place, batch), fence: 1)
            let reached = Mutex(false)
            let stopping = InterruptingTransport(wrapping: LocalTransport()) { (point) throws(DeviceError) in
                guard point.number >= stop else { return }
                reached.withLock { $0 = true }
                throw DeviceError(.failed, operation: "stop", detail: "\(point)")
            }
            try? await place.driver(through: stopping).undo(batch.id, slots: slots, fence: 1)
            try await place.driver().undo(batch.id, slots: slots, fence: 2)
            if change.how == .rename { #expect(try await place.snapshot() == before, "stopped at \(stop)") }
            #expect(
                try await place.driver().observe(slots, unlessStill: nil).slots?.first?.holding
                    == batch.candidates[0].expects)
            guard reached.withLock({ $0 }) else { break }
            points += 1
        }
        #expect(points >= 10)
    }

    @Test("stopped anywhere while it was staged, leaves nothing once it is cleaned", arguments: Change.all)
    func stageStopped(change: Change) async throws {
        for stop in 0... {
            let (place, batch) = try begin(change)
            let slots = batch.candidates.map(\.slot)
            let before = try await place.snapshot()
            let reached = Mutex(false)
            let stopping = InterruptingTransport(wrapping: LocalTransport()) { (point) throws(DeviceError) in
                guard point.number >= stop else { return }
                reached.withLock { $0 = true }
                throw DeviceError(.failed, operation: "stop", detail: "\(point)")
            }
            _ = try? await place.driver(through: stopping).stage(batch, fence: 1)
            guard reached.withLock({ $0 }) else { break }
            try await place.driver().undo(batch.id, slots: slots, fence: 2)
            #expect(try await place.snapshot() == before)
            try await place.driver().clean(batch.id, slots: slots, fence: 2)
            #expect(!place.folder.exists("tls/.countersign/_batch-\(batch.id.text)"))
            let again = try await place.driver().stage(batch, fence: 3)
            try await place.driver().install(again, fence: 3)
            #expect(try isNew(place, change))
        }
    }

    @Test("never lets others read a key, at no point", arguments: Change.all)
    func secrecy(change: Change) async throws {
        let (place, batch) = try begin(change)
        let looked = Mutex(0)
        let key = pair(change).privateKey
        let watching = InterruptingTransport(wrapping: LocalTransport()) { (point) throws(DeviceError) in
            let enumerator = FileManager.default.enumerator(atPath: place.folder.path)
            while let path = enumerator?.nextObject() as? String {
                guard let bytes = FileManager.default.contents(atPath: place.folder.file(path)),
                    bytes.elementsEqual(key),
                    let attributes = try? FileManager.default.attributesOfItem(atPath: place.folder.file(path)),
                    attributes[.type] as? FileAttributeType == .typeRegular,
                    let mode = attributes[.posixPermissions] as? Int
                else { continue }
                looked.withLock { $0 += 1 }
                #expect(mode & 0o007 == 0, "\(point): \(path)")
            }
        }
        let driver = try place.driver(through: watching)
        let slots = batch.candidates.map(\.slot)
        let staged = try await driver.stage(batch, fence: 1)
        try await driver.install(staged, fence: 1)
        try await driver.undo(batch.id, slots: slots, fence: 1)
        try await driver.clean(batch.id, slots: slots, fence: 1)
        #expect(looked.withLock { $0 } > 0 || !change.hasNew)
    }

    @Test("takes a key's permission from others even where the old key had it") func looseKey() async throws {
        let place = try Place()
        try place.put(old, keyMode: 0o644)
        let batch = place.batch(try place.candidate(new, place.slot(), expects: .certificate(leaf: old.leaf)))
        let staged = try await place.driver().stage(batch, fence: 1)
        try await place.driver().install(staged, fence: 1)
        #expect(try await place.snapshot().map(\.mode) == [0o644, 0o640])
    }

    @Test("has the declared owner and modes", .enabled(if: geteuid() == 0, "needs root")) func declared() async throws {
        let place = try Place()
        var slot = place.slot(owner: "root:daemon", mode: 0o640)
        slot.certificateMode = 0o600
        let batch = place.batch(try place.candidate(new, slot, expects: .nothing))
        try await place.driver().install(try await stage(place, batch), fence: 1)
        let statuses = try await place.snapshot()
        #expect(statuses.map(\.mode) == [0o600, 0o640])
        #expect(statuses.map(\.group) == ["daemon", "daemon"])
    }

    @Test("is refused where the slot holds something else than was signed for") func otherHolding() async throws {
        let place = try Place()
        try place.put(old)
        let batch = place.batch(try place.candidate(new, place.slot(), expects: .nothing))
        await #expect(throws: DeviceError.self) { try await stage(place, batch) }
        #expect(try place.folder.read("tls/shop.crt") == old.certificate)
    }

    @Test("is refused where a file was changed by hand since it was staged", arguments: ["shop.crt", "shop.key"])
    func changedSinceStaged(file: String) async throws {
        let place = try Place()
        try place.put(old)
        let batch = place.batch(try place.candidate(new, place.slot(), expects: .certificate(leaf: old.leaf)))
        let staged = try await stage(place, batch)
        try place.folder.write("by hand", to: "tls/\(file)")
        let error = await #expect(throws: DeviceError.self) { try await place.driver().install(staged, fence: 1) }
        #expect(error?.code == .changed)
        #expect(try place.folder.readText("tls/\(file)") == "by hand")
        let other = file == "shop.crt" ? ("tls/shop.key", old.privateKey) : ("tls/shop.crt", old.certificate)
        #expect(try place.folder.read(other.0) == other.1)
    }

    @Test("is not undone over what somebody has changed since", arguments: ["shop.crt", "shop.key"])
    func changedSinceSwitched(file: String) async throws {
        let place = try Place()
        try place.put(old)
        let other = try await Pair("other.example.com")
        let otherSlot = place.slot("other")
        let batch = place.batch(
            try place.candidate(new, place.slot(), expects: .certificate(leaf: old.leaf)),
            try place.candidate(other, otherSlot, expects: .nothing, "b"))
        try await place.driver().install(try await stage(place, batch), fence: 1)
        try place.folder.write("by hand", to: "tls/\(file)")
        let error = await #expect(throws: DeviceError.self) {
            try await place.driver().undo(batch.id, slots: [place.slot(), otherSlot], fence: 1)
        }
        #expect(error?.code == .changed)
        #expect(try place.folder.readText("tls/\(file)") == "by hand")
        // The other slot of the batch is restored all the same.
        #expect(!place.folder.exists("tls/other.crt") && !place.folder.exists("tls/other.key"))
    }

    @Test("that did not happen leaves alone what somebody has put there meanwhile", arguments: [false, true])
    func notSwitched(sameContent: Bool) async throws {
        let place = try Place()
        let batch = place.batch(try place.candidate(new, place.slot(), expects: .nothing))
        _ = try await stage(place, batch)
        try place.put(sameContent ? new : old)
        let before = try await place.snapshot()
        try await place.driver().undo(batch.id, slots: [place.slot()], fence: 1)
        try await place.driver().clean(batch.id, slots: [place.slot()], fence: 1)
        #expect(try await place.snapshot() == before)
    }

    @Test("of a process that was asleep is refused") func fenced() async throws {
        let place = try Place()
        try place.put(old)
        let batch = place.batch(try place.candidate(new, place.slot(), expects: .certificate(leaf: old.leaf)))
        let sleeper = try await stage(place, batch)
        let other = place.batch(
            try place.candidate(new, place.slot(), expects: .certificate(leaf: old.leaf)), id: "00000000000000bb")
        _ = try await place.driver().stage(other, fence: 2)
        let driver = try place.driver(reload: ["touch", place.folder.file("reloaded")])
        let slots = [place.slot()]
        for verb in [
            { _ = try await driver.stage(batch, fence: 1) }, { try await driver.install(sleeper, fence: 1) },
            { _ = try await driver.makeLive(slots, fence: 1) },
            { try await driver.undo(batch.id, slots: slots, fence: 1) },
            { try await driver.clean(batch.id, slots: slots, fence: 1) },
        ] {
            let error = await #expect(throws: DeviceError.self) { try await verb() }
            #expect(error?.code == .fenced)
        }
        #expect(try place.folder.read("tls/shop.crt") == old.certificate)
        #expect(!place.folder.exists("reloaded"))
    }

    @Test("keeps what it replaced, and tidies it up when it is old") func generations() async throws {
        let place = try Place()
        try place.put(old)
        let slots = [place.slot()]
        let batch = place.batch(try place.candidate(new, place.slot(), expects: .certificate(leaf: old.leaf)))
        try await place.driver().install(try await stage(place, batch), fence: 1)
        try await place.driver().clean(batch.id, slots: slots, fence: 1)
        try await place.driver().clean(batch.id, slots: slots, fence: 1)
        let kept = "tls/.countersign/_previous/\(old.leaf.hex)"
        #expect(try place.folder.read(kept + "/certificate") == old.certificate)
        #expect(try place.folder.read(kept + "/privateKey") == old.privateKey)
        let later = Timestamp(secondsSince1970: Int64(Date().timeIntervalSince1970)) + .days(8)
        try await place.driver(now: later).clean(batch.id, slots: slots, fence: 1)
        #expect(!place.folder.exists(kept))
        #expect(try place.folder.read("tls/shop.crt") == new.certificate)
    }

    @Test("leaves a key alone that is the same already") func sameKey() async throws {
        let place = try Place()
        try place.put(new)
        try place.folder.write(old.certificate, to: "tls/shop.crt")
        let before = try await place.snapshot()
        let batch = place.batch(try place.candidate(new, place.slot(), expects: .certificate(leaf: old.leaf)))
        try await place.driver().install(try await stage(place, batch), fence: 1)
        let after = try await place.snapshot()
        #expect(after[1] == before[1])
        #expect(after[0].inode != before[0].inode)
    }

    @Test("takes no candidate that is no certificate, another one, or no key") func unsound() async throws {
        let place = try Place()
        let sound = try place.candidate(new, place.slot(), expects: .nothing)
        var garbage = sound
        garbage.certificate = Array("garbage".utf8)
        var other = sound
        other.leaf = old.leaf
        var noKey = sound
        noKey.privateKey = Place.secret("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
        for candidate in [garbage, other, noKey] {
            let error = await #expect(throws: DeviceError.self) { try await stage(place, place.batch(candidate)) }
            #expect(error?.code == .refused)
        }
        let error = await #expect(throws: DeviceError.self) {
            try await place.driver().stage(place.batch(sound, id: "../../escape"), fence: 1)
        }
        #expect(error?.code == .failed)
    }

    @Test("of a bundle puts key and chain into one file") func bundle() async throws {
        let place = try Place()
        let slot = Slot(files: .bundle(place.folder.file("tls/shop.pem")))
        try place.folder.write(old.certificate + old.privateKey, to: "tls/shop.pem", mode: 0o600)
        let batch = place.batch(try place.candidate(new, slot, expects: .certificate(leaf: old.leaf)))
        try await place.driver().install(try await stage(place, batch), fence: 1)
        #expect(try place.folder.read("tls/shop.pem") == new.privateKey + new.certificate)
        let observed = try await place.driver().observe([slot], unlessStill: nil).slots?.first
        #expect(observed?.holding == .certificate(leaf: new.leaf))
        #expect(observed?.key == new.spki)
        try await place.driver().undo(batch.id, slots: [slot], fence: 1)
        #expect(try place.folder.read("tls/shop.pem") == old.certificate + old.privateKey)
    }

    @Test("by link never shows half of a pair") func neverHalf() async throws {
        let place = try Place()
        try place.put(old)
        let slot = place.slot(switch: .link)
        let batch = place.batch(try place.candidate(new, slot, expects: .certificate(leaf: old.leaf)))
        let pairs = [old.certificate: old.privateKey, new.certificate: new.privateKey]
        let watching = InterruptingTransport(wrapping: LocalTransport()) { (point) throws(DeviceError) in
            let certificate = FileManager.default.contents(atPath: place.certificatePath).map { Array($0) } ?? []
            let key = FileManager.default.contents(atPath: place.keyPath).map { Array($0) }
            #expect(pairs[certificate] == key, "\(point)")
        }
        let driver = try place.driver(through: watching)
        let staged = try await driver.stage(batch, fence: 1)
        try await driver.install(staged, fence: 1)
        #expect(try place.folder.read("tls/shop.crt") == new.certificate)
        try await driver.undo(batch.id, slots: [slot], fence: 1)
        try await driver.clean(batch.id, slots: [slot], fence: 1)
        #expect(try place.folder.read("tls/shop.crt") == old.certificate)
        #expect(!place.folder.exists("tls/.countersign/edge-1-shop/generation-\(batch.id.text)"))
        // And once more, now that the paths are links already.
        let second = place.batch(
            try place.candidate(new, slot, expects: .certificate(leaf: old.leaf)), id: "00000000000000bb")
        let again = try await driver.stage(second, fence: 1)
        try await driver.install(again, fence: 1)
        try await driver.clean(second.id, slots: [slot], fence: 1)
        #expect(try place.folder.read("tls/shop.key") == new.privateKey)
    }
}
