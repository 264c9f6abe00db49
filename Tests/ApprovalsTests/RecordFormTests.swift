// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Approvals
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

    static let malformed: [Row] = [
        Row("another version", "approval/v1", "approval/v2"),
        Row("a required trailer missing", "Countersign-Level: approve\n", ""),
        Row("no implementation", "\nCountersign-Implementation: manual", ""),
        Row("no work order", line + "\n", ""),
        Row("no trailers at all", SigningBench.trailers, "Signed-off-by: Bob <bob@example.com>"),
        Row("a trailer twice", adding: "Countersign-Level: approve\n"),
        Row("a work order twice", adding: line + "\n"),
        Row("a work order and a policy change", adding: policyLine + "\n"),
        Row("two policy changes", line, policyLine + "\n" + policyLine),
        Row("an unknown trailer of ours", adding: "Countersign-Note: hello\n"),
        Row("another letter case", "Countersign-Level", "countersign-level"),
        Row("another letter case, beside the right one", adding: "COUNTERSIGN-LEVEL: implement\n"),
        Row("no blank after the colon", "Level: approve", "Level:approve"),
        Row("two blanks after the colon", "Level: approve", "Level:  approve"),
        Row("a blank before the colon", "Level: approve", "Level : approve"),
        Row("a blank at the end", "Level: approve\n", "Level: approve \n"),
        Row("a tab at the end", "Level: approve\n", "Level: approve\t\n"),
        Row("an empty value", "Level: approve", "Level: "),
        Row("a folded trailer", "Level: approve\n", "Level: approve\n  implement\n"),
        Row("a value that is not ASCII", "Level: approve", "Level: \u{0430}pprove"),
        Row("trailers outside the last paragraph", "Agreed with netops.", "Countersign-Level: implement"),
        Row("one outside, in another case", "Agreed with netops.", "Agreed.\ncounterSIGN-level: implement"),
        Row("one as the first line", "Approve shop-example-com on edge-1-shop", "Countersign-Level: implement"),
        Row("a paragraph after the trailers", adding: "\nand one more thing\n"),
        Row("prose among the trailers", adding: "and one more thing\n"),
        Row("a blank line that is not empty", "netops.\n\n", "netops.\n \n"),
        Row("a carriage return", "Level: approve\n", "Level: approve\r\n"),
        Row("a carriage return in the comment", "netops.", "netops.\r"),
        Row("a NUL", "netops.", "netops.\u{0}"),
        Row("a bidirectional control in the comment", "netops.", "netops.\u{202e}"),
        Row("a bidirectional mark in a foreign trailer", adding: "Signed-off-by: Bob\u{200f} <bob@example.com>\n"),
        Row("invalid UTF-8", unsignedCommit() + [0xff, 0x0a]),
        Row("a short digest", digest.hex, String(digest.hex.prefix(40))),
        Row("an upper-case digest", digest.hex, digest.hex.uppercased()),
        Row("a digest without its algorithm", "sha256:", ""),
        Row("an id that is not its digest's", digest.id, Stage.other.id),
        Row("a lower-case id", digest.id, digest.id.lowercased()),
        Row("an upper-case repository", "6f1c2a0e", "6F1C2A0E"),
        Row("a repository that is no UUID", Stage.repository, "edge-certs"),
        Row("an unknown decision", "Decision: approve", "Decision: allow"),
        Row("an upper-case decision", "Decision: approve", "Decision: Approve"),
        Row("a scheduled reject", "Decision: approve", "Decision: reject").replacing(
            "manual", "scheduled 2026-11-28T22:00:00Z/2026-11-29T02:00:00Z"),
        Row("a scheduled revoke", "Decision: approve", "Decision: revoke").replacing(
            "manual", "scheduled 2026-11-28T22:00:00Z/2026-11-29T02:00:00Z"),
        Row("a schedule without an end", "manual", "scheduled 2026-11-28T22:00:00Z"),
        Row("a schedule that ends before it begins", "manual", "scheduled 2026-11-29T02:00:00Z/2026-11-28T22:00:00Z"),
        Row("a schedule of no length", "manual", "scheduled 2026-11-29T02:00:00Z/2026-11-29T02:00:00Z"),
        Row("a time without an offset", "manual", "scheduled 2026-11-28T22:00:00/2026-11-29T02:00:00"),
        Row("a day that there is not", "manual", "scheduled 2026-02-30T22:00:00Z/2026-11-29T02:00:00Z"),
        Row("an upper-case manual", "manual", "Manual"),
        Row("another class", adding: "Countersign-Class: routine\n"),
        Row("an unknown acknowledgement", adding: "Countersign-Acknowledge: everything\n"),
        Row("an acknowledgement without its number", adding: "Countersign-Acknowledge: changes\n"),
        Row("an acknowledgement of nought", adding: "Countersign-Acknowledge: changes 0\n"),
        Row("a number with a leading zero", adding: "Countersign-Acknowledge: changes 012\n"),
        Row("an endpoint without a port", adding: "Countersign-Acknowledge: endpoint-down 10.0.0.5\n"),
        Row("a port that there is not", adding: "Countersign-Acknowledge: endpoint-down 10.0.0.5:70000\n"),
        Row(
            "1,001 work orders", line,
            (0...1000).map { number in
                let digest = WorkOrderDigest(hashing: Array("\(number)".utf8))
                return "Countersign-Work-Order: \(digest.id) \(digest)"
            }.joined(separator: "\n")),
        Row("a commit of a megabyte", "netops.", String(repeating: "x", count: 1 << 20)),
        Row("an unknown header", unsignedCommit(headers: header(adding: "mergetag x"))),
        Row("an encoding", unsignedCommit(headers: header(adding: "encoding ISO-8859-1"))),
        Row("a tree twice", unsignedCommit(headers: ["tree \(Stage.id("evil"))"] + header())),
        Row("a committer twice", unsignedCommit(headers: header(adding: "committer Eve <eve@example.com> 1 +0000"))),
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

extension RecordFormTests.Row {
    fileprivate func replacing(_ was: String, _ becomes: String) -> Self {
        Self(testDescription, Array(String(decoding: raw, as: UTF8.self).replacing(was, with: becomes).utf8))
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
