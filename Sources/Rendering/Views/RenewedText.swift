// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Operations
package import Vocabulary

/// What `renew` and `encrypt-key` have done.
package enum RenewedText {
    package static func render(_ report: RenewOperation.Report, _ style: Style) -> String {
        var page = Page(style)
        guard let commit = report.commit else {
            page.add(
                "\(report.certificate, .strong) is \(report.leaf.short) on \(report.branch) already: nothing to ask for"
            )
            return page.rendered
        }
        let old = report.replaces.map { "\($0.short) → " as Text } ?? ""
        page.add(
            "renewed \(report.certificate, .strong): \(old)\(report.leaf.short), valid to \(TimeWords.day(report.notAfter))"
        )
        if let key = report.key { page.add("its private key: \(key)", indent: 2) }
        let tries = report.retries == 0 ? "" : ", others were faster \(report.retries) times"
        page.add("commit \(commit.short) on \(report.branch)\(report.pushed ? ", pushed" : "")\(tries)", indent: 2)
        for notice in report.notices { page.add("\("note", .caution): \(notice)", indent: 2) }
        page.add("next: \("countersign plan", .strong) shows what it takes")
        return page.rendered
    }
}

package enum RenewedJSON {
    package static func value(_ report: RenewOperation.Report) -> JSONValue {
        [
            "branch": .string(report.branch), "certificate": .string(report.certificate.text),
            "commit": report.commit.map { .text($0) } ?? .null, "formatVersion": "1",
            "key": report.key.map { .string($0) } ?? .null, "leaf": .string(report.leaf.hex),
            "notAfter": .text(report.notAfter), "notices": .array(report.notices.map { .string($0) }),
            "pushed": .bool(report.pushed), "replaces": report.replaces.map { .string($0.hex) } ?? .null,
            "retries": .integer(Int64(report.retries)),
        ]
    }
}

package enum EncryptedKeyText {
    package static func render(_ report: EncryptKeyOperation.Report, path: String, _ style: Style) -> String {
        var page = Page(style)
        let zones = report.zones.map { "\($0)" as Text }.joined(separator: ", ")
        page.add("encrypted key \(report.spki.short) for \(report.recipients) recipients of \(zones): \(path)")
        return page.rendered
    }
}
