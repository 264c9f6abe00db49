// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Operations
internal import Vocabulary

/// A work order that is over: how it ended, and who had signed it.
enum FinishedText {
    static func add(_ ended: RememberedWorkOrder, now: Timestamp, to page: inout Page, _ style: Style) {
        let certificate: Text = ended.certificate.map { "\($0) on " } ?? ""
        page.add("\(ended.digest.id, .strong)  \(certificate)\(ended.connector) (\(ended.device))")
        page.add(ended.digest.description.asText, indent: 2)
        page.add("\(OutcomeWords.words(ended.state, ended.message)) \(TimeWords.moment(ended.at, now: now))", indent: 2)
        if let request = ended.request {
            let from = ended.replaces.map { "\(CertificateWords.holding($0, style)) → " } ?? ""
            let to = ended.leaf.map { CertificateWords.fingerprint($0, style) } ?? "nothing"
            page.add("\(request.id)  \(from)\(to)", indent: 2)
        }
        let rows = ended.signatures.map { signature in
            Table.Row(cells: ["\(signature.level)", "\("✓", .good) \(words(signature, now: now))"])
        }
        page.add(Table(indent: 2, fitting: rows).lines(rows, in: style))
    }

    private static func words(_ signature: RememberedWorkOrder.Signature, now: Timestamp) -> Text {
        let person: Text = signature.person.map { "\($0)" } ?? "\("a key that nobody has any more", .caution)"
        let line: Text =
            "\(person), \(signature.key), \(signature.commit.short), first seen \(TimeWords.moment(signature.firstSeen, now: now))"
        return signature.comment.isEmpty ? line : line + ": \(quoted(signature.comment))"
    }
}
