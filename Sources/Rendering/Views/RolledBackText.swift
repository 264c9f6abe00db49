// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Operations
package import Vocabulary

/// What a `rollback` has asked for.
package enum RolledBackText {
    package static func render(_ report: RollbackOperation.Report, _ style: Style) -> String {
        var page = Page(style)
        page.add(
            "asked for \(CertificateWords.fingerprint(report.restores, style)) on \(report.connector, .strong) again, in place of what \(report.workOrder.id) brought: \(CertificateWords.fingerprint(report.leaf, style))"
        )
        page.add(
            "\(report.files.joined(separator: ", ")) in commit \(report.commit.short) on \(report.branch)\(report.pushed ? ", pushed" : "")",
            indent: 2)
        if let kept = report.keptUntil {
            page.add("its key is kept on the device until \(kept.description)", indent: 2)
        }
        for notice in report.notices { page.add("\("note", .caution): \(notice)", indent: 2) }
        page.add("next: \("countersign plan", .strong) shows who must sign for it")
        return page.rendered
    }
}

package enum RolledBackJSON {
    package static func value(_ report: RollbackOperation.Report) -> JSONValue {
        [
            "branch": .string(report.branch), "certificate": .string(report.certificate.text),
            "commit": .text(report.commit), "connector": .string(report.connector.text),
            "files": .array(report.files.map { .string($0) }), "formatVersion": "1",
            "keptUntil": report.keptUntil.map { .string($0.description) } ?? .null, "leaf": .string(report.leaf.hex),
            "notices": .array(report.notices.map { .string($0) }), "pushed": .bool(report.pushed),
            "restores": .string(report.restores.hex), "workOrder": .string(report.workOrder.id),
        ]
    }
}
