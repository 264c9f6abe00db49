// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Planning
internal import Vocabulary

/// `reports/YYYY/MM/DD.json`: the figures of one Push Validation Report.
enum ReportForm {
    static let format = "countersign.report"

    static func document(_ figures: ReportFigures, zone: ZoneName) -> JSONValue {
        var shares: JSONObject = [:]
        for dimension in ReportFigures.Dimension.allCases {
            shares[dimension.rawValue] = .array(
                (figures.shares[dimension] ?? []).map { share in
                    [
                        "name": .string(share.name), "successful": .number(share.successful),
                        "total": .number(share.total),
                    ]
                })
        }
        return [
            "endpoints": [
                "differed": .number(figures.endpoints.differed), "matched": .number(figures.endpoints.matched),
                "unreachable": .number(figures.endpoints.unreachable),
            ],
            "failures": .array(
                figures.failures.map { failure in
                    [
                        "certificate": failure.certificate.map { .string($0.text) },
                        "connector": .string(failure.connector.text), "digest": .hex(failure.workOrder),
                        "id": .string(failure.workOrder.id), "reason": .string(failure.reason),
                        "since": .text(failure.since), "state": .string(failure.state),
                    ]
                }),
            "format": "countersign.report/v1", "shares": .object(shares),
            "since": figures.since.map { .text($0) }, "successful": .number(figures.successful),
            "total": .number(figures.total), "until": .text(figures.until), "zone": .string(zone.text),
        ]
    }

    static func figures(_ document: Document) throws(StatusError) -> ReportFigures {
        try document.requireFormat(format)
        let listed: Document = try document.object("shares")
        let asked: Document = try document.object("endpoints")
        var shares: [ReportFigures.Dimension: [ReportFigures.Share]] = [:]
        for dimension in ReportFigures.Dimension.allCases {
            var found: [ReportFigures.Share] = []
            for item in try listed.list(dimension.rawValue) {
                found.append(
                    ReportFigures.Share(
                        name: try item.text("name"), total: Int(try item.integer("total")),
                        successful: Int(try item.integer("successful"))))
            }
            shares[dimension] = found
        }
        var failures: [ReportFigures.Failure] = []
        for item in try document.list("failures") {
            failures.append(
                ReportFigures.Failure(
                    workOrder: try item.digest("digest"), connector: try item.name("connector"),
                    certificate: try item.optional("certificate") { (key) throws(StatusError) in try item.name(key) },
                    state: try item.text("state"), reason: try item.text("reason"), since: try item.time("since")))
        }
        return ReportFigures(
            since: try document.optional("since") { (key) throws(StatusError) in try document.time(key) },
            until: try document.time("until"), total: Int(try document.integer("total")),
            successful: Int(try document.integer("successful")), shares: shares, failures: failures,
            endpoints: ReportFigures.Endpoints(
                matched: Int(try asked.integer("matched")), differed: Int(try asked.integer("differed")),
                unreachable: Int(try asked.integer("unreachable"))))
    }
}
