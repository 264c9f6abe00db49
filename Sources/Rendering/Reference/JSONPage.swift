// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// docs/reference/json.md
package enum JSONPage {
    package static var rendered: String {
        var page = ReferencePage(
            "JSON",
            """
            What `--format json` prints. `formatVersion` is `"1"`: members may be added, none is taken away or changes its meaning. \
            A *time* is RFC 3339 in UTC, a *fingerprint* SHA-256 of the DER in lower-case hex, a *digest* `sha256:` and 64 hex \
            digits, a *commit* 40 hex digits. A member that is *not always* there stands only where it applies.
            """)
        var told: Set<String> = []
        for document in JSONDocuments.all {
            page.section("countersign " + document.command, document.about)
            add(document.shape, to: &page)
        }
        page.section("Objects", "In the order in which they are first named above.")
        for shape in JSONDocuments.all.flatMap({ $0.shape.members.flatMap(\.form.shapes) })
        where told.insert(shape.name).inserted {
            page.section(shape.name, level: 3)
            add(shape, to: &page)
        }
        return page.rendered
    }

    private static func add(_ shape: JSONShape, to page: inout ReferencePage) {
        page.table(
            ["member", "what", "meaning"],
            shape.members.map { member in
                ["`\(member.name)`" + (member.isAlways ? "" : " (not always)"), member.form.title, member.about]
            })
    }
}
