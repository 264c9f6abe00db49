// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
package import Operations
package import Planning
internal import Vocabulary

/// `certificates --format csv` (RFC 4180): a line for each place where a certificate is; one that is nowhere has a line all the same.
package enum CertificatesCSV {
    package static let columns = [
        "certificate", "status", "leaf", "spki", "key", "subject", "issuer", "serial", "names", "notBefore", "notAfter",
        "daysLeft", "colour", "revocation", "connector", "device", "path", "sync", "syncReason", "labels",
    ]

    package static func render(_ report: PlanReport, _ inventory: Inventory) -> String {
        var lines = [columns.joined(separator: ",")]
        for item in CertificatesText.sorted(inventory) { lines += rows(item, report).map(line) }
        for found in inventory.found { lines += rows(found, report).map(line) }
        return lines.map { $0 + "\r\n" }.joined()
    }

    private typealias Row = [String: String]

    private static func line(_ row: Row) -> String { columns.map { cell(row[$0] ?? "") }.joined(separator: ",") }

    /// Quoted where it must be. What a spreadsheet would take for a formula is made text by an apostrophe: names come from outside.
    static func cell(_ text: String) -> String {
        var shown = Shown.text(text)
        if let first = shown.unicodeScalars.first, "=+-@".unicodeScalars.contains(first) { shown = "'" + shown }
        guard shown.unicodeScalars.contains(where: { ",\"\r\n".unicodeScalars.contains($0) }) else { return shown }
        return "\"" + shown.replacing("\"", with: "\"\"") + "\""
    }

    private static func rows(_ item: Inventory.Item, _ report: PlanReport) -> [Row] {
        var base = facts(item.facts)
        base["certificate"] = item.name.text
        base["labels"] = item.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
        var declared = base
        declared["status"] = item.isDeclared ? "declared" : "undeclared"
        declared["leaf"] = item.leaf?.hex
        add(item.notAfter, item.colour, item.revocation, report, to: &declared)
        var rows = CertificatesText.installed(item, report).map { view in
            var row = view.holding?.leaf == item.leaf ? declared : ["certificate": item.name.text, "status": "held"]
            row["labels"] = base["labels"]
            row["leaf"] = (view.holding?.leaf ?? item.leaf)?.hex
            add(view.notAfter, view.colour, view.revocation, report, to: &row)
            (row["connector"], row["device"], row["path"]) = (view.connector.text, view.device.text, view.slot.path)
            (row["sync"], row["syncReason"]) = (SyncWords.name(view.sync), SyncWords.reason(view.sync))
            return row
        }
        if rows.isEmpty { rows = [declared] }
        return rows
            + item.replaced.map { old in
                var row: Row = ["certificate": item.name.text, "status": "old", "leaf": old.leaf.hex]
                row["labels"] = base["labels"]
                add(old.notAfter, old.colour, old.revocation, report, to: &row)
                row["connector"] = old.connector.text
                (row["sync"], row["syncReason"]) = (SyncWords.name(old.sync), SyncWords.reason(old.sync))
                return row
            }
    }

    private static func rows(_ found: Inventory.Found, _ report: PlanReport) -> [Row] {
        found.places.map { place in
            var row = facts(found.facts)
            (row["status"], row["leaf"]) = ("found", found.leaf.hex)
            add(found.notAfter, found.colour, nil, report, to: &row)
            (row["connector"], row["device"], row["path"]) = (place.connector?.text, place.device.text, place.path)
            return row
        }
    }

    private static func facts(_ facts: CertificateFacts?) -> Row {
        guard let facts else { return [:] }
        return [
            "spki": facts.spki.hex, "key": CertificateWords.keyType(facts.keyType), "subject": facts.subject,
            "issuer": facts.issuer, "serial": facts.serial, "names": facts.dnsNames.joined(separator: " "),
            "notBefore": facts.notBefore.description,
        ]
    }

    private static func add(
        _ notAfter: Timestamp?, _ colour: StatusColour?, _ revocation: Revocation?, _ report: PlanReport,
        to row: inout Row
    ) {
        row["notAfter"] = notAfter?.description
        row["daysLeft"] = notAfter.map { String(($0 - report.now).wholeDays) }
        row["colour"] = colour?.rawValue
        row["revocation"] = revocation.map { known in
            switch known.status {
            case .good: "good"
            case .revoked: "revoked"
            case .unknown: "unknown"
            }
        }
    }
}
