// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import Vocabulary

/// docs/reference/kinds.md
package enum KindsPage {
    package static var rendered: String {
        var page = ReferencePage(
            "Kinds",
            """
            Every resource has `apiVersion: countersign/v1`, `kind`, `metadata` and `spec`. An unknown field is an error. \
            `countersign schema KIND` prints the same as JSON Schema, for editors.
            """)
        page.section("metadata", "The same for every kind.")
        page.table(
            ["field", "type", "", "meaning"],
            KindReference(.binding).rows.filter { $0.path.hasPrefix("metadata.") }.map { row in
                [
                    "`\(row.path)`", row.path == "metadata.name" ? "name" : row.type, row.isRequired ? "required" : "",
                    row.about,
                ]
            })
        page.section(
            "The trust set",
            "Who decides, and what is touched and how. It changes only by an approved policy change (`POL-…`).")
        add(ResourceKind.allCases.filter(\.isTrust), to: &page)
        page.section(
            "The desired state", "What should be where. Each difference from what is there is a work order (`WO-…`).")
        add(ResourceKind.allCases.filter { !$0.isTrust }, to: &page)
        return page.rendered
    }

    private static func add(_ kinds: [ResourceKind], to page: inout ReferencePage) {
        for kind in kinds {
            let reference = KindReference(kind)
            page.section(kind.rawValue, kind.about, level: 3)
            page.table(
                ["field", "type", "", "meaning"],
                reference.rows.filter { !$0.path.hasPrefix("metadata.") }.map { row in
                    let standing = row.isRequired ? "required" : row.default.map { "default `\(inline($0))`" } ?? ""
                    return ["`\(row.path)`", row.type, standing, row.about]
                })
            for choice in reference.choices {
                let groups = choice.groups.map { $0.map { "`\($0)`" }.joined(separator: " with ") }
                page.paragraph("In `\(choice.place)` stands exactly one of: \(groups.joined(separator: ", ")).")
            }
        }
    }

    private static func inline(_ value: JSONValue) -> String {
        switch value {
        case .string(let text): text
        case .integer(let number): String(number)
        case .bool(let flag): flag ? "true" : "false"
        case .array(let values): "[\(values.map(inline).joined(separator: ", "))]"
        case .null, .object: "{}"
        }
    }
}
