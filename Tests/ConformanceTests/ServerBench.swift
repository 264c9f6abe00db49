// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Connectors
import Declarations
import Foundation
import Processes
import TestKit
import Vocabulary

@testable import Conformance

/// A real server whose slots are files, in a folder of the test's own; `tls` is a small file system, which can be full.
final class ServerBench: DriverBench {
    /// What is particular to one server.
    struct Kind: Sendable {
        var isBundle = false
        var owner: String?
        /// Its second place has an odd name; nil: it has one only.
        var odd: String? = OwnServer.oddName
        /// The folder beside the slots in which the driver keeps what is its own.
        var ownFolder = ".countersign"
        var traits = BenchTraits()
        var reasons: [Scenario: String] = [:]
        var commands: [String: [String]] = [:]
        var start: @Sendable (TemporaryFolder) async throws -> OwnServer
        var declared: @Sendable (OwnServer) throws -> DeviceSpec.Server
        /// Of the place of this name.
        var endpoints: @Sendable (OwnServer, String) -> [Endpoint]
        /// Names the place `first` at this port, where nothing lies yet; nil: not on this server.
        var open: (@Sendable (OwnServer, UInt16) async throws -> [Endpoint])?
        /// How the device is reached, where it is not this machine.
        var reach: (@Sendable (TemporaryFolder) async throws -> Reach)?
    }

    struct Reach: Sendable {
        var transport: DeviceSpec.Transport
        var around: DriverRegistry.Around
        var files: [String: NamedFile] = [:]
    }

    let folder: TemporaryFolder
    let server: OwnServer
    let device: Device
    let places: [BenchPlace]
    let oddPlace: BenchPlace?
    let files: [String: NamedFile]
    let around: DriverRegistry.Around
    private let kind: Kind
    private let mount: String
    /// Of the place that is opened later.
    private let sparePort: UInt16

    init(_ kind: Kind) async throws {
        self.kind = kind
        folder = try TemporaryFolder("bench")
        mount = try folder.makeFolder("tls")
        try await run("mount", "-t", "tmpfs", "-o", "size=256k,mode=755", "tmpfs", mount)
        do {
            let authority = try await CertificateAuthority(in: folder)
            let first = try await authority.issue("first", days: 20)
            let names = ["shop"] + (kind.odd.map { [$0] } ?? [])
            let slots = names.map { [folder] in Self.slot($0, in: folder, kind) }
            for slot in slots { try await Self.put(Array(first.chain.utf8), Array(first.key.utf8), in: slot) }
            server = try await kind.start(folder)
            places = zip(names, slots).map { [server] in BenchPlace(slot: $1, endpoints: kind.endpoints(server, $0)) }
            oddPlace = kind.odd == nil ? nil : places.last
            sparePort = try freePort()
            let reach = try await kind.reach?(folder)
            (files, around) = (reach?.files ?? [:], reach?.around ?? .nothing)
            let ports = Set(server.ports.values).union([sparePort]).sorted()
            device = Device(
                name: try Stand.required(DeviceName("edge-1"), "a name"),
                spec: DeviceSpec(
                    server: try kind.declared(server), zone: try Stand.required(ZoneName("default"), "a name"),
                    transport: reach?.transport ?? .local,
                    probes: reach == nil ? [] : ports.map { "127.0.0.0/8:\($0)" },
                    settle: .standard),
                raw: [:], position: SourcePosition(file: "devices/edge-1.yaml"))
        } catch {
            _ = try? await run("umount", "-l", mount)
            throw error
        }
    }

    /// Before the folder is taken away.
    func close() async {
        server.stop()
        _ = try? await run("umount", "-l", mount)
    }

    // MARK: what a bench must say

    var commands: [String: [String]] { kind.commands }
    var traits: BenchTraits { kind.traits }
    func reloads() -> Int? { server.reloads }
    func reason(against scenario: Scenario) -> String? { kind.reasons[scenario] }

    func openPlace() async throws -> BenchPlace? {
        guard let open = kind.open else { return nil }
        let endpoints = try await open(server, sparePort)
        return BenchPlace(slot: Self.slot(kind.odd == nil ? "shop" : "first", in: folder, kind), endpoints: endpoints)
    }

    private var ownFolder: String { folder.file("tls/\(kind.ownFolder)") }

    func begin(_ condition: BenchCondition) async throws {
        switch condition {
        case .makeLiveFails: try server.reloads(by: .fail)
        case .makeLiveLies: try server.reloads(by: .lie)
        case .makeLiveHangs: try server.reloads(by: .hang)
        case .denied:
            try await run("mkdir", "-p", "-m", "700", ownFolder)
            try await run("chown", "nobody", ownFolder)
        case .full:
            let filled = try await outcome(of: ["dd", "if=/dev/zero", "of=\(mount)/filler", "bs=4096"])
            guard !filled.succeeded else { throw FixtureError("the disk is not full: \(filled.errorText)") }
        }
    }

    func end(_ condition: BenchCondition) async throws {
        server.reloadsAgain()
        switch condition {
        case .denied: try await run("chown", "root", ownFolder)
        case .full: try await run("rm", "-f", "\(mount)/filler")
        default: break
        }
    }

    func changeByHand(_ place: BenchPlace, to pair: IssuedPair) async throws {
        try await Self.put(pair.chain, pair.key, in: place.slot)
    }

    func content(of place: BenchPlace) async throws -> [UInt8]? {
        var all: [UInt8] = []
        for path in Set([place.slot.path, place.slot.keyPath]).sorted() {
            let status = try FileManager.default.attributesOfItem(atPath: path)
            all += "\(path) \(status[.posixPermissions] ?? "") \(status[.ownerAccountID] ?? "")\n".utf8
            all += try Data(contentsOf: URL(fileURLWithPath: path))
        }
        return all
    }

    /// Regular files of the server and of the push that hold this key, besides the slot's own.
    func strayKeys(of pair: IssuedPair, besides place: BenchPlace) throws -> [String] {
        KeyWatch([String(decoding: pair.key, as: UTF8.self)]).files(below: folder.path)
            .filter { folder.file($0) != place.slot.keyPath }
    }

    func watching<Value: Sendable>(
        _ pair: IssuedPair, _ body: @Sendable () async throws -> Value
    ) async throws -> (Value, seen: [String]) {
        let (value, seen) = try await KeyWatch([String(decoding: pair.key, as: UTF8.self)]).found(during: body)
        return (value, seen.sorted())
    }

    // MARK: slots

    private static func slot(_ name: String, in folder: TemporaryFolder, _ kind: Kind) -> Slot {
        Slot(
            files: kind.isBundle
                ? .bundle(folder.file("tls/\(name).pem"))
                : .pair(certificate: folder.file("tls/\(name).crt"), privateKey: folder.file("tls/\(name).key")),
            owner: kind.owner)
    }

    private static func put(_ chain: [UInt8], _ key: [UInt8], in slot: Slot) async throws {
        if slot.path == slot.keyPath {
            try Data(key + chain).write(to: URL(fileURLWithPath: slot.path))
        } else {
            try Data(chain).write(to: URL(fileURLWithPath: slot.path))
            try Data(key).write(to: URL(fileURLWithPath: slot.keyPath))
        }
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: slot.keyPath)
        if let owner = slot.owner { try await run("chown", owner, slot.keyPath) }
    }
}
