// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Processes
import TestKit
import Testing
import Vocabulary

/// SoftHSM: a token as PKCS#11 sees one, in files. What is typed here is what docs/hardware-token.md says.
private struct Token {
    let folder: TemporaryFolder
    static let module = "/usr/lib/softhsm/libsofthsm2.so"
    var environment: [String: String?] {
        ["SOFTHSM2_CONF": folder.file("softhsm2.conf"), "PKCS11_MODULE_PATH": Self.module]
    }
    var address: String { "pkcs11:token=gateway;object=recipient;type=private?pin-source=file:\(folder.file("pin"))" }

    /// - Returns: the certificate of the key in it, PEM.
    static func make() async throws -> (Token, certificate: String) {
        let token = Token(folder: try TemporaryFolder("token"))
        try token.folder.makeFolder("tokens")
        try token.folder.write("1234", to: "pin", mode: 0o600)
        try token.folder.write(
            "directories.tokendir = \(token.folder.file("tokens"))\nobjectstore.backend = file\nlog.level = ERROR\n",
            to: "softhsm2.conf")
        for command in [
            ["softhsm2-util", "--init-token", "--free", "--label", "gateway", "--so-pin", "0000", "--pin", "1234"],
            [
                "pkcs11-tool", "--module", module, "--token-label", "gateway", "--login", "--pin", "1234",
                "--keypairgen", "--key-type", "EC:prime256v1", "--usage-derive", "--id", "01", "--label", "recipient",
            ],
            [
                "openssl", "req", "-new", "-x509", "-engine", "pkcs11", "-keyform", "engine", "-key", token.address,
                "-subj", "/CN=countersign recipient", "-days", "7300", "-out", token.folder.file("recipient.pem"),
            ],
        ] {
            try await run(command, environment: token.environment)
        }
        return (token, try token.folder.readText("recipient.pem"))
    }
}

@Suite("A recipient's key in a hardware token") struct TokenTests {
    @Test(
        "opens what git holds for the gateway without ever leaving the token, and without the token nothing is pushed")
    func opens() async throws {
        let arena = try await Arena.made {
            $0.hasRecipient = true
            $0.isTrusted = false
        }
        let (token, certificate) = try await Token.make()
        let state = "state/gateway/recipient"
        #expect(!certificate.contains("PRIVATE"))
        try arena.folder.write(certificate + token.address + "\n", to: state, mode: 0o600)
        #expect(
            try await arena.countersign(
                ["recipient", "--state", arena.state(of: .gateway)], as: .gateway, exits: 0
            ).output == certificate)
        try arena.write(certificate, to: "zones/default.pem")
        try await arena.trust(try await arena.commit("Encrypt to the token's key"))
        try await arena.reconcile(exits: 0)

        try arena.edit("shop.yaml") {
            $0.replacing(#/privateKey: \{file: .*\}/#, with: "privateKey: {encrypted: certificates/shop.p7m}")
        }
        try await eventually("the next second") { Int64(time(nil)) > arena.old.issued }
        let renewed = try await arena.authority.issue("sealed", days: 47)
        try arena.folder.write(renewed.key, to: "new.key", mode: 0o600)
        try await arena.countersign(
            as: .alice, "encrypt-key", arena.folder.file("new.key"), "--zone", "default", "-o",
            arena.clone(of: .alice) + "/certificates/shop.p7m", exits: 0)
        try await arena.declare(renewed, because: "Renew, with the key in git")
        let digest = try await arena.digest()
        try await arena.approve(digest)
        try await arena.implement(digest)

        func pass(_ environment: [String: String?], exits code: Int32) async throws -> JSONValue {
            try await arena.countersign(
                arena.globals(of: .gateway) + ["reconcile", "--format", "json"], as: .gateway, environment: environment,
                exits: code
            ).json
        }
        // The token is not plugged in.
        let without = try await pass(["SOFTHSM2_CONF": arena.folder.file("none.conf")], exits: 2)
        #expect(without["pushes"] == [])
        #expect(without["plan"]?["workOrders"]?.array?.first?["reason"]?["code"] == "NoPrivateKey")
        // Another token has no such key.
        let (other, _) = try await Token.make()
        try other.folder.write("9999", to: "pin", mode: 0o600)
        #expect(try await pass(other.environment, exits: 2)["pushes"] == [])

        #expect(try await pass(token.environment, exits: 0)["pushes"]?.array?.first?["outcome"] == "Completed")
        #expect(try await arena.served() == renewed.leaf)
        #expect(try arena.folder.readText(state) == certificate + token.address + "\n")
    }
}
