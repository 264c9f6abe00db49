// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Operations
package import Vocabulary

/// What `csr` has done.
package enum SigningRequestText {
    /// What a person reads beside the request.
    package static func render(_ report: SigningRequestOperation.Report, _ style: Style) -> String {
        var page = Page(style)
        let what = report.isNewKey ? "made on" : "waits on"
        page.add(
            "key \(report.spki.short) of \(report.certificate, .strong) (\(report.keyType)) \(what) \(report.device), and stays there"
        )
        page.add("names: \(report.names.joined(separator: ", "))", indent: 2)
        if let path = report.path { page.add("request: \(path)", indent: 2) }
        page.add(
            "next: have the certificate issued, and bring its chain: \("countersign renew \(report.certificate) --chain FILE", .strong), or a commit to \(report.chain)"
        )
        return page.rendered
    }
}

package enum SigningRequestJSON {
    package static func value(_ report: SigningRequestOperation.Report) -> JSONValue {
        [
            "certificate": .string(report.certificate.text), "chain": .string(report.chain),
            "device": .string(report.device.text), "formatVersion": "1", "isNewKey": .bool(report.isNewKey),
            "keyType": .string(report.keyType), "names": .array(report.names.map { .string($0) }),
            "path": report.path.map { .string($0) } ?? .null,
            "request": .string(String(decoding: report.request, as: UTF8.self)), "spki": .string(report.spki.hex),
        ]
    }
}
