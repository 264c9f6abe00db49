// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Approvals
package import Operations
package import Planning
package import Vocabulary

/// What `explain` and `status ID` were asked about, found by its ID.
package enum Explained: Sendable {
    case workOrder(WorkOrder)
    case request(Request, [WorkOrder])
    case policyChange(PendingPolicyChange)
    case finished(RememberedWorkOrder)
    /// The finished work orders of a request that has no open one any more.
    case finishedRequest(RequestDigest, [RememberedWorkOrder])
    /// Nothing open has this ID, but records name it.
    case unmatched(id: String, [Judgement.RefusedRecord])
}

/// Which policy matched and why, who signed, what is missing, why each record was refused, what to do.
package enum ExplainText {
    package static func render(_ subject: Explained, now: Timestamp, _ style: Style) -> String {
        var page = Page(style)
        switch subject {
        case .workOrder(let order): add(order, now: now, to: &page, style)
        case .request(let request, let orders):
            for line in RequestWords.heading(request, orders, now: now, style) { page.add(line) }
            for order in orders {
                page.space()
                add(order, now: now, to: &page, style)
            }
        case .policyChange(let change): page.add(PolicyChangeWords.explained(change, now: now, style))
        case .finished(let ended): FinishedText.add(ended, now: now, to: &page, style)
        case .finishedRequest(let request, let orders):
            page.add("\(request.id, .strong)  nothing of it is open any more")
            for order in orders {
                page.space()
                FinishedText.add(order, now: now, to: &page, style)
            }
        case .unmatched(let id, let refused):
            page.add("\(id, .strong)  is no open work order: what was planned has changed, or never was")
            page.add(
                LevelRows.lines(Judgement(levels: [], refused: refused), requesters: Requesters(), now: now, style))
        }
        return page.rendered
    }

    private static func add(_ order: WorkOrder, now: Timestamp, to page: inout Page, _ style: Style) {
        let policy: Text =
            order.policy.map { "policy \($0.name) v\($0.version) (\($0.reason))" } ?? "\("no policy matches", .bad)"
        page.add("\(order.digest?.id ?? "no ID yet", .strong)  \(policy)")
        page.add(
            "\(order.action.rawValue) \(order.certificate.map { "\($0) on " } ?? "" as Text)\(order.connector) (\(order.deviceKind), \(order.device), zone \(order.zone)): \(CertificateWords.change(order, style))",
            indent: 2)
        page.add(StateWords.words(order, now: now), indent: 2)
        if let reason = order.history.outcome.flatMap(OutcomeWords.message) { page.add("\(reason)", indent: 2) }
        for note in order.notes { page.add("\(note, .warning)", indent: 2) }
        page.add(LevelRows.lines(order.judgement, requesters: order.requesters, now: now, style))
        page.add(StandingWords.lines(order.standing))
        addBlocks(order, to: &page)
        if let verb = order.signingCommand, let id = order.digest?.id {
            page.add("next: \("countersign \(verb) \(id)", .strong)")
        }
    }

    private static func addBlocks(_ order: WorkOrder, to page: inout Page) {
        guard case .blocked = order.state else { return }
        for block in order.blocks { page.add("\("×", .bad) \(StateWords.block(block))", indent: 2) }
        if order.blocks.contains(where: { $0.code == .unobserved }) {
            page.add("It gets its digest and its ID once \(order.zone)'s reconciler has looked at the slot.", indent: 4)
        } else if order.blocks.contains(where: \.code.isOfContent) {
            page.add("Only a commit can lift this; it cannot be signed until then.", indent: 4)
        } else {
            let isComplete = order.judgement.isComplete
            page.add(
                isComplete
                    ? "All signatures are there: it is pushed as soon as this is lifted, within its window."
                    : "Signatures count meanwhile.", indent: 4)
        }
    }
}

/// Levels and refused records, as rows.
enum LevelRows {
    static func lines(_ judgement: Judgement, requesters: Requesters, now: Timestamp, _ style: Style) -> [Text] {
        var rows = (judgement.levels + [judgement.emergency].compactMap(\.self)).flatMap { level -> [Table.Row] in
            var cells: [Text] = level.given.map { "\("✓", .good) \(given($0, now: now))" }
            if let standing = level.standing {
                cells.append("\("✓", .good) standing approval \(standing): nobody needs to sign here")
            }
            if !level.isComplete { cells.append(LevelWords.missing(level)) }
            return cells.enumerated().map { index, cell in
                Table.Row(cells: [
                    index == 0 ? "\(level.name)" : "", index == 0 ? "\(level.given.count) of \(level.needed)" : "",
                    cell,
                ])
            }
        }
        for (index, requester) in requesters.people.sorted(by: { $0.key < $1.key }).enumerated() {
            let (person, reason) = requester
            rows.append(
                Table.Row(cells: [
                    index == 0 ? "requested" : "", "", "by \(person) (\(reason.what) in \(reason.commit.short))",
                ]))
        }
        for (index, record) in judgement.refused.enumerated() {
            rows.append(
                Table.Row(cells: [
                    index == 0 ? "refused" : "", "\(record.commit.short)",
                    "\(record.refusal.code.rawValue, .bad): \(record.refusal.message)",
                ]))
        }
        var lines = Table(indent: 2, fitting: rows).lines(rows, in: style)
        if judgement.tombstone != nil { lines.append("  closed\(TombstoneWords.words(judgement.tombstone))") }
        if let nobody = judgement.unsatisfiable {
            lines.append("  level \(nobody): \("nobody is left who could complete it", .bad)")
        }
        return lines
    }

    /// `bob, ssh SHA256:7Qp…, 4be1f20, first seen 09:58 UTC today: "agreed"`.
    private static func given(_ given: Judgement.Given, now: Timestamp) -> Text {
        var text: Text = "\(given.person), \(given.key), \(given.commit.short), "
        text +=
            given.firstSeen.map { "first seen \(TimeWords.moment($0, now: now))" }
            ?? "\("not yet seen", .caution) by the reconciler"
        if case .scheduled(let window) = given.implementation {
            text += ", from \(TimeWords.moment(window.start, now: now)) to \(TimeWords.moment(window.end, now: now))"
        }
        if given.emergency { text += ", \("emergency", .warning)" }
        for acknowledgement in given.acknowledgements {
            text += ", acknowledges \(AcknowledgementWords.trailer(acknowledgement))"
        }
        return given.comment.isEmpty ? text : text + ": \(quoted(given.comment))"
    }
}

package enum AcknowledgementWords {
    /// As it stands in the record: `changes 120`, `endpoint-down 10.0.0.5:443`, `holds-other`.
    package static func trailer(_ acknowledgement: ApprovalRecord.Acknowledgement) -> String {
        switch acknowledgement {
        case .changes(let count): "changes \(count)"
        case .endpointDown(let address): "endpoint-down \(address)"
        case .holdsOther: "holds-other"
        }
    }
}

extension PolicyChangeWords {
    static func explained(_ change: PendingPolicyChange, now: Timestamp, _ style: Style) -> [Text] {
        var page: [Text] = [
            "\(change.digest.id, .strong)  policy change, not in force; the old set still decides",
            "  \(change.digest.description)", "  from \(change.from.description)", "  to   \(change.to.description)",
        ]
        if let document = change.document {
            let commit: Text = change.commit.map { ", declared by commit \($0.short)" } ?? ""
            page.append("  change number \(document.number)\(commit)")
        }
        for line in change.changes { page += Text(outside: line).folded(to: style.width, first: 2, rest: 4) }
        page.append("  \(StateWords.words(change.state, now: now))")
        if let judgement = change.judgement {
            page += LevelRows.lines(judgement, requesters: change.requesters, now: now, style)
        }
        if let next = next(change) { page.append("next: \(next, .strong)") }
        return page
    }
}

/// `explain --format json`: the object itself, with `kind`.
package enum ExplainJSON {
    package static func value(_ subject: Explained) -> JSONValue {
        var document: JSONObject =
            switch subject {
            case .workOrder(let order): WorkOrderJSON.value(order).object ?? [:]
            case .request(let request, let orders):
                RequestJSON.value(request, orders)
            case .policyChange(let change): PolicyChangeJSON.value(change).object ?? [:]
            case .finished(let ended): FinishedJSON.value(ended)
            case .finishedRequest(let request, let orders):
                [
                    "digest": .text(request), "id": .string(request.id),
                    "orders": .array(orders.map { .object(FinishedJSON.value($0)) }),
                    "workOrders": .array(orders.map { .string($0.digest.id) }),
                ]
            case .unmatched(let id, let refused):
                ["id": .string(id), "refused": .array(refused.map(LevelJSON.refused))]
            }
        document["formatVersion"] = "1"
        document["kind"] =
            switch subject {
            case .workOrder: "workOrder"
            case .request: "request"
            case .policyChange: "policyChange"
            case .finished: "finished"
            case .finishedRequest: "finishedRequest"
            case .unmatched: "unmatched"
            }
        return .object(document)
    }
}

extension RequestJSON {
    /// A request with its work orders whole.
    fileprivate static func value(_ request: Request, _ orders: [WorkOrder]) -> JSONObject {
        var document = value(request).object ?? [:]
        document["orders"] = .array(orders.map(WorkOrderJSON.value))
        return document
    }
}
