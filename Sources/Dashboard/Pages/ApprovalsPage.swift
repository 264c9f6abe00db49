// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Operations
internal import Planning
internal import Rendering
internal import Vocabulary

/// Who signed what, with which key: on what is open, and on what was pushed.
enum ApprovalsPage {
    static func page(_ subject: Subject) -> Page {
        let query = subject.query
        let now = subject.report.now
        let needles = Haystack.needles(query["q"])
        let all = subject.picture.signatures.entries.filter { entry in
            if let person = query["person"], entry.person?.text != person { return false }
            if let level = query["level"], entry.level != level { return false }
            return needles.isEmpty
                || Haystack([entry.person?.text, entry.key, entry.order.id, entry.comment, entry.commit.hex]).holds(
                    needles)
        }
        let pager = Pager(total: all.count, wanted: query.page)
        let rows = all[pager.range].map { entry in
            Grid.Row(cells: [
                entry.at.map { Parts.time($0, now: now) } ?? "<span class=\"t-caution\">not yet seen</span>",
                entry.person.map { "<strong>\($0)</strong>" }
                    ?? "<span class=\"t-caution\">a key that nobody has any more</span>",
                "<code class=\"key\">\(entry.key)</code>", "\(entry.level)",
                "\(Parts.workOrder(entry.order)) \(entry.connector)", Parts.state(entry.state),
                "<code>\(entry.commit.short)</code>\(entry.comment.isEmpty ? "" : " <q>\(entry.comment)</q>" as Markup)",
            ])
        }
        let everybody = subject.picture.signatures
        let filters = Filters(
            action: Page.Place.approvals.address, search: "Person, key, ID or comment",
            choices: [
                Filters.Choice(
                    name: "person", label: "Person", options: [("", "anybody")] + everybody.people.map { ($0, $0) }),
                Filters.Choice(
                    name: "level", label: "Level", options: [("", "any")] + everybody.levels.map { ($0, $0) }),
            ])
        let address = query.address(Page.Place.approvals.address, ["q", "person", "level"])
        return Page(
            .approvals, "Approvals", "list",
            [
                "heading": "Approvals", "filtersHTML": .markup(filters.markup(query)),
                "pagerHTML": .markup(pager.markup(address, of: "signatures")),
                "tableHTML": .markup(
                    rows.isEmpty
                        ? ""
                        : Grid(
                            caption: "Signatures, the newest first",
                            columns: ["First seen", "Person", "Key", "Level", "Work order", "State", "Record"],
                            rows: rows
                        ).markup),
                "empty": "Nobody has signed anything like that.", "isEmpty": .flag(rows.isEmpty),
                "moreHTML": .markup(older(subject)),
            ])
    }

    static func older(_ subject: Subject) -> Markup {
        subject.picture.snapshot.hasOlder
            ? "The last \(Snapshot.longestTrail) work orders are shown; <code>countersign audit</code> replays all of them."
            : ""
    }

    static func signature(_ signature: RememberedWorkOrder.Signature, now: Timestamp) -> Markup {
        let person: Markup =
            signature.person.map { "<strong>\($0)</strong>" }
            ?? "<span class=\"t-caution\">a key that nobody has any more</span>"
        let comment: Markup = signature.comment.isEmpty ? "" : "<br><q>\(signature.comment)</q>"
        return
            "<span class=\"t-good\">✓</span> \(signature.level): \(person) with <code class=\"key\">\(signature.key)</code> in <code>\(signature.commit.short)</code>, first seen \(Parts.time(signature.firstSeen, now: now))\(comment)"
    }
}
