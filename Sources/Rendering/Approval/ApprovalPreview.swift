// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Approvals
internal import Declarations
package import Operations
package import Planning
package import Vocabulary

/// What a person sees before signing: who they are, and for each work order what the signed content says.
package struct ApprovalPreview: Sendable {
    package var person: PersonName
    /// `ssh SHA256:9xV…`
    package var key: String
    package var groups: [GroupName]
    package var decision: ApprovalRecord.Decision
    package var level: String
    package var implementation: ApprovalRecord.Implementation
    package var acknowledgements: [ApprovalRecord.Acknowledgement] = []
    package var emergency = false
    package var comment = ""
    /// Until when what is signed is good, where it expires.
    package var goodUntil: Timestamp?

    /// With `--diff`: what each slot last completed.
    package var former: [WorkOrderDigest: ApproveOperation.Former]?

    package enum Subject: Sendable {
        case workOrders([WorkOrder])
        case policyChange(id: PolicyChangeDigest, changes: [String])
    }
    package var subject: Subject

    package init(
        person: PersonName, key: String, groups: [GroupName], decision: ApprovalRecord.Decision, level: String,
        implementation: ApprovalRecord.Implementation, subject: Subject
    ) {
        (self.person, self.key, self.groups, self.decision) = (person, key, groups, decision)
        (self.level, self.implementation, self.subject) = (level, implementation, subject)
    }

    /// Everything but the question.
    package func render(now: Timestamp, _ style: Style) -> String {
        var page = Page(style)
        page.add(heading)
        switch subject {
        case .workOrders(let orders):
            for order in orders {
                page.space()
                add(order, now: now, to: &page)
            }
        case .policyChange(let digest, let changes):
            page.space()
            page.add("\(digest.id, .strong)  policy change", indent: 2)
            page.add(digest.description.asText, indent: 15)
            for change in changes { page.add("\(change)", indent: 15) }
        }
        page.space()
        page.add(terms(now: now), indent: 2)
        for acknowledgement in acknowledgements {
            page.add("\("you acknowledge", .warning): \(AcknowledgementWords.trailer(acknowledgement))", indent: 2)
        }
        if emergency {
            page.add(
                "\("EMERGENCY", .bad): windows and limits may be ignored; it has to be reviewed afterwards", indent: 2)
        }
        if !comment.isEmpty {
            page.add("comment:", indent: 2)
            page.add(outside: comment, indent: 4)
        }
        return page.rendered
    }

    private var heading: Text {
        let groups = groups.isEmpty ? "" : ", in \(groups.map(\.text).joined(separator: ", "))"
        let who: Text = "You are \(person, .strong) (\(key)\(groups)). You are about to "
        return switch decision {
        case .approve: who + "sign level \"\(level, .strong)\" for:"
        case .reject: who + "\("reject", .bad):"
        case .revoke: who + "\("take back", .bad) your own signatures on:"
        case .cancel: who + "\("cancel", .bad):"
        case .review: who + "sign the review of:"
        case .halt: who + "\("halt", .bad), whatever is signed:"
        case .resume: who + "\("let go on", .warning) what was halted, or waits because another push failed:"
        }
    }

    private func add(_ order: WorkOrder, now: Timestamp, to page: inout Page) {
        let deep = 15  // below what stands after the ID
        page.add(
            "\(order.digest?.id ?? "", .strong)  \(order.certificate.map { "\($0) on " } ?? "" as Text)\(order.connector) (\(order.deviceKind), \(order.device), zone \(order.zone))",
            indent: 2)
        if let digest = order.digest { page.add(digest.description.asText, indent: deep) }
        for line in SignedContent(order.content).slotLines { page.add(line, indent: deep) }
        page.add(what(order, now: now), indent: deep)
        if let installs = order.installs, let facts = order.installsFacts {
            page.add(
                "\(installs.leaf.hex): \(TimeWords.validity(until: facts.notAfter, now: now)), issuer \(facts.issuer), \(CertificateWords.keyType(facts.keyType))",
                indent: deep)
            page.add(names(order, facts), indent: deep)
        }
        difference(order, deep, to: &page)
        for note in order.notes { page.add("\(note, .warning)", indent: deep) }
        for block in order.blocks { page.add("\("×", .bad) \(StateWords.block(block))", indent: deep) }
        page.add(CertificateWords.key(order.keyCheck, zone: order.zone), indent: deep)
    }

    private func difference(_ order: WorkOrder, _ deep: Int, to page: inout Page) {
        guard let former, let digest = order.digest else { return }
        guard let last = former[digest] else {
            return page.add("differs: nothing to compare with, this slot has completed nothing yet", indent: deep)
        }
        let words = ContentDifference(order, from: last.content).words
        page.add(
            "differs from \(last.digest.id), completed \(TimeWords.minute(last.at))\(words.isEmpty ? ", in nothing that is declared" : ":")",
            indent: deep)
        for line in words { page.add(Text(outside: line), indent: deep + 2) }
    }

    private func what(_ order: WorkOrder, now: Timestamp) -> Text {
        var old: Text = "\(CertificateWords.holding(order.replaces, Style()))"
        if let facts = order.replacesFacts { old += ", \(TimeWords.validity(until: facts.notAfter, now: now))," }
        return switch (order.action, order.installs) {
        case (.adopt, _): "\("adopts", .strong) what is there: \(old); nothing is changed on the device"
        case (.install, let installs?): "\("installs", .strong) \(installs.leaf.short) where \(old) was"
        case (.restore, let installs?): "\("puts back", .strong) \(installs.leaf.short) in place of \(old)"
        case (_, let installs?): "\("replaces", .strong) \(old) with \(installs.leaf.short)"
        case (_, nil): "\("removes", .bad) \(old)"
        }
    }

    private func names(_ order: WorkOrder, _ facts: CertificateFacts) -> Text {
        let new = facts.dnsNames + facts.ipAddresses
        var line: Text = "names: \(new.isEmpty ? "none" : new.joined(separator: " "))"
        guard let before = order.replacesFacts else { return line }
        let old = before.dnsNames + before.ipAddresses
        let lost = old.filter { !new.contains($0) }, gained = new.filter { !old.contains($0) }
        guard !lost.isEmpty || !gained.isEmpty else { return line + "   (none lost, none gained)" }
        if !lost.isEmpty { line += "   \("lost", .bad): \(lost.joined(separator: " "))" }
        if !gained.isEmpty { line += "   \("gained", .caution): \(gained.joined(separator: " "))" }
        return line
    }

    /// `implement by netops`: what is still needed above the level that is signed.
    private var nextLevels: Text {
        guard case .workOrders(let orders) = subject, let levels = orders.first?.judgement.levels,
            let own = levels.firstIndex(where: { $0.name == level })
        else { return "" }
        return levels[(own + 1)...].map { "\($0.name) by \(LevelWords.approvers($0))" }.joined(separator: ", ")
    }

    private func terms(now: Timestamp) -> Text {
        var text: Text =
            switch implementation {
            case .manual:
                nextLevels.isEmpty ? "attended: the next pass pushes it" : "attended: pushed once that is signed"
            case .scheduled(let window):
                "unattended: pushed between \(TimeWords.minute(window.start)) and \(TimeWords.minute(window.end)), never later"
            }
        if decision == .approve, !nextLevels.isEmpty { text = "then: \(nextLevels) · \(text)" }
        if decision != .approve { text = "signed as \(decision.rawValue) at level \(level)" }
        if let goodUntil { text += " · good until \(TimeWords.minute(goodUntil))" }
        return text
    }
}

extension String {
    /// Escaped, on its own.
    var asText: Text { Text(outside: self) }
}

/// What the bytes that are signed say of the slot: read from them, not from anything beside them.
package struct SignedContent {
    private let document: JSONValue

    package init(_ content: [UInt8]?) { document = content.flatMap { try? JSONValue(parsing: $0) } ?? .null }

    /// `/etc/nginx/tls/shop.crt, shop.key root 0640 · 2 endpoints`, then the endpoints.
    package var slotLines: [Text] {
        guard let spec = document["connector"]?["spec"] else { return [] }
        let slot = spec["slot"]
        let paths = ["bundle", "certificate", "privateKey"].compactMap { slot?[$0]?.string }.joined(separator: ", ")
        let rights = ["owner", "mode", "switch"].compactMap { slot?[$0]?.string }.joined(separator: " ")
        let endpoints = spec["endpoints"]?.array ?? []
        let served = endpoints.map { endpoint -> String in
            let address = endpoint["address"]?.string ?? "", port = endpoint["port"]?.integer ?? 0
            let place = address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
            return endpoint["serverName"]?.string.map { "\(place) \($0)" } ?? place
        }
        let count: Text = "\(endpoints.count) \(endpoints.count == 1 ? "endpoint" : "endpoints")"
        return ["\(paths) \(rights) · \(count)"]
            + (served.isEmpty ? [] : ["served at \(served.joined(separator: ", "))"])
    }
}
