// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
package import Operations
internal import Planning
package import Vocabulary

/// What each address serves now, beside what it should: what is wrong first.
package enum VerifyText {
    package static func render(_ report: VerifyOperation.Report, _ style: Style) -> String {
        var page = Page(style)
        if report.endpoints.isEmpty {
            page.add("No endpoint to ask: no connector of this zone has a certificate bound to it.")
        }
        let order = EndpointVerdict.Verdict.allCases.reversed()
        let rows = order.flatMap { verdict in
            report.endpoints.filter { $0.verdict == verdict }.map { row($0, style) }
        }
        page.add(Table(fitting: rows).lines(rows, in: style))
        for line in ReportHeader.problems(report.plan) {
            page.space()
            page.add(line)
        }
        page.space()
        page.add(summary(report))
        return page.rendered
    }

    private static func row(_ entry: EndpointVerdict, _ style: Style) -> Table.Row {
        Table.Row(cells: [
            symbol(entry.verdict), "\(entry.connector)",
            EndpointWords.place(
                entry.endpoint.servedProtocol.rawValue, entry.address, entry.endpoint.port, entry.endpoint.serverName),
            words(entry, style),
        ])
    }

    private static func symbol(_ verdict: EndpointVerdict.Verdict) -> Text {
        switch verdict {
        case .matched: "\("✓", .good)"
        case .differed: "\("!", .bad)"
        case .unreachable: "\("×", .bad)"
        }
    }

    static func words(_ entry: EndpointVerdict, _ style: Style) -> Text {
        let expected = CertificateWords.fingerprint(entry.expected, style)
        switch (entry.served, entry.failure) {
        case (let served?, _) where served == entry.expected: return "\(expected) served"
        case (let served?, _):
            return "\(CertificateWords.fingerprint(served, style)) served, \("expected", .bad) \(expected)"
        case (nil, let failure):
            return "\(failure?.code ?? "failed", .bad): \(failure?.detail ?? ""); expected \(expected)"
        }
    }

    static func summary(_ report: VerifyOperation.Report) -> Text {
        let total = report.endpoints.count
        return
            "\(total) \(total == 1 ? "endpoint" : "endpoints"): \(report.count(.matched)) matched, \(report.count(.differed)) differed, \(report.count(.unreachable)) unreachable"
    }

    package static func markdown(_ report: VerifyOperation.Report) -> String {
        var lines = ["**\(summary(report).plain)**", ""]
        lines += Markdown.heading(["", "Connector", "Endpoint", "Served"])
        for entry in report.endpoints {
            let place = EndpointWords.place(
                entry.endpoint.servedProtocol.rawValue, entry.address, entry.endpoint.port, entry.endpoint.serverName)
            lines.append(
                Markdown.row([
                    symbol(entry.verdict).plain, Markdown.code(entry.connector.text), Markdown.code(place.plain),
                    Markdown.code(words(entry, Style()).plain),
                ]))
        }
        return (lines + [""]).joined(separator: "\n")
    }
}

/// `verify --format json`. Names and shapes are a contract.
package enum VerifyJSON {
    package static func value(_ report: VerifyOperation.Report) -> JSONValue {
        var document = ReportJSON.header(report.plan)
        document["endpoints"] = .array(report.endpoints.map(endpoint))
        document["summary"] = [
            "differed": .number(report.count(.differed)), "matched": .number(report.count(.matched)),
            "total": .number(report.endpoints.count), "unreachable": .number(report.count(.unreachable)),
        ]
        return .object(document)
    }

    private static func endpoint(_ entry: EndpointVerdict) -> JSONValue {
        [
            "address": .string(entry.address), "connector": .string(entry.connector.text),
            "declaredAddress": .string(entry.endpoint.address), "expected": .string(entry.expected.hex),
            "keyType": .orNull(entry.endpoint.keyType.map { .string($0.rawValue) }),
            "port": .number(entry.endpoint.port), "protocol": .string(entry.endpoint.servedProtocol.rawValue),
            "reason": reason(entry), "role": .string(entry.endpoint.role.rawValue),
            "served": .orNull(entry.served.map { .string($0.hex) }),
            "serverName": .orNull(entry.endpoint.serverName.map { .string($0) }),
            "verdict": .string(entry.verdict.rawValue),
        ]
    }

    private static func reason(_ entry: EndpointVerdict) -> JSONValue {
        switch entry.verdict {
        case .matched: .null
        case .differed: ["code": "OtherCertificate", "message": "another certificate is served than was pushed"]
        case .unreachable:
            ["code": .string(entry.failure?.code ?? "failed"), "message": .string(entry.failure?.detail ?? "")]
        }
    }
}
