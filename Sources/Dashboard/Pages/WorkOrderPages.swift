// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Declarations
internal import Operations
internal import Planning
internal import Rendering
internal import Vocabulary

/// Open work orders, a row each, with what is missing and the command of whoever can give it.
enum WorkOrderTable {
    static func markup(_ orders: some Sequence<WorkOrder>, _ caption: String, _ subject: Subject) -> Markup {
        let now = subject.report.now
        return Grid(
            caption: caption, columns: ["Work order", "Where", "Change", "State", "Needs"],
            rows: orders.map { order in
                let id: Markup = order.digest.map(Parts.workOrder) ?? "no ID yet"
                let what: Markup = order.certificate.map(Parts.certificate) ?? "no certificate"
                var needs = Markup(LevelWords.standing(order.judgement.levels))
                if let command = command(order) { needs += "<div>\(Parts.command(command))</div>" }
                return Grid.Row(cells: [
                    "\(id)\(order.request.map { "<br>\(Parts.request($0))" as Markup } ?? "")",
                    "\(what)<br><span class=\"on\">\(order.connector) on \(Parts.device(order.device))</span>",
                    "<span class=\"nowrap\">\(CertificateWords.symbol(order)) \(CertificateWords.change(order, Style()))</span>\(notes(order))",
                    Markup(StateWords.words(order, now: now)), needs,
                ])
            }
        ).markup
    }

    static func notes(_ order: WorkOrder) -> Markup {
        order.notes.map { "<div class=\"note\">\(Text(outside: $0, .warning))</div>" as Markup }.joined()
    }

    /// What the reader would type to sign what is missing next.
    static func command(_ order: WorkOrder) -> String? {
        guard let verb = order.signingCommand, let digest = order.digest else { return nil }
        return "countersign \(verb) \(digest.id)"
    }
}

enum WorkOrdersPage {
    static func page(_ subject: Subject) -> Page {
        let query = subject.query
        let state = query["state"]
        let found = subject.picture.orders(matching: query["q"]) { key in
            switch state {
            case nil: true
            case "waiting": key.waitsForPeople
            case "adopt": key.isAdoption
            case let state?: key.state == state
            }
        }
        let pager = Pager(total: found.count, wanted: query.page)
        let states = Set(subject.picture.states.keys).sorted()
        let filters = Filters(
            action: Page.Place.workOrders.address, search: "ID, certificate or connector",
            choices: [
                Filters.Choice(
                    name: "state", label: "State",
                    options: [("", "any"), ("waiting", "waiting for people"), ("adopt", "to adopt")]
                        + states.map { ($0, StateWords.title($0)) })
            ])
        let address = query.address(Page.Place.workOrders.address, ["q", "state"])
        return Page(
            .workOrders, "Work orders", "list",
            [
                "heading": "Work orders", "filtersHTML": .markup(filters.markup(query)),
                "pagerHTML": .markup(pager.markup(address, of: "open work orders")),
                "tableHTML": .markup(
                    found.isEmpty ? "" : WorkOrderTable.markup(found[pager.range], "Open work orders", subject)),
                "empty": .text(
                    subject.picture.orders.isEmpty
                        ? "Nothing is open: everything that is declared is in its place."
                        : "No open work order is like that."),
                "isEmpty": .flag(found.isEmpty),
            ])
    }
}

/// One work order: what it would do, what differs, who signed and who is needed.
enum WorkOrderPage {
    static func page(_ id: String, _ subject: Subject) -> Page {
        let prefix = id.uppercased()
        if let order = subject.picture.orders.first(where: { $0.digest?.id == prefix || $0.digest?.description == id })
        {
            return open(order, subject)
        }
        if let ended = subject.picture.snapshot.trail.first(where: {
            $0.digest.id == prefix || $0.digest.description == id
        }) {
            return FinishedPage.page(ended, subject)
        }
        return .missing(
            "No work order \(id) is open or among the last that ended. “countersign explain \(id)” looks through the whole archive."
        )
    }

    private static func open(_ order: WorkOrder, _ subject: Subject) -> Page {
        let now = subject.report.now
        let id = order.digest?.id ?? order.connector.text
        var fields: Fields = [
            "heading": .text(id), "stateHTML": .markup(Markup(StateWords.words(order, now: now))),
            "whatHTML": .markup(
                "\(order.action.rawValue) \(order.certificate.map(Parts.certificate) ?? "") on <strong>\(order.connector)</strong>"
            ),
            "planHTML": .markup(plan(order, now: now)), "notesHTML": .markup(WorkOrderTable.notes(order)),
            "differenceHTML": .markup(Difference.table(order, now: now)),
            "differences": .list(differences(order, subject).map { ["text": .text($0)] }),
            "levelsHTML": .markup(Levels.markup(order.judgement, now: now)),
            "requestersHTML": .markup(requesters(order)),
            "withoutPeopleHTML": .markup(Parts.lines(StandingWords.lines(order.standing))),
            "refusedHTML": .markup(Levels.refused(order.judgement.refused)),
            "hasRefused": .flag(!order.judgement.refused.isEmpty),
            "blocks": .list(
                (isBlocked(order) ? order.blocks : []).map { ["codeHTML": .markup(Markup(StateWords.block($0)))] }),
            "isBlocked": .flag(isBlocked(order)),
        ]
        if let command = WorkOrderTable.command(order) {
            fields["commandHTML"] = .markup(Parts.command(command))
            fields["verb"] = .text(order.signingCommand ?? "")
        }
        if let policy = order.policy {
            fields["policyHTML"] = .markup("<strong>\(policy.name)</strong> v\(policy.version): \(policy.reason)")
        }
        if let outcome = order.history.outcome { fields["outcomeHTML"] = .markup(Markup(OutcomeWords.words(outcome))) }
        return Page(.workOrders, id, "work-order", fields)
    }

    private static func isBlocked(_ order: WorkOrder) -> Bool { if case .blocked = order.state { true } else { false } }

    private static func plan(_ order: WorkOrder, now: Timestamp) -> Markup {
        Facts([
            "Certificate": order.certificate.map(Parts.certificate),
            "Connector": "\(order.connector)",
            "Device": "\(Parts.device(order.device)) (\(order.deviceKind), zone \(order.zone))",
            "Slot": SignedContent(order.content).slotLines.map { Markup($0) }.joined(separator: "<br>"),
            "Change":
                "\(CertificateWords.symbol(order)) \(order.change.rawValue): \(CertificateWords.change(order, Style(isVerbose: true)))",
            "Private key": Markup(CertificateWords.key(order.keyCheck, zone: order.zone)),
            "Request": order.request.map(Parts.request),
            "Comment": order.comment.map { "<q>\($0)</q>" },
            "Digest": order.digest.map { "<code class=\"long\">\($0.description)</code>" },
        ]).markup
    }

    private static func differences(_ order: WorkOrder, _ subject: Subject) -> [String] {
        guard let digest = order.digest, let former = subject.picture.snapshot.former[digest] else { return [] }
        return ContentDifference(order, from: former).words
    }

    private static func requesters(_ order: WorkOrder) -> Markup {
        order.requesters.people.sorted { $0.key < $1.key }.map { person, reason in
            "<li><strong>\(person)</strong>: \(reason.what) in <code>\(reason.commit.short)</code></li>" as Markup
        }.joined()
            + (order.requesters.unknown.map {
                "<li><span class=\"t-bad\">somebody unknown</span>: \($0.what) in <code>\($0.commit.short)</code></li>"
            } ?? "")
    }
}

/// What lies there now, beside what would.
enum Difference {
    static func table(_ order: WorkOrder, now: Timestamp) -> Markup {
        let (old, new) = (order.replacesFacts, order.installsFacts)
        guard old != nil || new != nil else { return "" }
        func row(_ name: String, isCode: Bool = false, _ value: (CertificateFacts) -> String) -> Markup {
            let (was, will) = (old.map(value) ?? "–", new.map(value) ?? "–")
            let isSame = was == will
            let shown: Markup = isCode ? "<code class=\"long\">\(was)</code>" : "\(was)"
            return
                "<tr role=\"row\" class=\"\(isSame ? "same" : "differs")\"><th role=\"rowheader\" scope=\"row\">\(name)</th><td role=\"cell\" data-label=\"Now\"><div>\(shown)</div></td><td role=\"cell\" data-label=\"Then\"><div>\(isSame ? "the same" : "<ins>\(will)</ins>" as Markup)</div></td></tr>"
        }
        var markup: Markup =
            "<div class=\"scroll\"><table role=\"table\" class=\"diff\"><caption class=\"vh\">The certificate there now beside the one that would be there</caption><thead role=\"rowgroup\"><tr role=\"row\"><th role=\"columnheader\" scope=\"col\"><span class=\"vh\">Field</span></th><th role=\"columnheader\" scope=\"col\">Now</th><th role=\"columnheader\" scope=\"col\">Then</th></tr></thead><tbody role=\"rowgroup\">"
        markup += row("Leaf", isCode: true) { $0.fingerprint.hex }
        markup += row("Subject") { $0.subject }
        markup += names(old, new)
        markup += row("Issuer") { $0.issuer }
        markup += row("Valid from") { TimeWords.minute($0.notBefore) }
        markup += row("Valid to") {
            "\(TimeWords.minute($0.notAfter)) (\(TimeWords.left(until: $0.notAfter, now: now)))"
        }
        markup += row("Key") { "\(CertificateWords.keyType($0.keyType)) \($0.spki.short)" }
        return markup + "</tbody></table></div>"
    }

    private static func names(_ old: CertificateFacts?, _ new: CertificateFacts?) -> Markup {
        let was = old.map { $0.dnsNames + $0.ipAddresses } ?? [], will = new.map { $0.dnsNames + $0.ipAddresses } ?? []
        let now = was.map { name -> Markup in
            new == nil || will.contains(name) ? "\(name)" : "<del>\(name)</del> <span class=\"t-bad\">lost</span>"
        }
        let then = will.map { name -> Markup in
            old == nil || was.contains(name) ? "\(name)" : "<ins>\(name)</ins> <span class=\"t-caution\">gained</span>"
        }
        let isSame = was == will
        return
            "<tr role=\"row\" class=\"\(isSame ? "same" : "differs")\"><th role=\"rowheader\" scope=\"row\">Names</th><td role=\"cell\" data-label=\"Now\"><div>\(was.isEmpty ? "–" : now.joined(separator: "<br>"))</div></td><td role=\"cell\" data-label=\"Then\"><div>\(isSame ? "the same" : then.joined(separator: "<br>"))</div></td></tr>"
    }
}

/// Levels with who has signed, by which key, and who could give what is missing.
enum Levels {
    static func markup(_ judgement: Judgement, now: Timestamp) -> Markup {
        var markup: Markup = "<ol class=\"levels\">"
        for level in judgement.levels + [judgement.emergency].compactMap(\.self) { markup += item(level, now: now) }
        markup += "</ol>"
        if judgement.tombstone != nil { markup += "<p>closed\(TombstoneWords.words(judgement.tombstone))</p>" }
        if let nobody = judgement.unsatisfiable {
            markup += "<p>level \(nobody): <span class=\"t-bad\">nobody is left who could complete it</span></p>"
        }
        return markup
    }

    private static func item(_ level: Judgement.LevelStanding, now: Timestamp) -> Markup {
        var markup: Markup =
            "<li class=\"\(level.isComplete ? "complete" : "open")\"><div><strong>\(level.name)</strong> \(level.given.count) of \(level.needed) <span class=\"on\">by \(LevelWords.approvers(level))</span></div><ul role=\"list\">"
        for given in level.given { markup += "<li>\(signature(given, now: now))</li>" }
        if let standing = level.standing {
            markup +=
                "<li><span class=\"t-good\">✓</span> standing approval \(standing): nobody needs to sign here</li>"
        }
        if !level.isComplete { markup += "<li>\(LevelWords.missing(level))</li>" }
        return markup + "</ul></li>"
    }

    static func signature(_ given: Judgement.Given, now: Timestamp) -> Markup {
        var markup: Markup =
            "<span class=\"t-good\">✓</span> <strong>\(given.person)</strong> with <code class=\"key\">\(given.key)</code> in <code>\(given.commit.short)</code>, "
        markup +=
            given.firstSeen.map { "first seen \(Parts.time($0, now: now))" }
            ?? "<span class=\"t-caution\">not yet seen</span> by the reconciler"
        if case .scheduled(let window) = given.implementation {
            markup += ", from \(Parts.time(window.start, now: now)) to \(Parts.time(window.end, now: now))"
        }
        if given.emergency { markup += ", <span class=\"t-warning\">emergency</span>" }
        for acknowledgement in given.acknowledgements {
            markup += ", acknowledges \(AcknowledgementWords.trailer(acknowledgement))"
        }
        if !given.comment.isEmpty { markup += "<br><q>\(given.comment)</q>" }
        return markup
    }

    static func refused(_ records: [Judgement.RefusedRecord]) -> Markup {
        records.map { record in
            "<li><code>\(record.commit.short)</code> <span class=\"t-bad\">\(record.refusal.code.rawValue)</span>: \(record.refusal.message)</li>"
                as Markup
        }.joined()
    }
}

/// A work order that is over.
enum FinishedPage {
    static func page(_ ended: RememberedWorkOrder, _ subject: Subject) -> Page {
        let now = subject.report.now
        let change: Markup =
            "\(ended.replaces.map { CertificateWords.holding($0, Style(isVerbose: true)) } ?? "") → \(ended.leaf?.hex ?? "nothing")"
        let facts = Facts([
            "Certificate": ended.certificate.map(Parts.certificate), "Connector": "\(ended.connector)",
            "Device": Parts.device(ended.device), "Change": change, "Request": ended.request.map(Parts.request),
            "Ended": Parts.time(ended.at, now: now),
            "Digest": "<code class=\"long\">\(ended.digest.description)</code>",
        ])
        return Page(
            .audit, ended.digest.id, "finished",
            [
                "heading": .text(ended.digest.id),
                "stateHTML": .markup(Markup(OutcomeWords.words(ended.state, ended.message))),
                "factsHTML": .markup(facts.markup),
                "signaturesHTML": .markup(
                    ended.signatures.map { "<li>\(ApprovalsPage.signature($0, now: now))</li>" as Markup }.joined()),
                "hasSignatures": .flag(!ended.signatures.isEmpty),
                "auditHTML": .markup(Parts.command("countersign audit --connector \(ended.connector)")),
            ])
    }
}
