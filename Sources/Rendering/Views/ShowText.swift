// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
package import Operations
package import Planning
package import Vocabulary

/// A resource as it is declared, and what hangs together with it.
package enum ShowText {
    /// - Parameter inventory: has the certificates among them; nil: there are none.
    package static func render(
        _ resources: [ShownResource], _ style: Style, inventory: (report: PlanReport, content: Inventory)? = nil
    ) -> String {
        var page = Page(style)
        for resource in resources {
            page.space()
            add(resource, to: &page)
            if let inventory, let item = inventory.content.item(of: resource) {
                add(item, inventory.report, to: &page, style)
            }
        }
        return page.rendered
    }

    /// What is in it, and where it is.
    private static func add(_ item: Inventory.Item, _ report: PlanReport, to page: inout Page, _ style: Style) {
        page.add("\("leaf", .faint)", indent: 2)
        guard let leaf = item.leaf, let facts = item.facts else {
            page.add("\("the chain cannot be read", .bad)", indent: 4)
            return
        }
        let colour = item.colour.map { ColourWords.words($0, notAfter: item.notAfter, now: report.now) } ?? "unknown"
        let rows: [(String, Text)] = [
            ("subject", "\(facts.subject)"), ("issuer", "\(facts.issuer)"),
            ("names", "\((facts.dnsNames + facts.ipAddresses).joined(separator: " "))"), ("serial", "\(facts.serial)"),
            (
                "valid",
                "\(TimeWords.minute(facts.notBefore)) to \(TimeWords.minute(facts.notAfter)), \(TimeWords.left(until: facts.notAfter, now: report.now))"
            ),
            ("key", "\(CertificateWords.keyType(facts.keyType)), SHA-256 \(facts.spki.hex)"),
            ("sha256", "\(leaf.hex)"), ("colour", colour),
        ]
        for (title, words) in rows { page.add("\(title, .faint)  " + words, indent: 4) }
        if let note = RevocationWords.line(item.revocation, now: report.now) { page.add(note, indent: 4) }
        page.add("\("installed", .faint)", indent: 2)
        let views = CertificatesText.installed(item, report)
        for view in views {
            let held = view.holding.map { CertificateWords.holding($0, style) } ?? "unknown"
            page.add(
                "\(view.connector) on \(view.device), \(view.slot.path): \(held), "
                    + ColourWords.words(view.colour, notAfter: view.notAfter, now: report.now) + ", "
                    + SyncWords.words(view.sync, now: report.now), indent: 4)
        }
        for old in item.replaced {
            page.add(
                "old \(CertificateWords.fingerprint(old.leaf, style)) on \(old.connector): "
                    + SyncWords.words(old.sync, now: report.now), indent: 4)
        }
        if item.elsewhere > 0 { page.add("\(item.elsewhere) connectors in other zones", indent: 4) }
        if views.isEmpty, item.elsewhere == 0 { page.add("\("no connector", .caution)", indent: 4) }
    }

    private static func add(_ resource: ShownResource, to page: inout Page) {
        let place = resource.position
        page.add("\("\(resource.key.kind.rawValue)/\(resource.key.name)", .strong)  \(place.file):\(place.line)")
        if resource.isInForce == false {
            page.add(
                "\("not in force", .caution) as it is declared here: an approved policy change brings it into force",
                indent: 2)
        }
        for (title, values) in [("labels", resource.labels), ("annotations", resource.annotations)]
        where !values.isEmpty {
            let pairs = values.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
            page.add("\(title, .faint)  \(pairs.joined(separator: ", "))", indent: 2)
        }
        page.add("\("spec", .faint)", indent: 2)
        for line in lines(of: resource.spec) { page.add(line.text, indent: 4 + line.indent) }
        add("refers to", resource.refersTo, to: &page)
        add("referred to by", resource.referredBy, to: &page)
        if resource.referredBy.isEmpty, resource.key.kind != .repository {
            page.add("\("referred to by", .faint)  nothing", indent: 2)
        }
    }

    private static func add(_ title: String, _ references: [ShownResource.Reference], to page: inout Page) {
        guard !references.isEmpty else { return }
        page.add("\(title, .faint)", indent: 2)
        for reference in references.prefix(50) {
            let how = reference.how.isEmpty ? "" : " (\(reference.how))"
            page.add("\(reference.key.kind.rawValue)/\(reference.key.name)\(how)", indent: 4)
        }
        if references.count > 50 { page.add("and \(references.count - 50) more", indent: 4) }
    }

    private struct Line {
        var indent: Int
        var text: Text
    }

    /// In the manner of YAML, for reading: what is short stands on its line.
    private static func lines(of value: JSONValue, indent: Int = 0) -> [Line] {
        guard case .object(let object) = value else { return [Line(indent: indent, text: inline(value))] }
        return object.members.flatMap { member -> [Line] in
            let inner = member.value
            switch inner {
            case .object(let nested) where !nested.isEmpty && inline(inner).columns > 60:
                return [Line(indent: indent, text: "\(member.key):")] + lines(of: inner, indent: indent + 2)
            case .array(let items) where inline(inner).columns > 60:
                return [Line(indent: indent, text: "\(member.key):")]
                    + items.map { Line(indent: indent + 2, text: "- \(inline($0))") }
            default: return [Line(indent: indent, text: "\(member.key): \(inline(inner))")]
            }
        }
    }

    private static func pair(_ member: JSONObject.Member) -> Text { "\(member.key): \(inline(member.value))" }

    private static func inline(_ value: JSONValue) -> Text {
        switch value {
        case .null: "null"
        case .bool(let flag): flag ? "true" : "false"
        case .integer(let number): "\(number)"
        case .string(let text): "\(text)"
        case .array(let items): "[\(items.map(inline).joined(separator: ", "))]"
        case .object(let object): "{\(object.members.map(pair).joined(separator: ", "))}"
        }
    }
}

extension Inventory {
    fileprivate func item(of resource: ShownResource) -> Item? {
        resource.key.kind == .certificate ? CertificateName(resource.key.name).flatMap { self[$0] } : nil
    }
}

/// `show --format json`: always a list, one name may belong to several kinds.
package enum ShowJSON {
    package static func value(
        _ resources: [ShownResource], inventory: (report: PlanReport, content: Inventory)? = nil
    ) -> JSONValue {
        let shown = inventory?.report.plan.connectors ?? []
        let views = Dictionary(shown.map { ($0.connector, $0) }) { first, _ in first }
        return [
            "formatVersion": "1",
            "resources": .array(
                resources.map { resource in
                    value(resource, inventory?.content.item(of: resource).map { CertificateJSON.value($0, views) })
                }),
        ]
    }

    private static func value(_ resource: ShownResource, _ certificate: JSONObject?) -> JSONValue {
        [
            "certificate": .orNull(certificate.map { .object($0) }),
            "annotations": pairs(resource.annotations), "column": .number(resource.position.column),
            "file": .string(resource.position.file), "inForce": .orNull(resource.isInForce.map { .bool($0) }),
            "kind": .string(resource.key.kind.rawValue), "labels": pairs(resource.labels),
            "line": .number(resource.position.line), "name": .string(resource.key.name),
            "referredBy": .array(resource.referredBy.map(reference)),
            "refersTo": .array(resource.refersTo.map(reference)), "spec": resource.spec,
        ]
    }

    private static func pairs(_ values: [String: String]) -> JSONValue {
        .object(values.reduce(into: JSONObject()) { $0[$1.key] = .string($1.value) })
    }

    private static func reference(_ reference: ShownResource.Reference) -> JSONValue {
        [
            "how": .orNull(reference.how.isEmpty ? nil : .string(reference.how)),
            "kind": .string(reference.key.kind.rawValue), "name": .string(reference.key.name),
        ]
    }
}
