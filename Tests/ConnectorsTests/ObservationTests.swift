// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestKit
import Testing
import Vocabulary

@testable import Connectors
@testable import Declarations
@testable import Planning

@Suite("What a slot holds") struct ObservationTests {
    let place: Place
    let pair: Pair

    init() async throws {
        place = try Place()
        pair = try await Pair()
    }

    private func observe(_ slot: Slot? = nil) async throws -> SlotObservation {
        let all = try await place.driver().observe([slot ?? place.slot()], unlessStill: nil).slots
        return try #require(all?.first)
    }

    @Test("is its leaf, its chain and the public half of its key") func pairs() async throws {
        let issuer = try await Pair("issuer.example.com")
        try place.put(pair)
        try place.folder.write(pair.certificate + issuer.certificate, to: "tls/shop.crt")
        let observed = try await observe()
        #expect(observed.holding == .certificate(leaf: pair.leaf))
        #expect(observed.chain == [issuer.leaf])
        #expect(observed.key == pair.spki)
        #expect(observed.leafDER.map { Fingerprint(hashing: $0) } == pair.leaf)
        #expect(observed.slot == SlotKey(device: try name("edge-1"), path: place.certificatePath))
    }

    @Test("is nothing where no file is, and where files are empty") func nothing() async throws {
        #expect(try await observe().holding == .nothing)
        try place.folder.write("", to: "tls/shop.crt")
        try place.folder.write("", to: "tls/shop.key")
        #expect(try await observe().holding == .nothing)
        let far = Slot(
            files: .pair(
                certificate: place.folder.file("no/such/a.crt"), privateKey: place.folder.file("no/such/a.key")))
        #expect(try await observe(far).holding == .nothing)
    }

    @Test("is a certificate without its key") func keyMissing() async throws {
        try place.folder.write(pair.certificate, to: "tls/shop.crt")
        #expect(try await observe().holding == .certificate(leaf: pair.leaf))
        #expect(try await observe().key == nil)
        try place.folder.write("garbage", to: "tls/shop.key")
        #expect(try await observe().holding == .certificate(leaf: pair.leaf))
        #expect(try await observe().key == nil)
    }

    @Test("is nothing but a key where only a key lies") func keyOnly() async throws {
        try place.folder.write(pair.privateKey, to: "tls/shop.key")
        let observed = try await observe()
        #expect(observed.holding == .nothing)
        #expect(observed.key == pair.spki)
    }

    @Test("is shown by a keyed hash if it is neither") func other() async throws {
        try place.folder.write("garbage", to: "tls/shop.crt")
        let expected = authenticationCode(of: Array("garbage".utf8), under: place.secret)
        #expect(try await observe().holding == .other(expected))
        try FileManager.default.removeItem(atPath: place.certificatePath)
        try place.folder.write("garbage", to: "tls/shop.key")
        #expect(try await observe().holding == .other(expected))
    }

    @Test("is read through a link") func link() async throws {
        try place.put(pair, as: "real")
        for file in ["crt", "key"] {
            try FileManager.default.createSymbolicLink(
                atPath: place.folder.file("tls/shop.\(file)"), withDestinationPath: "real.\(file)")
        }
        #expect(try await observe().holding == .certificate(leaf: pair.leaf))
        let driver = try place.driver()
        let token = try await driver.observe([place.slot()], unlessStill: nil).token
        #expect(try await driver.observe([place.slot()], unlessStill: token).slots == nil)
        try place.put(try await Pair(), as: "real")
        #expect(try await driver.observe([place.slot()], unlessStill: token).slots != nil)
    }

    @Test("that cannot be read is an error, not nothing") func folderInPlace() async throws {
        try place.folder.makeFolder("tls/shop.crt")
        await #expect(throws: DeviceError.self) { try await observe() }
    }

    @Test("is not read again while slots and configuration are as they were") func unchanged() async throws {
        try place.put(pair)
        let slots = [place.slot(), place.slot("other")]
        let driver = try place.driver()
        let first = try await driver.observe(slots, unlessStill: nil)
        #expect(first.slots?.count == 2)
        let second = try await driver.observe(slots, unlessStill: first.token)
        #expect(second.slots == nil)
        #expect(second.token == first.token)
        try place.put(pair, as: "other")
        #expect(try await driver.observe(slots, unlessStill: first.token).slots?.count == 2)
        let third = try await driver.observe(slots, unlessStill: nil)
        try place.folder.write("events { }\n", to: "nginx.conf")
        #expect(try await driver.observe(slots, unlessStill: third.token).slots != nil)
        #expect(try await driver.observe([slots[0]], unlessStill: third.token).slots?.count == 1)
    }

    @Test("is known to be referred to by the configuration, or not") func referenced() async throws {
        try place.folder.write(
            "http { server { ssl_certificate tls/shop.crt; ssl_certificate_key tls/shop.key; } }", to: "nginx.conf")
        let observed = try await place.driver().observe([place.slot(), place.slot("other")], unlessStill: nil)
        #expect(observed.referenced == [place.certificatePath, place.keyPath])
    }
}
