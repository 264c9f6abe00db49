// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// What can be wrong with the text of a record: each is `Malformed`, whoever signed it.
///
/// One table for the reader's own tests and for the corpus of attacks, which signs each with a real key.
package struct MalformedText: Sendable {
    package var name: String
    private var edit: @Sendable (_ good: String, _ digest: String) -> [UInt8]

    /// The whole message, from a good one of the form of `HandmadeRecord` that names one work order.
    ///
    /// - Parameter digest: the one that `good` names, with `sha256:`.
    package func bytes(of good: String, digest: String) -> [UInt8] { edit(good, digest) }

    private init(_ name: String, _ edit: @escaping @Sendable (_ good: String, _ digest: String) -> [UInt8]) {
        (self.name, self.edit) = (name, edit)
    }

    private init(_ name: String, _ was: String, _ becomes: String) {
        self.init(name) { good, _ in Array(good.replacing(was, with: becomes, maxReplacements: 1).utf8) }
    }

    /// A line more, at the end.
    private init(_ name: String, adding line: String) {
        self.init(name) { good, _ in Array((good + line + "\n").utf8) }
    }

    /// The line of its work order, replaced.
    private init(_ name: String, workOrder edit: @escaping @Sendable (_ digest: String) -> String) {
        self.init(name) { good, digest in
            Array(good.replacing(HandmadeRecord.workOrderLine(digest), with: edit(digest), maxReplacements: 1).utf8)
        }
    }

    private static let other = "sha256:" + String(repeating: "0b", count: 32)

    private static func policyLine(_ digest: String) -> String {
        "Countersign-Policy-Change: POL-\(HandmadeRecord.id(of: digest).dropFirst(3)) \(digest)"
    }

    /// The repository's line with another value.
    private static func repository(_ name: String, _ change: @escaping @Sendable (String) -> String) -> MalformedText {
        let trailer = "Countersign-Repository: "
        return MalformedText(name) { good, _ in
            let lines = good.split(separator: "\n", omittingEmptySubsequences: false).map { line in
                line.hasPrefix(trailer) ? trailer + change(String(line.dropFirst(trailer.count))) : String(line)
            }
            return Array(lines.joined(separator: "\n").utf8)
        }
    }

    /// A decision that takes no schedule, with one.
    private static func scheduled(_ decision: String) -> MalformedText {
        MalformedText("a scheduled \(decision)") { good, _ in
            Array(
                good.replacing("Decision: approve", with: "Decision: \(decision)")
                    .replacing("manual", with: "scheduled 2026-11-28T22:00:00Z/2026-11-29T02:00:00Z").utf8)
        }
    }

    package static let all: [MalformedText] = trailers + text + values

    private static let trailers: [MalformedText] = [
        .init("another version", "approval/v1", "approval/v2"),
        .init("a required trailer missing", "Countersign-Level: approve\n", ""),
        .init("no decision", "Countersign-Decision: approve\n", ""),
        .init("no implementation", "\nCountersign-Implementation: manual", ""),
        .init("no work order") { _ in "Signed-off-by: Bob <bob@example.com>" },
        .init("no trailers at all") { good, _ in
            Array(
                (good.components(before: "\n\nCountersign-Record") + "\n\nSigned-off-by: Bob <bob@example.com>\n").utf8)
        },
        .init("a trailer twice", adding: "Countersign-Level: approve"),
        .init("a trailer again with another value", adding: "Countersign-Decision: reject"),
        .init("a work order twice") { HandmadeRecord.workOrderLine($0) + "\n" + HandmadeRecord.workOrderLine($0) },
        .init("a work order and a policy change") { HandmadeRecord.workOrderLine($0) + "\n" + policyLine($0) },
        .init("two policy changes") { policyLine($0) + "\n" + policyLine(other) },
        .init("an unknown trailer of ours", adding: "Countersign-Note: hello"),
        .init("another letter case", "Countersign-Level", "countersign-level"),
        .init("another letter case, beside the right one", adding: "COUNTERSIGN-LEVEL: implement"),
        .init("no blank after the colon", "Level: approve", "Level:approve"),
        .init("two blanks after the colon", "Level: approve", "Level:  approve"),
        .init("a blank before the colon", "Level: approve", "Level : approve"),
        .init("a blank at the end", "Level: approve\n", "Level: approve \n"),
        .init("a tab at the end", "Level: approve\n", "Level: approve\t\n"),
        .init("an empty value", "Level: approve", "Level: "),
        .init("a folded trailer", "Level: approve\n", "Level: approve\n  implement\n"),
        .init("a trailer split over two lines", "Level: approve\n", "Level:\n approve\n"),
        .init("trailers split by an empty line", "\nCountersign-Decision", "\n\nCountersign-Decision"),
        .init("trailers outside the last paragraph", "Agreed with netops.", "Countersign-Level: implement"),
        .init("one outside, in another case", "Agreed with netops.", "Agreed.\ncounterSIGN-level: implement"),
        .init("one as the first line", "Approve shop-example-com on edge-1-shop", "Countersign-Level: implement"),
        .init("a paragraph after the trailers", adding: "\nand one more thing"),
        .init("prose among the trailers", adding: "and one more thing"),
    ]

    private static let text: [MalformedText] = [
        .init("a value that is not ASCII", "Level: approve", "Level: \u{0430}pprove"),
        .init("a look-alike letter in a trailer's name", "Countersign-Level", "Counters\u{0456}gn-Level"),
        .init("a blank line that is not empty", "netops.\n\n", "netops.\n \n"),
        .init("a carriage return", "Level: approve\n", "Level: approve\r\n"),
        .init("a carriage return in the comment", "netops.", "netops.\r"),
        .init("a NUL", "netops.", "netops.\u{0}"),
        .init("a bidirectional override in the comment", "netops.", "netops.\u{202e}"),
        .init("a bidirectional isolate in the title", "Approve", "Approve\u{2067}"),
        .init("a bidirectional mark in a foreign trailer", adding: "Signed-off-by: Bob\u{200f} <bob@example.com>"),
        .init("invalid UTF-8") { good, _ in Array(good.utf8) + [0xff, 0x0a] },
        .init("an overlong letter") { good, _ in [0xc1, 0x81] + Array(good.utf8) },
    ]

    private static let values: [MalformedText] = [
        .init("a short digest") { HandmadeRecord.workOrderLine($0).dropping(last: 24) },
        .init("an upper-case digest") {
            "Countersign-Work-Order: \(HandmadeRecord.id(of: $0)) sha256:\($0.dropFirst(7).uppercased())"
        },
        .init("a digest without its algorithm") {
            "Countersign-Work-Order: \(HandmadeRecord.id(of: $0)) \($0.dropFirst(7))"
        },
        .init("an id that is not its digest's") { "Countersign-Work-Order: \(HandmadeRecord.id(of: other)) \($0)" },
        .init("a lower-case id") { "Countersign-Work-Order: \(HandmadeRecord.id(of: $0).lowercased()) \($0)" },
        .init("a digest without an id") { "Countersign-Work-Order: \($0)" },
        repository("an upper-case repository") { $0.uppercased() },
        repository("a repository that is no UUID") { _ in "edge-certs" },
        .init("a level that is no name", "Level: approve", "Level: approve,implement"),
        .init("an unknown decision", "Decision: approve", "Decision: allow"),
        .init("an upper-case decision", "Decision: approve", "Decision: Approve"),
        scheduled("reject"), scheduled("revoke"),
        .init("a schedule without an end", "manual", "scheduled 2026-11-28T22:00:00Z"),
        .init("a schedule that ends before it begins", "manual", "scheduled 2026-11-29T02:00:00Z/2026-11-28T22:00:00Z"),
        .init("a schedule of no length", "manual", "scheduled 2026-11-29T02:00:00Z/2026-11-29T02:00:00Z"),
        .init("a time without an offset", "manual", "scheduled 2026-11-28T22:00:00/2026-11-29T02:00:00"),
        .init("a day that there is not", "manual", "scheduled 2026-02-30T22:00:00Z/2026-11-29T02:00:00Z"),
        .init("an upper-case manual", "manual", "Manual"),
        .init("another class", adding: "Countersign-Class: routine"),
        .init("an unknown acknowledgement", adding: "Countersign-Acknowledge: everything"),
        .init("an acknowledgement without its number", adding: "Countersign-Acknowledge: changes"),
        .init("an acknowledgement of nought", adding: "Countersign-Acknowledge: changes 0"),
        .init("a number with a leading zero", adding: "Countersign-Acknowledge: changes 012"),
        .init("an endpoint without a port", adding: "Countersign-Acknowledge: endpoint-down 10.0.0.5"),
        .init("a port that there is not", adding: "Countersign-Acknowledge: endpoint-down 10.0.0.5:70000"),
        .init("1,001 work orders") { digest in
            ([digest]
                + (0..<1000).map { number in "sha256:" + String(repeating: "0", count: 60) + String(1000 + number) })
                .map(HandmadeRecord.workOrderLine).joined(separator: "\n")
        },
        .init("more bytes than a record may have", "netops.", String(repeating: "x", count: 300_000)),
    ]
}

extension String {
    fileprivate func components(before mark: String) -> Substring {
        firstRange(of: mark).map { self[..<$0.lowerBound] } ?? self[...]
    }

    fileprivate func dropping(last count: Int) -> String { String(dropLast(count)) }
}
