// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
package import Operations
internal import Planning
package import Vocabulary

/// What devices hold, what their configurations name, and what is served: one block for each device.
package enum DiscoverText {
    package static func render(_ report: DiscoverOperation.Report, _ style: Style) -> String {
        var page = Page(style)
        if report.findings.isEmpty {
            page.add("No device of this zone is in force, and no server of a known kind runs on this machine.")
        }
        for finding in report.findings {
            page.space()
            page.add(heading(finding, report.plan.now))
            if let error = finding.error { page.add("\("cannot be read", .bad): \(error)", indent: 2) }
            let rows = finding.places.map { row($0, style) }
            page.add(Table(indent: 2, fitting: rows).lines(rows, in: style))
            for words in finding.unclear { page.add("\("not clear", .caution): \(words)", indent: 2) }
        }
        for line in ReportHeader.problems(report.plan) {
            page.space()
            page.add(line)
        }
        if let proposal = report.proposal {
            page.space()
            add(proposal, to: &page)
        }
        page.space()
        page.add(summary(report))
        return page.rendered
    }

    private static func heading(_ finding: Finding, _ now: Timestamp) -> Text {
        var line: Text = "\(finding.device.name, .strong)  \(finding.device.spec.server.kind)"
        if let configuration = finding.device.spec.server.configurations.first?.path { line += "  \(configuration)" }
        if !finding.isDeclared { line += "  \("not declared", .caution)" }
        if finding.device.spec.sync != .managed { line += "  \(finding.device.spec.sync.rawValue)" }
        if let since = finding.unchangedSince { line += "  unchanged since \(TimeWords.moment(since, now: now))" }
        return line
    }

    private static func row(_ place: Finding.Place, _ style: Style) -> Table.Row {
        var words: Text = Text(outside: CertificateWords.holding(place.found.observation.holding, style))
        let names = place.found.dnsNames
        if !names.isEmpty { words += " \(names.prefix(3).joined(separator: " "))\(names.count > 3 ? " …" : "")" }
        if place.reference == .unnamed { words += ", \("the configuration does not name it", .bad)" }
        if let keeper = place.found.managedBy { words += ", \("managed by \(keeper)", .caution)" }
        if !place.answers.isEmpty { words += ", served at \(place.served.count) of \(place.answers.count)" }
        return Table.Row(cells: [
            place.connector == nil ? "\("?", .caution)" : "\("=", .good)",
            place.connector.map { "\($0)" } ?? "\("not declared", .caution)", "\(place.found.certificate)", words,
        ])
    }

    private static func add(_ proposal: Proposal, to page: inout Page) {
        if proposal.files.isEmpty {
            page.add("Nothing is to be proposed.")
        } else {
            page.add(
                "\("written", .good) to \(proposal.folder): \(proposal.devices.count) devices, \(proposal.certificates.count) certificates, \(proposal.connectors.count) connectors"
            )
        }
        for (device, keeper) in proposal.monitored.sorted(by: { $0.key < $1.key }) {
            page.add("\(device) is Monitored: \(keeper) manages what lies there", indent: 2)
        }
        for left in proposal.left {
            page.add("\("left out", .caution): \(left.device) \(left.path): \(left.reason)", indent: 2)
        }
        guard !proposal.files.isEmpty else { return }
        if !proposal.devices.isEmpty {
            page.add(
                "next: commit \(Proposal.folderOfDevices)/ and have the policy change signed; then commit \(Proposal.folderOfDeclarations)/, countersign reconcile, and sign the adoptions"
            )
        } else {
            page.add(
                "next: commit \(Proposal.folderOfDeclarations)/, countersign reconcile, and sign the adoptions")
        }
    }

    static func summary(_ report: DiscoverOperation.Report) -> Text {
        let places = report.findings.flatMap(\.places)
        let undeclared = places.count { $0.connector == nil }
        let failed = report.findings.count { $0.error != nil }
        return
            "\(report.findings.count) devices, \(failed) cannot be read; \(places.count) slots, \(undeclared) not declared, \(places.count { $0.found.managedBy != nil }) managed by other programs"
    }
}

/// `discover --format json`. Names and shapes are a contract.
package enum DiscoverJSON {
    package static func value(_ report: DiscoverOperation.Report) -> JSONValue {
        var document = ReportJSON.header(report.plan)
        document["devices"] = .array(report.findings.map(device))
        document["proposal"] = .orNull(report.proposal.map(proposal))
        let places = report.findings.flatMap(\.places)
        document["summary"] = [
            "devices": .number(report.findings.count),
            "managedByOthers": .number(places.count { $0.found.managedBy != nil }), "slots": .number(places.count),
            "undeclared": .number(places.count { $0.connector == nil }),
            "unreachable": .number(report.findings.count { $0.error != nil }),
        ]
        return .object(document)
    }

    private static func device(_ finding: Finding) -> JSONValue {
        [
            "config": .orNull(finding.device.spec.server.configurations.first.map { .string($0.path) }),
            "declared": .bool(finding.isDeclared), "error": .orNull(finding.error.map { .string($0) }),
            "kind": .string(finding.device.spec.server.kind), "name": .string(finding.device.name.text),
            "processID": .orNull(finding.processID.map { .number($0) }),
            "slots": .array(Parallel.map(finding.places, width: 4, slot)), "sync": .string(finding.device.spec.sync.rawValue),
            "unchangedSince": .orNull(finding.unchangedSince.map { .text($0) }),
            "unclear": .array(finding.unclear.map { .string($0) }),
        ]
    }

    private static func slot(_ place: Finding.Place) -> JSONValue {
        let found = place.found
        let mode = found.mode.map { mode in "0" + String(mode, radix: 8) }
        let facts = found.facts
        return [
            "certificate": .string(found.certificate), "connector": .orNull(place.connector.map { .string($0.text) }),
            "endpoints": .array(place.answers.map { endpoint($0, found) }),
            "leaf": HoldingJSON.leaf(found.observation.holding),
            "managedBy": .orNull(found.managedBy.map { .string($0) }), "mode": .orNull(mode.map { .string($0) }),
            "names": .array((facts?.dnsNames ?? []).map { .string($0) }),
            "notAfter": .orNull(facts.map { .text($0.notAfter) }),
            "other": HoldingJSON.other(found.observation.holding),
            "owner": .orNull(found.owner.map { .string($0) }), "privateKey": .string(found.privateKey),
            "referenced": place.reference == .unknown ? .null : .bool(place.reference == .named),
            "source": .orNull(found.source.isEmpty ? nil : .string(found.source)),
        ]
    }

    private static func endpoint(_ answer: EndpointObservation, _ found: FoundSlot) -> JSONValue {
        var (served, reason): (JSONValue, JSONValue) = (.null, .null)
        var verdict = "unreachable"
        switch answer.answer {
        case .served(let leaf, _):
            served = .string(leaf.hex)
            verdict = leaf == found.observation.holding.leaf ? "matched" : "differed"
        case .failed(let code, let detail): reason = ["code": .string(code), "message": .string(detail)]
        }
        return [
            "address": .string(answer.address),
            "keyType": .orNull(answer.endpoint.keyType.map { .string($0.rawValue) }),
            "port": .number(answer.endpoint.port), "protocol": .string(answer.endpoint.servedProtocol.rawValue),
            "reason": reason, "served": served, "serverName": .orNull(answer.endpoint.serverName.map { .string($0) }),
            "verdict": .string(verdict),
        ]
    }

    private static func proposal(_ proposal: Proposal) -> JSONValue {
        func paths(_ ofPolicyChange: Bool) -> JSONValue {
            .array(proposal.paths(ofPolicyChange: ofPolicyChange).map { .string($0) })
        }
        return [
            "declarations": paths(false), "folder": .string(proposal.folder),
            "left": .array(
                proposal.left.map {
                    ["device": .string($0.device.text), "path": .string($0.path), "reason": .string($0.reason)]
                }),
            "monitored": .array(
                proposal.monitored.sorted { $0.key < $1.key }.map {
                    ["device": .string($0.key.text), "managedBy": .string($0.value)]
                }), "policyChange": paths(true),
        ]
    }
}
