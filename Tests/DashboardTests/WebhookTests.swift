// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Operations
import TestKit
import Testing
import Vocabulary

@testable import Dashboard

private let shared = "0123456789abcdef0123456789abcdef"
private let noon = Timestamp(secondsSince1970: 1_800_000_000)

private func signature(_ text: String, _ secret: String = shared) -> String {
    var key = Array(secret.utf8)
    return "sha256=" + authenticationCode(of: Array(text.utf8), under: SecretBytes(taking: &key)).hex
}

private func made(_ text: String = "git \(shared)\n", mode: Int = 0o600) throws -> (Webhook, TemporaryFolder) {
    let folder = try TemporaryFolder("webhook")
    return (try Webhook(try folder.write(text, to: "secrets", mode: mode)), folder)
}

@Suite("A signed request to wake") struct WebhookTests {
    @Test(
        "is one whose signature is over its time and body",
        arguments: [
            ("1800000000", signature("1800000000.body"), Webhook.Verdict.accepted),
            ("1800000300", signature("1800000300.body"), .accepted),
            ("1799999700", signature("1799999700.body"), .accepted),
            ("1800000301", signature("1800000301.body"), .outOfTime),
            ("1799999699", signature("1799999699.body"), .outOfTime),
            ("1800000000", signature("1800000000.other"), .notSigned),
            ("1800000001", signature("1800000000.body"), .notSigned),
            ("1800000000", signature("1800000000.body", "another secret of thirty-two characters"), .notSigned),
            ("1800000000", signature("1800000000.body").uppercased(), .notSigned),
            ("1800000000", "sha256=", .notSigned), ("1800000000", nil, .notSigned), (nil, signature(".body"), .notSigned),
            ("", signature(".body"), .notSigned), ("-1", signature("-1.body"), .notSigned),
            ("99999999999999999999", signature("99999999999999999999.body"), .notSigned),
        ] as [(String?, String?, Webhook.Verdict)])
    func signed(timestamp: String?, signature: String?, verdict: Webhook.Verdict) throws {
        let (webhook, folder) = try made()
        #expect(
            webhook.verdict(timestamp: timestamp, signature: signature, body: Array("body".utf8), now: noon) == verdict)
        withExtendedLifetime(folder) {}
    }

    @Test("is good once, by any of the secrets, until its secret is taken out of the file")
    func once() throws {
        let other = "another-secret-of-thirty-two-characters"
        let (webhook, folder) = try made("# who may\ngit \(shared)\nforge \(other)\n")
        func ask(_ secret: String, _ text: String) -> Webhook.Verdict {
            webhook.verdict(
                timestamp: "1800000000", signature: signature("1800000000.\(text)", secret), body: Array(text.utf8),
                now: noon)
        }
        #expect(ask(shared, "one") == .accepted)
        #expect(ask(shared, "one") == .repeated)
        #expect(ask(other, "one") == .accepted)
        #expect(ask(shared, "two") == .accepted)
        try folder.write("forge \(other)\n", to: "secrets", mode: 0o600)
        #expect(ask(shared, "three") == .notSigned)
        #expect(ask(other, "three") == .accepted)
        try folder.write("forge \(other) \n", to: "secrets", mode: 0o640)
        #expect(ask(other, "four") == .notSigned, "others may read it")
    }

    @Test(
        "is not taken by a file of secrets that is not safe",
        arguments: [
            ("git \(shared)\n", 0o604), ("git \(shared)\n", 0o660), ("git short\n", 0o600), ("# nobody\n", 0o600),
            ("\(shared)\n", 0o600),
        ])
    func unsafe(text: String, mode: Int) throws {
        let error = #expect(throws: UserError.self) { _ = try made(text, mode: mode) }
        #expect(error?.code == "WebhookSecrets")
        #expect(error?.message.contains(shared) == false)
    }
}
