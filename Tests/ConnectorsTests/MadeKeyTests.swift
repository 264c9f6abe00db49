// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import PKI
import TestKit
import Testing
import Vocabulary

@testable import Connectors
@testable import Declarations
@testable import Planning

@Suite("A key made on a device, here and over ssh") struct MadeKeyTests {
    let place: Place
    let authority: CertificateAuthority

    init() async throws {
        place = try Place()
        authority = try await CertificateAuthority(in: place.folder)
    }

    private func slot(switch how: Slot.Switch = .rename) -> Slot {
        var slot = place.slot(switch: how, mode: 0o640)
        slot.keyStays = true
        return slot
    }

    private func request(_ slots: [Slot], _ type: CertificateSpec.Request.KeyType = .p256, anew: Bool = false) throws
        -> KeyRequest
    {
        KeyRequest(
            certificate: try name("shop.v1"), slots: slots, keyType: type, dnsNames: ["shop.example.com"],
            ipAddresses: ["192.0.2.1", "2001:db8::1"], usages: [.serverAuth], makesAnew: anew)
    }

    private func files(_ way: Way) async throws -> FileSlots { try place.files(through: try await way.transport()) }

    @Test("waits in our own folder, readable by nobody else, until its certificate comes", arguments: Way.all)
    func waits(way: Way) async throws {
        let files = try await files(way)
        let slot = slot()
        let first = try await files.signingRequest(try request([slot]), fence: 1)
        let read = try CertificationRequest(pem: first.pem)
        #expect(read.dnsNames == ["shop.example.com"] && read.ipAddresses == ["192.0.2.1", "2001:db8::1"])
        #expect(read.spki == first.spki && read.keyType == .p256)
        let path = place.own + "/_keys/shop.v1.\(first.spki.hex).key"
        let status = try await place.snapshot([place.own + "/_keys", path])
        #expect(status.map(\.mode) == [0o700, 0o600])
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.own + "/_keys").count == 1)

        let same = try await files.signingRequest(try request([slot]), fence: 1)
        #expect(!same.isNewKey && same.spki == first.spki)
        let other = try await files.signingRequest(try request([slot], anew: true), fence: 1)
        #expect(other.isNewKey && other.spki != first.spki)
        let stronger = try await files.signingRequest(try request([slot], .p384), fence: 1)
        #expect(try stronger.isNewKey && CertificationRequest(pem: stronger.pem).keyType == .p384)
        #expect(
            try await files.look(at: [slot]).made.fingerprints == [
                try name("shop.v1"): [first.spki, other.spki, stronger.spki]
            ])
        #expect(try await files.look(at: [slot]).leftovers == .none)
        await #expect(throws: DeviceError.self) { try await files.signingRequest(try request([slot]), fence: 0) }
    }

    @Test("goes into the slot from where it lies, with the slot's mode", arguments: Way.all, Slot.Switch.allCases)
    func goes(way: Way, how: Slot.Switch) async throws {
        try place.put(try await Pair())
        let files = try await files(way)
        let slot = slot(switch: how)
        let held = try await files.observations(of: [slot])[0]
        let asked = try await files.signingRequest(try request([slot]), fence: 1)
        let issued = try await authority.sign(String(decoding: asked.pem, as: UTF8.self), "issued", days: 30)
        let leaf = try #require(Fingerprint(hex: issued.leaf))
        let candidate = Candidate(
            workOrder: WorkOrderDigest(hashing: Array("a".utf8)), connector: try name("edge-1-shop"), slot: slot,
            certificate: Array(issued.chain.utf8), leaf: leaf, privateKey: nil,
            madeKey: MadeKey(certificate: try name("shop.v1"), spki: asked.spki, slots: [slot]), expects: held.holding)
        let staged = try await files.stage(place.batch(candidate), fence: 1)
        try await files.install(staged, fence: 1)
        let after = try await files.observations(of: [slot])[0]
        #expect(after.holding.leaf == leaf && after.key == asked.spki)
        let mode =
            try FileManager.default.attributesOfItem(
                atPath: URL(fileURLWithPath: slot.keyPath).resolvingSymlinksInPath().path)[.posixPermissions] as? Int
        #expect(mode == 0o640)
        // Undone and done again: the key that was there comes back, and the one that was made is still there.
        try await files.undo(staged.batch.id, [slot], fence: 1)
        #expect(try await files.observations(of: [slot])[0] == held)
        try await files.clean(staged.batch.id, [slot], fence: 1)
        #expect(try await files.look(at: [slot]).made.of(try name("shop.v1")).map(\.spki) == [asked.spki])
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.own + "/_keys").count == 1)
        let again = try await files.stage(place.batch(candidate, id: "00000000000000ab"), fence: 1)
        try await files.install(again, fence: 1)
        #expect(try await files.observations(of: [slot])[0].key == asked.spki)

        // Older ones than the one in use are of no use any more.
        let next = try await files.signingRequest(try request([slot]), fence: 1)
        #expect(next.isNewKey)
        #expect(
            try await Set(files.look(at: [slot]).made.of(try name("shop.v1")).map(\.spki)) == [asked.spki, next.spki])
    }

    @Test("that is not there any more stops the push before anything is staged", arguments: Way.all)
    func gone(way: Way) async throws {
        let files = try await files(way)
        let asked = try await files.signingRequest(try request([slot()]), fence: 1)
        let issued = try await authority.sign(String(decoding: asked.pem, as: UTF8.self), "issued", days: 30)
        try FileManager.default.removeItem(atPath: place.own + "/_keys/shop.v1.\(asked.spki.hex).key")
        let candidate = Candidate(
            workOrder: WorkOrderDigest(hashing: Array("a".utf8)), connector: try name("edge-1-shop"), slot: slot(),
            certificate: Array(issued.chain.utf8), leaf: Fingerprint(hex: issued.leaf), privateKey: nil,
            madeKey: MadeKey(certificate: try name("shop.v1"), spki: asked.spki, slots: [slot()]), expects: .nothing)
        do {
            _ = try await files.stage(place.batch(candidate), fence: 1)
            Issue.record("it was staged")
        } catch let error {
            #expect(error.code == .refused && error.detail.contains("not on the device any more"))
        }
        #expect(!place.folder.exists("tls/shop.crt"))
    }
}
