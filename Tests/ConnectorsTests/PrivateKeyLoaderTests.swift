// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import PKI
import TestKit
import Testing
import Vocabulary

@testable import Connectors

@Suite("A private key from a file") struct PrivateKeyLoaderTests {
    let folder: TemporaryFolder
    let pair: Pair
    let loader: PrivateKeyLoader

    init() async throws {
        folder = try TemporaryFolder("keys")
        try folder.makeFolder("keys")
        pair = try await Pair()
        loader = PrivateKeyLoader(keyRoots: [folder.file("keys")])
    }

    private func code(_ path: String) -> KeyFileError.Code? {
        do throws(KeyFileError) {
            _ = try loader.load(path, for: pair.spki)
            return nil
        } catch {
            #expect(!error.description.contains("PRIVATE"))
            return error.code
        }
    }

    @Test("is found by the public key of its chain") func found() throws {
        try folder.write(pair.privateKey, to: "keys/deep/\(pair.spki.hex).key", mode: 0o400)
        let key = try loader.load(folder.file("keys/deep/{spki}.key"), for: pair.spki)
        #expect(key.publicKeyFingerprint == pair.spki)
    }

    @Test("has an identity that changes with the file") func identity() throws {
        try folder.write(pair.privateKey, to: "keys/a.key", mode: 0o600)
        let first = try loader.identity(folder.file("keys/a.key"), for: pair.spki)
        #expect(try loader.identity(folder.file("keys/a.key"), for: pair.spki) == first)
        try folder.write(pair.privateKey + [0x0a], to: "keys/a.key", mode: 0o600)
        #expect(try loader.identity(folder.file("keys/a.key"), for: pair.spki) != first)
    }

    @Test("is refused where others may use it", arguments: [0o640, 0o604, 0o620, 0o602, 0o644, 0o610])
    func loose(mode: Int) throws {
        try folder.write(pair.privateKey, to: "keys/a.key", mode: mode)
        #expect(code(folder.file("keys/a.key")) == .loose)
    }

    @Test("lies below a root of the zone") func outside() throws {
        try folder.write(pair.privateKey, to: "other/a.key", mode: 0o600)
        try folder.write(pair.privateKey, to: "keys-too/a.key", mode: 0o600)
        for path in ["other/a.key", "keys-too/a.key", "keys/../other/a.key", "keys/./a.key", "keys//a.key", "keys"] {
            #expect(code(folder.file(path)) == .outside, "\(path)")
        }
        #expect(code("keys/a.key") == .outside)
        #expect(PrivateKeyLoader(keyRoots: []).failure(folder.file("other/a.key"), pair.spki) == .outside)
    }

    @Test("is no link, and none leads to it") func links() throws {
        try folder.write(pair.privateKey, to: "other/a.key", mode: 0o600)
        try folder.write(pair.privateKey, to: "keys/real.key", mode: 0o600)
        for (link, target) in [("keys/a.key", "../other/a.key"), ("keys/b.key", "real.key"), ("keys/in", "../other")] {
            try FileManager.default.createSymbolicLink(atPath: folder.file(link), withDestinationPath: target)
        }
        #expect(code(folder.file("keys/a.key")) == .notPlain)
        #expect(code(folder.file("keys/b.key")) == .notPlain)
        #expect(code(folder.file("keys/in/a.key")) == .notPlain)
    }

    @Test("is a regular file of a sensible size") func plain() throws {
        try #require(mkfifo(folder.file("keys/pipe"), 0o600) == 0)
        try folder.makeFolder("keys/folder")
        try folder.write([UInt8](repeating: 65, count: 65537), to: "keys/large", mode: 0o600)
        #expect(code(folder.file("keys/pipe")) == .notPlain)
        #expect(code(folder.file("keys/folder")) == .notPlain)
        #expect(code(folder.file("keys/large")) == .tooLarge)
        #expect(code(folder.file("keys/absent")) == .absent)
        #expect(code(folder.file("keys/absent/a.key")) == .absent)
    }

    @Test("that cannot be used is never described") func content() throws {
        let sound = String(decoding: pair.privateKey, as: UTF8.self)
        let contents = [
            "", "garbage", String(sound.dropLast(60)), sound + sound, String(decoding: pair.certificate, as: UTF8.self),
        ]
        var texts: Set<String> = []
        for content in contents {
            try folder.write(content, to: "keys/a.key", mode: 0o600)
            let error = #expect(throws: KeyFileError.self) {
                try loader.load(folder.file("keys/a.key"), for: pair.spki)
            }
            #expect(error?.code == .unusable)
            texts.insert(error?.description ?? "")
        }
        #expect(texts.count == 1)
    }
}

extension PrivateKeyLoader {
    fileprivate func failure(_ path: String, _ spki: SPKIFingerprint) -> KeyFileError.Code? {
        do throws(KeyFileError) {
            _ = try load(path, for: spki)
            return nil
        } catch {
            return error.code
        }
    }
}
