// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Operations
package import Vocabulary

/// What an `adopt` has declared.
package enum AdoptedText {
    package static func render(_ report: AdoptOperation.Report, _ style: Style) -> String {
        var page = Page(style)
        page.add(
            "declared for \(report.certificate, .strong) what \(report.connector) holds: \(CertificateWords.fingerprint(report.leaf, style))"
        )
        page.add(
            "\(report.path) in commit \(report.commit.short) on \(report.branch)\(report.pushed ? ", pushed" : "")",
            indent: 2)
        for notice in report.notices { page.add("\("note", .caution): \(notice)", indent: 2) }
        page.add("next: \("countersign plan", .strong) shows who must sign for it; nothing on the device is touched")
        return page.rendered
    }
}

package enum AdoptedJSON {
    package static func value(_ report: AdoptOperation.Report) -> JSONValue {
        [
            "branch": .string(report.branch), "certificate": .string(report.certificate.text),
            "commit": .text(report.commit), "connector": .string(report.connector.text), "file": .string(report.path),
            "formatVersion": "1", "leaf": .string(report.leaf.hex),
            "notices": .array(report.notices.map { .string($0) }), "pushed": .bool(report.pushed),
        ]
    }
}
