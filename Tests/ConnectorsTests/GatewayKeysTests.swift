// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import PKI
import TestKit
import Testing
import Vocabulary

@testable import Connectors
@testable import Declarations

@Suite("A private key that a command prints") struct GatewayKeysTests {
    let folder: TemporaryFolder
    let pair: Pair

    init() async throws {
        folder = try TemporaryFolder("commands")
        try folder.makeFolder("keys")
        pair = try await Pair()
        try folder.write(pair.privateKey, to: "shop.key", mode: 0o600)
    }

    private func key(
        _ script: String, source: CertificateSpec.PrivateKeySource? = nil, passphrase: Bool = false,
        limit: Duration = .seconds(60)
    ) async throws -> Result<PrivateKey?, KeyFileError> {
        let program = try folder.write(
            "#!/bin/sh\ncd '\(folder.path)' || exit 9\n\(script)\n", to: "command", mode: 0o755)
        let keys = GatewayKeys(
            files: PrivateKeyLoader(keyRoots: [folder.file("keys")]), recipient: nil,
            commands: ["pass-key": [program, "show"]], limit: limit)
        let certificate = Certificate(
            name: try name("shop"),
            spec: CertificateSpec(
                chain: "shop.pem", privateKey: source ?? .command(name: "pass-key", argument: "web/shop"),
                passphrase: passphrase ? .init(command: "pass-key", argument: "web/shop") : nil),
            raw: [:], position: SourcePosition(file: "shop.yaml"))
        do throws(KeyFileError) {
            return .success(try await keys.key(of: certificate, spki: pair.spki, repositoryFiles: [:]))
        } catch {
            return .failure(error)
        }
    }

    @Test("is read from its standard output; it is given its words and the argument, and no shell")
    func found() async throws {
        let key = try await key("printf '%s|' \"$@\" >given; cat shop.key")
        #expect(try key.get()?.publicKeyFingerprint == pair.spki)
        #expect(try folder.readText("given") == "show|web/shop|")
    }

    @Test(
        "is unusable in one and the same words, whatever the command does instead",
        arguments: [
            "exit 1", "cat shop.key; exit 1", "true", "echo hello", "cat shop.key shop.key", "cat shop.key >&2",
            "yes | head -c 70000", "kill -9 $$", "sleep 600", "openssl pkey -in shop.key -aes256 -passout pass:x",
        ])
    func unusable(script: String) async throws {
        guard case .failure(let error) = try await key(script, limit: .seconds(script.hasPrefix("sleep") ? 1 : 60))
        else {
            Issue.record("\(script): a key")
            return
        }
        #expect(error.code == .unusable && error.description == "command pass-key: private key cannot be read")
    }

    @Test("is unusable where the Repository in force has no such command") func undeclared() async throws {
        let source = CertificateSpec.PrivateKeySource.command(name: "other", argument: "x")
        await #expect(throws: KeyFileError.self) { try await key("cat shop.key", source: source).get() }
    }

    @Test("may be encrypted, and a file's may: another run prints the passphrase, the end of its line aside")
    func passphrase() async throws {
        try await run(
            "openssl", "pkey", "-in", folder.file("shop.key"), "-aes256", "-passout", "pass:open sesame", "-out",
            folder.file("keys/shop.key"))
        try await run("chmod", "600", folder.file("keys/shop.key"))
        let file = CertificateSpec.PrivateKeySource.file(folder.file("keys/shop.key"))
        for says in ["echo 'open sesame'", "printf 'open sesame'", "printf 'open sesame\\r\\nuser: web\\n'"] {
            #expect(try await key(says, source: file, passphrase: true).get()?.publicKeyFingerprint == pair.spki)
        }
        for says in ["echo 'open'", "exit 1", "true", "sleep 600"] {
            await #expect(throws: KeyFileError.self) {
                try await key(says, source: file, passphrase: true, limit: .seconds(says.hasPrefix("sleep") ? 1 : 60))
                    .get()
            }
        }
        await #expect(throws: KeyFileError.self, "it asks nobody") { try await key("true", source: file).get() }
        #expect(
            !GatewayKeys.isLookedAt(
                CertificateSpec(chain: "", privateKey: file, passphrase: .init(command: "a", argument: "b"))))
        #expect(GatewayKeys.isLookedAt(CertificateSpec(chain: "", privateKey: file)))
    }
}
