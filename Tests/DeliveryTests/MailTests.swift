// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Declarations
import Delivery
import Foundation
import Planning
import TestKit
import Testing
import Vocabulary

@Suite("Mail") struct MailTests {
    @Test(
        "by the gateway's own sendmail lies in the mailbox, with no header that anybody else has written",
        .enabled(if: OwnServer.program("/usr/sbin/postfix") != nil, "postfix is not installed"))
    func mailbox() async throws {
        let folder = try TemporaryFolder("mail")
        let postfix = try await OwnServer.mailbox(in: folder)
        let mail = ChannelSpec.Mail(
            recipients: .addresses(["pki@example.com", "pki+second@example.com"]), from: "countersign@example.com",
            program: postfix.mailer)
        var outbox = try Outbox(in: folder, ["pki": ChannelSpec(.mail(mail))])
        try await outbox.post(
            ["edge-1-shop"], on: "pki", headline: "one\nBcc: mallory@example.com\r\n\r\n.\nbody\u{202e}")
        #expect(try await outbox.deliver().map(\.error) == [nil])
        try await eventually(within: .seconds(60), "both copies have arrived") { postfix.mails.count == 2 }
        let text = try #require(postfix.mails.first)
        let head = text.prefix(upTo: try #require(text.range(of: "\n\n")).lowerBound)
        let headers = head.split(separator: "\n").map(String.init)
        #expect(headers.contains("From: countersign@example.com"))
        #expect(
            headers.contains {
                $0.hasPrefix("Subject: [edge-certs] warning: edge-1-shop: one\\u{a}Bcc: mallory@example.com\\u{d}")
            }, "\(head)")
        #expect(headers.contains("Auto-Submitted: auto-generated") && !headers.contains { $0.hasPrefix("Bcc") })
        #expect(headers.contains("Date: Sat, 28 Nov 2026 12:00:00 +0000"))
        #expect(text.contains("next: countersign adopt edge-1-shop"))
        #expect(postfix.mails.allSatisfy { $0.contains("To: pki@example.com,") })
    }

    @Test("for approvers goes to each at their own address, and who has none is shown")
    func approvers() async throws {
        let folder = try TemporaryFolder("mail")
        let program = try folder.write(
            "#!/bin/sh\nprintf '%s ' \"$@\" >>'\(folder.file("argv"))'\ncat >>'\(folder.file("mails"))'\n",
            to: "sendmail",
            mode: 0o755)
        let mail = ChannelSpec.Mail(recipients: .approvers, from: "a@example.com", program: [program])
        var outbox = try Outbox(in: folder, ["signers": ChannelSpec(.mail(mail))])
        try await outbox.post(["edge-1-shop"], on: "signers", to: "bob")
        try await outbox.post(["edge-1-shop"], on: "signers", to: "dave")
        let results = try await outbox.deliver()
        let errors = Dictionary(uniqueKeysWithValues: results.map { ($0.dispatch.recipient?.text, $0.error) })
        #expect(errors["bob"] == .some(nil))
        #expect(errors["dave"]??.detail.contains("dave has no e-mail address") == true)
        #expect(try folder.readText("argv") == "-i -f a@example.com -- bob@example.com ")
        #expect(try await outbox.standing("signers")?.failing?.contains("dave has no e-mail") == true)
    }
}
