// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Operations
internal import Planning
internal import Rendering
internal import Vocabulary

/// What a person on call has to know, in the order in which they have to know it.
enum OverviewPage {
    static func page(_ subject: Subject) -> Page {
        let picture = subject.picture
        let (mood, headline) = headline(subject)
        var fields: Fields = [
            "mood": .text(mood), "headline": .text(headline),
            "summaryHTML": .markup(Markup(PlanText.summary(subject.plan))),
            "tiles": .list(tiles(subject)),
            "coloursHTML": .markup(ColourBar.markup(picture.colours)),
        ]
        if let next = NextStep.command(for: subject.plan) { fields["nextHTML"] = .markup(Parts.command(next)) }
        if let change = subject.report.policyChange {
            fields["policyHTML"] = .markup(
                Parts.lines(PolicyChangeWords.lines(change, now: subject.report.now, Style())))
        }
        let waiting = picture.orders.filter { $0.action != .adopt && ($0.waitsForPeople || isBlocked($0) || $0.isHalted) }
        if !waiting.isEmpty {
            fields["waitingHTML"] = .markup(WorkOrderTable.markup(waiting.prefix(8), "Work orders that wait", subject))
        }
        let wrong = picture.connectors.filter { SyncWords.name($0.sync) != "InSync" && $0.certificate != nil }
        if !wrong.isEmpty {
            fields["wrongHTML"] = .markup(
                ConnectorTable.markup(wrong.prefix(8), "Connectors that are not in sync", subject))
        }
        let soon = picture.ends.lazy.map(\.item).filter(\.isDeclared).prefix(6)
        if !picture.ends.isEmpty {
            fields["soonHTML"] = .markup(CertificateTable.markup(Array(soon), "Certificates that end next", subject))
        }
        let last = picture.snapshot.trail.prefix(6)
        if !last.isEmpty { fields["trailHTML"] = .markup(TrailTable.markup(last, subject)) }
        return Page(.overview, "Overview", "overview", fields)
    }

    private static func isBlocked(_ order: WorkOrder) -> Bool {
        if case .blocked = order.state { true } else { false }
    }

    /// The answer in one line, and how it feels: `bad`, `wait` or `good`.
    private static func headline(_ subject: Subject) -> (mood: String, words: String) {
        let (picture, summary) = (subject.picture, subject.picture.summary)
        // A slot whose last push failed is gray, whatever waits for it by now.
        let failed = picture.colours[.gray] ?? 0
        func count(_ number: Int, _ one: String, _ many: String) -> String? {
            number == 0 ? nil : "\(number) \(number == 1 ? one : many)"
        }
        let wrong = [
            count(failed, "push has failed", "pushes have failed"),
            count(summary.blocked, "work order is blocked", "work orders are blocked"),
            count(summary.halted, "signed push is halted", "signed pushes are halted"),
            count(summary.drifted, "slot was changed by hand", "slots were changed by hand"),
            count(picture.colours[.red] ?? 0, "certificate has expired", "certificates have expired"),
            count(
                picture.snapshot.devices.count { $0.unreachable != nil }, "device cannot be reached",
                "devices cannot be reached"),
        ].compactMap(\.self)
        let waits = [
            count(
                summary.waiting, "work order waits for people or its time", "work orders wait for people or their time"),
            subject.report.policyChange == nil ? nil : "a policy change waits",
        ].compactMap(\.self)
        if !wrong.isEmpty { return ("bad", sentence(wrong + waits)) }
        if !waits.isEmpty { return ("wait", sentence(waits)) }
        let total = picture.connectors.count
        return ("good", total == 0 ? "No connector is declared yet" : "Everything is as declared")
    }

    private static func sentence(_ parts: [String]) -> String {
        parts.count < 2
            ? parts.joined()
            : parts.dropLast().joined(separator: ", ") + " and " + (parts.last ?? "")
    }

    private static func tiles(_ subject: Subject) -> [Fields] {
        let picture = subject.picture
        func tile(_ number: Int, _ label: String, _ address: Address, _ mood: String) -> Fields {
            ["number": .text(String(number)), "label": .text(label), "href": .text(address.text), "mood": .text(mood)]
        }
        let soon = picture.colours.filter { $0.key == .orange }.values.reduce(0, +)
        let recent = PushReport.of(subject, days: 30)
        let outOfSync = picture.syncs["OutOfSync"] ?? 0, unknown = picture.syncs["Unknown"] ?? 0
        return [
            tile(picture.syncs["InSync"] ?? 0, "in sync", Page.Place.connectors.address.with("sync", "InSync"), "good"),
            tile(
                outOfSync, "out of sync", Page.Place.connectors.address.with("sync", "OutOfSync"),
                outOfSync > 0 ? "bad" : "none"),
            tile(
                unknown, "unknown", Page.Place.connectors.address.with("sync", "Unknown"), unknown > 0 ? "wait" : "none"
            ),
            tile(
                picture.summary.waiting, "waiting", Page.Place.workOrders.address.with("state", "waiting"),
                picture.summary.waiting > 0 ? "wait" : "none"),
            tile(
                picture.summary.blocked, "blocked", Page.Place.workOrders.address.with("state", "Blocked"),
                picture.summary.blocked > 0 ? "bad" : "none"),
            tile(
                soon, "expire within 10 days", Page.Place.connectors.address.with("colour", "orange"),
                soon > 0 ? "wait" : "none"),
            tile(
                recent.failed, "failed pushes in 30 days", Page.Place.report.address, recent.failed > 0 ? "bad" : "none"
            ),
        ]
    }
}
