// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Signatures
import TestKit
import Testing
import Vocabulary

@Suite("The bytes of a commit") struct CommitObjectTests {
    private func codes(_ text: String) throws -> [Irregularity.Code] {
        try CommitObject(parsing: bytes(text)).irregularities.map(\.code)
    }

    @Test("are taken apart without loss") func parts() async throws {
        let fixture = try await GitFixture.make()
        let first = try await fixture.commit("first")
        let key = try await SSHKey("bob", in: fixture.folder)
        let second = try await fixture.commit("Subject\n\nBody é\n\nTrailer: x\n", signedBy: key)
        let raw = try await fixture.object(second)
        let commit = try CommitObject(parsing: raw)
        #expect(commit.headers.map(\.name) == ["tree", "parent", "author", "committer", "gpgsig"])
        #expect(commit.parents.map(\.hex) == [first])
        #expect(commit.tree.hex == (try await fixture.git("rev-parse", "HEAD^{tree}")))
        #expect(commit.messageText == "Subject\n\nBody é\n\nTrailer: x\n")
        #expect(commit.author?.name == "Fixture")
        #expect(commit.author?.email == "fixture@example.com")
        #expect(commit.author?.time == Timestamp(secondsSince1970: 1_767_225_600))
        #expect(commit.irregularities.isEmpty)
        let signature = try #require(commit.signature)
        #expect(String(decoding: signature, as: UTF8.self).hasSuffix("\n-----END SSH SIGNATURE-----"))
        #expect(rebuilt(commit) == raw)
    }

    private func rebuilt(_ commit: CommitObject) -> [UInt8] {
        commit.headers.flatMap { header in
            bytes(header.name + " ") + header.value.flatMap { $0 == 0x0a ? [0x0a, 0x20] : [$0] } + [0x0a]
        } + [0x0a] + commit.message
    }

    @Test(
        "are none without tree, author or committer, or with an id that is none",
        arguments: [
            "", "\n", "author \(identity)\ncommitter \(identity)\n\n", treeLine + "author \(identity)\n\n",
            treeLine + "committer \(identity)\n\n", " x\n" + head, head + "gpgsig cut",
            "tree 4B825DC642CB6EB9A060E54BF8D69288FBEE4904\nauthor \(identity)\ncommitter \(identity)\n\n",
            treeLine + "parent 12\nauthor \(identity)\ncommitter \(identity)\n\n",
        ])
    func notACommit(text: String) {
        #expect(throws: CommitObject.NotACommit.self) { try CommitObject(parsing: bytes(text)) }
    }

    @Test("are plain where nothing is irregular, with an empty message and with none") func plain() throws {
        #expect(try codes(head + "\nmessage\n") == [])
        #expect(try codes(head + "\n") == [])
        #expect(try codes(head) == [])
        #expect(try CommitObject(parsing: bytes(head)).signedPayload == bytes(head))
    }

    @Test(
        "report what a record must not contain",
        arguments: [
            (
                treeLine
                    + "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor \(identity)\ncommitter \(identity)\n\n",
                Irregularity.Code.duplicateHeader
            ),
            (head + "committer \(identity)\n\n", .duplicateHeader),
            (head + "mergetag x\n\n", .unknownHeader), (head + "HG:extra x\n\n", .unknownHeader),
            (head + "encoding ISO-8859-1\n\n", .encoding),
            (head + "gpgsig a\ngpgsig b\n\n", .severalSignatures),
            (head + "gpgsig a\ngpgsig-sha256 b\n\n", .severalSignatures),
            (head + "parent \(String(repeating: "1", count: 40))\n\n", .headerOrder),
            (
                treeLine + String(repeating: "parent \(String(repeating: "1", count: 40))\n", count: 2)
                    + "author \(identity)\ncommitter \(identity)\n\n", .parentTwice
            ),
            (treeLine + "author Bob\ncommitter \(identity)\n\n", .identity),
            (treeLine + "author \(identity)\ncommitter \(identity)\r\n\n", .strangeHeader),
            (treeLine + "author \(identity)\n folded\ncommitter \(identity)\n\n", .strangeHeader),
            (head + "\na\0b", .nulInMessage), (head + "\na\r\n", .carriageReturnInMessage),
            (head + "\na\u{202e}b", .bidirectionalControl), (head + "\na\u{200f}b", .bidirectionalControl),
        ])
    func irregular(text: String, code: Irregularity.Code) throws {
        #expect(try codes(text).contains(code))
    }

    @Test("may hold a message or a name that is not UTF-8, and say so") func notUTF8() throws {
        let message = try CommitObject(parsing: bytes(head + "\n") + [0xff])
        #expect(message.irregularities.map(\.code) == [.messageNotUTF8])
        #expect(message.messageText == nil)
        let name = try CommitObject(
            parsing: bytes(treeLine + "author ") + [0xff] + bytes(identity + "\ncommitter \(identity)\n\n"))
        #expect(Set(name.irregularities.map(\.code)) == [.identity, .strangeHeader])
        #expect(name.author == nil)
    }

    @Test("keep what stands after a NUL in the message") func afterNUL() throws {
        let commit = try CommitObject(parsing: bytes(head + "\nshown\0hidden"))
        #expect(commit.message == bytes("shown\0hidden"))
        #expect(commit.signedPayload == bytes(head + "\nshown\0hidden"))
    }

    @Test("are signed without either signature header, wherever it stands, as git does it") func payload() throws {
        let text =
            treeLine
            + "gpgsig a\n b\n \n c\nauthor \(identity)\ngpgsig-sha256 x\n y\ncommitter \(identity)\n\ngpgsig z\n"
        let commit = try CommitObject(parsing: bytes(text))
        #expect(commit.signedPayload == bytes(head + "\ngpgsig z\n"))
        #expect(commit.signature == bytes("a\nb\n\nc"))
    }
}

@Suite("An identity line") struct IdentityTests {
    @Test(
        "is parsed and written back",
        arguments: [
            identity, "<a@b> 0 -0000", " <> 1 +0000", "A B  C <x y> 1767225600 -1130", "é <ü@x> 99999999999 +1400",
        ])
    func roundTrip(text: String) throws {
        let parsed = try #require(Identity(parsing: bytes(text)))
        let normal = text.hasPrefix("<") ? " " + text.replacing("-0000", with: "+0000") : text
        #expect(parsed.line == normal)
    }

    @Test(
        "is nothing else",
        arguments: [
            "", "Bob", "Bob bob@example.com 1 +0000", "Bob <bob@example.com>1 +0000", "Bob <bob@example.com> 1",
            "Bob <bob@example.com> 1 +000", "Bob <bob@example.com> 1 +00000", "Bob <bob@example.com> 1 0000",
            "Bob <bob@example.com> 01 +0000", "Bob <bob@example.com> -1 +0000", "Bob <bob@example.com> 1 +2400",
            "Bob <bob@example.com> 1 +0060", "Bob <bob@example.com>  1 +0000", "Bob <bob@example.com> 1 +0000 ",
            "Bob<bob@example.com> 1 +0000", "B<ob <bob@example.com> 1 +0000", "Bob <bob@example.com>> 1 +0000",
            "Bob <bob@example.com> 9999999999999999999 +0000", "Bob\u{7f} <b> 1 +0000", "Bob <b\u{0}> 1 +0000",
        ])
    func refused(text: String) {
        #expect(Identity(parsing: bytes(text)) == nil)
    }

    @Test("cannot be made to hold another header", arguments: ["a\nparent x", "a<b", "a>b", "a\0"])
    func injection(text: String) {
        let time = Timestamp(secondsSince1970: 0)
        #expect(Identity(name: text, email: "x", time: time) == nil)
        #expect(Identity(name: "x", email: text, time: time) == nil)
    }
}
