// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

/// The exact commit message of a record, as `approve` signs it and as stock git can make it too.
package enum RecordWriter {
    /// - Throws: `Malformed` where what is to be said has no message that reads back as the same: a comment with a line that begins
    ///   with `Countersign-`, more than 1,000 work orders, a title of two lines.
    package static func message(for record: ApprovalRecord) throws(Refusal) -> String {
        var lines = ["Countersign-Record: \(RecordTerms.version)", "Countersign-Repository: \(record.repository)"]
        lines += ["Countersign-Level: \(record.level)", "Countersign-Decision: \(record.decision.rawValue)"]
        switch record.subject {
        case .workOrders(let digests): lines += digests.map { "Countersign-Work-Order: \($0.id) \($0)" }
        case .policyChange(let digest): lines.append("Countersign-Policy-Change: \(digest.id) \(digest)")
        }
        lines.append("Countersign-Implementation: \(value(record.implementation))")
        if record.emergency { lines.append("Countersign-Class: emergency") }
        lines += record.acknowledgements.map { "Countersign-Acknowledge: \(value($0))" }
        let paragraphs = [record.title, record.comment, lines.joined(separator: "\n")].filter { !$0.isEmpty }
        let message = paragraphs.joined(separator: "\n\n") + "\n"
        try check(message, says: record)
        return message
    }

    /// Signs nothing that would be read otherwise than it was meant.
    private static func check(_ message: String, says record: ApprovalRecord) throws(Refusal) {
        guard !message.utf8.contains(0), !message.utf8.contains(0x0d),
            !message.unicodeScalars.contains(where: Shown.isBidirectionalControl)
        else {
            throw Words.malformed(
                "the comment has a carriage return, NUL or a control that changes the direction of text")
        }
        let read = try RecordMessage(parsing: Array(message.utf8))
        let terms = try RecordTerms(read.trailers)
        guard read.title.utf8.elementsEqual(record.title.utf8), read.comment.utf8.elementsEqual(record.comment.utf8),
            terms.repository == record.repository, terms.level == record.level, terms.decision == record.decision,
            terms.subject == record.subject, terms.implementation == record.implementation,
            terms.emergency == record.emergency, terms.acknowledgements == record.acknowledgements
        else {
            throw Words.malformed(
                "the first line or the comment begins or ends with an empty line, or has two lines in the first")
        }
    }

    private static func value(_ implementation: ApprovalRecord.Implementation) -> String {
        switch implementation {
        case .manual: "manual"
        case .scheduled(let window): "scheduled \(window.start)/\(window.end)"
        }
    }

    private static func value(_ acknowledgement: ApprovalRecord.Acknowledgement) -> String {
        switch acknowledgement {
        case .changes(let count): "changes \(count)"
        case .endpointDown(let endpoint): "endpoint-down \(endpoint)"
        case .holdsOther: "holds-other"
        }
    }
}
