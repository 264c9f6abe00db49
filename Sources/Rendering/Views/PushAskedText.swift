// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Operations
package import Vocabulary

/// What a `push` has asked for.
package enum PushAskedText {
    package static func render(_ report: PushOperation.Report, _ style: Style) -> String {
        var page = Page(style)
        let names = report.connectors.prefix(10).map { "\($0)" as Text }.joined(separator: ", ")
        let more = report.connectors.count > 10 ? " and \(report.connectors.count - 10) more" : ""
        page.add("asked for a push of \(report.certificate, .strong) to \(names)\(more)")
        for raised in report.raised {
            page.add("\(raised.kind)/\(raised.name): countersign/push is \(raised.push) now", indent: 2)
        }
        page.add("commit \(report.commit.short) on \(report.branch)\(report.pushed ? ", pushed" : "")", indent: 2)
        for notice in report.notices { page.add("\("note", .caution): \(notice)", indent: 2) }
        page.add("next: \("countersign plan", .strong) shows what it takes")
        return page.rendered
    }
}

package enum PushAskedJSON {
    package static func value(_ report: PushOperation.Report) -> JSONValue {
        [
            "branch": .string(report.branch), "certificate": .string(report.certificate.text),
            "commit": .text(report.commit), "connectors": .array(report.connectors.map { .string($0.text) }),
            "formatVersion": "1", "notices": .array(report.notices.map { .string($0) }), "pushed": .bool(report.pushed),
            "raised": .array(
                report.raised.map {
                    ["kind": .string($0.kind), "name": .string($0.name), "push": .integer($0.push)]
                }),
        ]
    }
}
