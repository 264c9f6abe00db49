// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Approvals
internal import Declarations
internal import Operations
internal import Planning
internal import Vocabulary

/// The rows of a plan, by request, with columns that stand below each other over all of them.
struct PlanRows {
    struct Group {
        var heading: [Text]
        var rows: [Table.Row]
    }
    private(set) var groups: [Group] = []
    private(set) var drift: [Table.Row] = []
    let table: Table

    init(_ report: PlanReport, _ style: Style) {
        let plan = report.plan
        let shown = plan.workOrders.filter { $0.action != .adopt || !$0.waits }
        let byRequest = Dictionary(grouping: shown, by: \.request)
        for request in plan.requests {
            guard let orders = byRequest[request.digest] else { continue }
            groups.append(
                Group(
                    heading: RequestWords.heading(request, orders, now: report.now, style),
                    rows: orders.map { Self.row($0, now: report.now, style) }))
        }
        if let orders = byRequest[nil] {
            groups.append(
                Group(
                    heading: ["\("Without a request", .strong)"],
                    rows: orders.map { Self.row($0, now: report.now, style) }))
        }
        let known = Set(plan.requests.map(\.digest))
        let strays = shown.filter { $0.request.map { !known.contains($0) } ?? false }
        if !strays.isEmpty {
            groups.append(
                Group(
                    heading: ["\("Other work orders", .strong)"],
                    rows: strays.map { Self.row($0, now: report.now, style) }))
        }
        drift = DriftRows.rows(report, style)
        table = Table(indent: 2, fitting: groups.flatMap(\.rows) + drift)
    }

    private static func row(_ order: WorkOrder, now: Timestamp, _ style: Style) -> Table.Row {
        var below: [Text] = order.notes.map { "\($0, .warning)" }
        if order.isBlockedByTheWorld {
            let standing = LevelWords.standing(order.judgement.levels)
            if !standing.isEmpty { below.append(standing) }
        }
        if let emergency = order.judgement.emergency {
            below.append(
                "\("EMERGENCY", .bad): \(LevelWords.standing([emergency])): \(emergency.given.map { quoted($0.comment) }.joined(separator: ", "))"
            )
        }
        if order.waits, let waits = StandingWords.waits(order) { below.append(waits) }
        for refused in order.judgement.refused {
            below.append(
                "refused \(refused.commit.short)  \(refused.refusal.code.rawValue, .bad): \(refused.refusal.message)")
        }
        if style.isVerbose {
            if let digest = order.digest { below.append("\(digest.description)") }
            if let policy = order.policy { below.append("policy \(policy.name) v\(policy.version): \(policy.reason)") }
            below.append(CertificateWords.key(order.keyCheck, zone: order.zone))
        }
        return Table.Row(
            cells: [
                CertificateWords.symbol(order), "\(order.connector)", "\(order.deviceKind)", "\(order.device)",
                CertificateWords.change(order, style), "\(order.digest?.id ?? "no ID yet")", verdict(order, now: now),
            ], below: below)
    }

    /// The last cell: who is needed, what is wrong, or how far it is.
    private static func verdict(_ order: WorkOrder, now: Timestamp) -> Text {
        switch order.state {
        case .requested, .pushReviewInProgress: return LevelWords.standing(order.judgement.levels)
        case .expired, .scheduleMissed:
            return "\(StateWords.words(order, now: now)) · \(LevelWords.standing(order.judgement.levels))"
        case .blocked(let block):
            let others = order.blocks.count - 1
            return others > 0 ? "\(StateWords.block(block)) (and \(others) more)" : StateWords.block(block)
        case .rejected, .cancelled:
            return StateWords.words(order, now: now) + TombstoneWords.words(order.judgement.tombstone)
        default:
            let reason = order.history.outcome.flatMap(OutcomeWords.message)
            return StateWords.words(order, now: now) + (reason.map { ": \($0)" } ?? "")
        }
    }
}

package enum TombstoneWords {
    /// ` by bob: "not before the sale"`; empty where there is none.
    package static func words(_ tombstone: Judgement.Tombstone?) -> Text {
        switch tombstone {
        case .rejected(let person, let commit, let comment), .cancelled(let person, let commit, let comment):
            " by \(person) (\(commit.short))\(comment.isEmpty ? "" : ": \(quoted(comment))" as Text)"
        case nil: ""
        }
    }
}

/// What was changed by hand: declared, found, since when, and which work order puts it back.
enum DriftRows {
    static func rows(_ report: PlanReport, _ style: Style) -> [Table.Row] {
        guard !report.plan.drift.isEmpty else { return [] }
        let orders = Dictionary(report.plan.workOrders.map { ($0.connector, $0) }) { first, _ in first }
        let views = Dictionary(report.plan.connectors.map { ($0.connector, $0) }) { first, _ in first }
        return report.plan.drift.map { drift in
            let declared = drift.declared.map { CertificateWords.fingerprint($0, style) } ?? "nothing"
            var what: Text = "declared \(declared), found \(CertificateWords.holding(drift.found, style))"
            if let since = drift.since { what += " since \(TimeWords.moment(since, now: report.now))" }
            let answers = views[drift.connector]?.served ?? []
            let good = answers.filter { $0.leaf == drift.declared && drift.declared != nil }.count
            if good > 0 { what += "; what is declared is still served on \(good) of \(answers.count) addresses" }
            let order = orders[drift.connector]
            var below: [Text] = []
            if !drift.files.isEmpty { below.append("changed: \(drift.files.joined(separator: ", "))") }
            if drift.isCompromised {
                below.append("\("its key is compromised", .bad): it must go, and cannot be adopted")
            } else if drift.mayBeKept {
                below.append("countersign adopt \(drift.connector) to keep it")
            }
            if let order, let id = order.digest?.id, order.signingCommand != nil {
                below.append("sign \(id) to put it back")
            }
            return Table.Row(
                cells: [
                    "\("!", .caution)", "\(drift.connector)", "\(order?.deviceKind ?? "")", "\(drift.device)", what,
                ],
                below: below)
        }
    }
}

extension EndpointObservation {
    var leaf: Fingerprint? { if case .served(let leaf, _) = answer { leaf } else { nil } }
}

package enum RequestWords {
    /// Two lines: what it is, and who asked for it.
    static func heading(_ request: Request, _ orders: [WorkOrder], now: Timestamp, _ style: Style) -> [Text] {
        let classes = Set(orders.map(\.change.rawValue)).sorted().joined(separator: " and ")
        var line: Text =
            "\(request.digest.id, .strong)  \(request.certificate)  \(classes), new leaf \(CertificateWords.fingerprint(request.leaf, style))"
        if let facts = orders.lazy.compactMap(\.installsFacts).first {
            line += ", \(TimeWords.validity(until: facts.notAfter, now: now))"
        }
        let asked = LevelWords.requested(request.requesters)
        let comment = orders.lazy.compactMap(\.comment).first.map { quoted($0) }
        let second = [asked, comment].compactMap(\.self).filter { !$0.isEmpty }.joined(separator: ": ")
        return second.isEmpty ? [line] : [line, "              \(second)"]
    }
}

/// The first line of what somebody wrote, in quotation marks; at most 100 characters.
func quoted(_ comment: String) -> Text {
    let first = comment.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
    let cut = first.count > 100 ? first.prefix(99) + "…" : first[...]
    return "\"\(cut)\""
}
