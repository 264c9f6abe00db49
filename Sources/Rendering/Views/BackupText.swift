// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Operations
package import Vocabulary

/// What a backup holds, and what of it came back.
package enum BackupText {
    package static func render(_ report: BackupOperation.Report, _ style: Style) -> String {
        var page = Page(style)
        page.add(
            "state of zone \(report.zone, .strong) copied to \(report.directory): \(report.files.joined(separator: ", "))"
        )
        page.add("it holds private keys: keep it where nobody else can read it", indent: 2)
        return page.rendered
    }

    package static func render(_ report: RestoreOperation.Report, _ style: Style) -> String {
        var page = Page(style)
        page.add(
            "state of zone \(report.zone, .strong) restored to \(report.directory): \(report.files.joined(separator: ", "))"
        )
        if report.hasJournal {
            page.add("nothing was published since: it goes on where it stood", indent: 2)
        } else {
            page.add("its journal is older than what was published, and was left out", indent: 2)
            page.add("next: \("countersign trust \(report.trusted.hex) --recover", .strong)")
        }
        return page.rendered
    }
}

package enum BackupJSON {
    package static func value(_ report: BackupOperation.Report) -> JSONValue {
        [
            "directory": .string(report.directory), "files": .array(report.files.map { .string($0) }),
            "formatVersion": "1", "zone": .string(report.zone.text),
        ]
    }

    package static func value(_ report: RestoreOperation.Report) -> JSONValue {
        [
            "directory": .string(report.directory), "files": .array(report.files.map { .string($0) }),
            "formatVersion": "1", "journal": .bool(report.hasJournal), "trusted": .string(report.trusted.hex),
            "zone": .string(report.zone.text),
        ]
    }
}
