// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Approvals
import TestKit
import Testing
import Vocabulary

@Suite("The form of a record") struct RecordFormTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var raw: [UInt8]
        init(_ what: String, _ raw: [UInt8]) { (testDescription, self.raw) = (what, raw) }
        init(_ what: String, _ was: String, _ becomes: String) {
            let message = SigningBench.message.replacing(was, with: becomes, maxReplacements: 1)
            precondition(message != SigningBench.message, what)
            (testDescription, raw) = (what, unsignedCommit(message))
        }
        /// A trailer more, at the end.
        init(_ what: String, adding line: String) {
            (testDescription, raw) = (what, unsignedCommit(SigningBench.message + line))
        }
    }

    private func code(_ raw: [UInt8]) -> Refusal.Code? {
        RecordReader.read(commit: Stage.id("commit"), raw: raw, now: SigningBench.now).code
    }

    static let digest = Stage.digest
    static let line = "Countersign-Work-Order: \(digest.id) \(digest)"
    static let policyLine = "Countersign-Policy-Change: \(Stage.policyDigest.id) \(Stage.policyDigest)"

    static let malformed: [Row] =
        MalformedText.all.map {
            Row($0.name, unsignedCommit($0.bytes(of: SigningBench.message, digest: digest.description)))
        } + [
            Row("an unknown header", unsignedCommit(headers: header(adding: "mergetag x"))),
            Row("an encoding", unsignedCommit(headers: header(adding: "encoding ISO-8859-1"))),
            Row("a tree twice", unsignedCommit(headers: ["tree \(Stage.id("evil"))"] + header())),
            Row(
                "a committer twice", unsignedCommit(headers: header(adding: "committer Eve <eve@example.com> 1 +0000"))),
            Row("no commit", Array("hello".utf8)),
            Row("nothing", []),
        ]

    private static func header(adding line: String? = nil) -> [String] {
        let identity = "Bob <bob@example.com> 1767225600 +0000"
        return [
            "tree \(Stage.id("tree"))", "parent \(Stage.id("status"))", "author \(identity)", "committer \(identity)",
        ]
            + [line].compactMap(\.self)
    }

    @Test("is Malformed with", arguments: malformed)
    func refused(row: Row) { #expect(code(row.raw) == .malformed) }

    static let good: [Row] = [
        Row("nothing else", unsignedCommit()),
        Row("foreign trailers", adding: "Signed-off-by: Bob <bob@example.com>\nReviewed-by: Dave <dave@example.com>\n"),
        Row("a folded foreign trailer", adding: "Note: one\n  two\n"),
        Row("foreign trailers first", "Countersign-Record", "Signed-off-by: B <b@example.com>\nCountersign-Record"),
        Row("several work orders", adding: "Countersign-Work-Order: \(Stage.other.id) \(Stage.other)\n"),
        Row("a policy change", line, policyLine),
        Row("a schedule", "manual", "scheduled 2026-11-28T22:00:00+01:00/2026-11-29T02:00:00+01:00"),
        Row("an emergency", adding: "Countersign-Class: emergency\n"),
        Row(
            "acknowledgements",
            adding:
                "Countersign-Acknowledge: changes 120\nCountersign-Acknowledge: holds-other\nCountersign-Acknowledge: endpoint-down [2001:db8::1]:443\n"
        ),
        Row("no line feed at the end", "Implementation: manual\n", "Implementation: manual"),
        Row("empty lines at the end", adding: "\n\n\n"),
        Row("no comment", "\nAgreed with netops.\n", ""),
        Row("nothing but trailers", unsignedCommit(SigningBench.trailers)),
        Row("our words quoted in the comment", "Agreed", "> Countersign-Level: approve\nAgreed"),
        Row("words in any language", "Agreed", "Einverstanden — 同意, é"),
    ]

    /// The form is good and what is missing is the signature: that is looked at next.
    @Test("is good with", arguments: good)
    func accepted(row: Row) { #expect(code(row.raw) == .unsigned) }

    @Test("offers what may have been meant")
    func didYouMean() {
        let raw = unsignedCommit(SigningBench.message.replacing("-Level", with: "-Levle"))
        let result = RecordReader.read(commit: Stage.id("commit"), raw: raw)
        #expect(
            result.refusalMessage
                == "`Countersign-Levle` is not a trailer of approval/v1; did you mean Countersign-Level?")
    }

    @Test("shows nothing of a hostile text as it is")
    func escaped() {
        let raw = unsignedCommit(SigningBench.message + "\u{1b}[2Jhello\n")
        let message = RecordReader.read(commit: Stage.id("commit"), raw: raw).refusalMessage
        #expect(message.contains("\\u{1b}") && !message.contains("\u{1b}"))
    }
}

@Suite("The message that is signed") struct RecordWriterTests {
    private func record(
        decision: ApprovalRecord.Decision = .approve, subject: ApprovalRecord.Subject = .workOrders([Stage.digest]),
        implementation: ApprovalRecord.Implementation = .manual, emergency: Bool = false,
        acknowledgements: [ApprovalRecord.Acknowledgement] = [],
        title: String = "Approve shop-example-com on edge-1-shop",
        comment: String = "Agreed with netops."
    ) -> ApprovalRecord {
        ApprovalRecord(
            repository: Stage.repository, level: "approve", decision: decision, subject: subject,
            implementation: implementation, emergency: emergency, acknowledgements: acknowledgements, title: title,
            comment: comment, tree: Stage.id("tree"), parent: Stage.id("status"), committed: SigningBench.now)
    }

    @Test("is the one in the reference, byte for byte")
    func exact() throws { #expect(try RecordWriter.message(for: record()) == SigningBench.message) }

    @Test("reads back as what was meant")
    func roundTrip() async throws {
        let bench = try await SigningBench.make()
        let window = Window(start: SigningBench.now + 60, end: SigningBench.now + 3660)
        let records = [
            record(), record(comment: ""), record(title: "", comment: ""),
            record(comment: "One paragraph\nof two lines.\n\n\nAnother: with a colon\n  indented\nLast-Trailer: no"),
            record(subject: .workOrders([Stage.digest, Stage.other]), implementation: .scheduled(window)),
            record(decision: .revoke), record(decision: .cancel), record(decision: .reject), record(decision: .review),
            record(
                subject: .policyChange(Stage.policyDigest), emergency: true,
                acknowledgements: [.changes(120), .endpointDown("10.0.0.5:443"), .holdsOther]),
        ]
        for var record in records {
            (record.tree, record.parent) = (try SigningBench.id(bench.tree), try SigningBench.id(bench.status))
            let (_, raw) = try await bench.commit(try RecordWriter.message(for: record), by: bench.bob)
            #expect(try bench.read(raw).get().record == record)
        }
    }

    @Test(
        "is not written where it would read otherwise",
        arguments: [
            ("Approve", "countersign-level: implement"), ("Approve", "a\n\nCountersign-Level: implement\n\nb"),
            ("Countersign-Level: implement", ""), ("Approve\nand more", ""), ("Approve", "\nbegins with an empty line"),
            ("Approve", "ends with one\n"), ("", "no first line"), ("Approve", "a\rb"), ("Approve", "a\u{2066}b"),
            ("Approve", "a\u{0}b"),
        ])
    func refused(title: String, comment: String) {
        #expect(throws: Refusal.self) { try RecordWriter.message(for: record(title: title, comment: comment)) }
    }

    @Test("is not written for more work orders than a record may name", arguments: [(1000, true), (1001, false)])
    func most(count: Int, isWritten: Bool) {
        let digests = (0..<count).map { WorkOrderDigest(hashing: Array("\($0)".utf8)) }
        let message = try? RecordWriter.message(for: record(subject: .workOrders(digests)))
        #expect((message != nil) == isWritten)
        if let message { #expect(message.utf8.count + 4096 < RecordReader.largest) }
    }
}
