// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
package import Operations
package import Vocabulary

/// A resource as it is declared, and what hangs together with it.
package enum ShowText {
    package static func render(_ resources: [ShownResource], _ style: Style) -> String {
        var page = Page(style)
        for resource in resources {
            page.space()
            add(resource, to: &page)
        }
        return page.rendered
    }

    private static func add(_ resource: ShownResource, to page: inout Page) {
        let place = resource.position
        page.add("\("\(resource.key.kind.rawValue)/\(resource.key.name)", .strong)  \(place.file):\(place.line)")
        if resource.isInForce == false {
            page.add(
                "\("not in force", .caution) as it is declared here: an approved policy change brings it into force",
                indent: 2)
        }
        for (title, values) in [("labels", resource.labels), ("annotations", resource.annotations)]
        where !values.isEmpty {
            let pairs = values.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
            page.add("\(title, .faint)  \(pairs.joined(separator: ", "))", indent: 2)
        }
        page.add("\("spec", .faint)", indent: 2)
        for line in lines(of: resource.spec) { page.add(line.text, indent: 4 + line.indent) }
        add("refers to", resource.refersTo, to: &page)
        add("referred to by", resource.referredBy, to: &page)
        if resource.referredBy.isEmpty, resource.key.kind != .repository {
            page.add("\("referred to by", .faint)  nothing", indent: 2)
        }
    }

    private static func add(_ title: String, _ references: [ShownResource.Reference], to page: inout Page) {
        guard !references.isEmpty else { return }
        page.add("\(title, .faint)", indent: 2)
        for reference in references.prefix(50) {
            let how = reference.how.isEmpty ? "" : " (\(reference.how))"
            page.add("\(reference.key.kind.rawValue)/\(reference.key.name)\(how)", indent: 4)
        }
        if references.count > 50 { page.add("and \(references.count - 50) more", indent: 4) }
    }

    private struct Line {
        var indent: Int
        var text: Text
    }

    /// In the manner of YAML, for reading: what is short stands on its line.
    private static func lines(of value: JSONValue, indent: Int = 0) -> [Line] {
        guard case .object(let object) = value else { return [Line(indent: indent, text: inline(value))] }
        return object.members.flatMap { member -> [Line] in
            let inner = member.value
            switch inner {
            case .object(let nested) where !nested.isEmpty && inline(inner).columns > 60:
                return [Line(indent: indent, text: "\(member.key):")] + lines(of: inner, indent: indent + 2)
            case .array(let items) where inline(inner).columns > 60:
                return [Line(indent: indent, text: "\(member.key):")]
                    + items.map { Line(indent: indent + 2, text: "- \(inline($0))") }
            default: return [Line(indent: indent, text: "\(member.key): \(inline(inner))")]
            }
        }
    }

    private static func pair(_ member: JSONObject.Member) -> Text { "\(member.key): \(inline(member.value))" }

    private static func inline(_ value: JSONValue) -> Text {
        switch value {
        case .null: "null"
        case .bool(let flag): flag ? "true" : "false"
        case .integer(let number): "\(number)"
        case .string(let text): "\(text)"
        case .array(let items): "[\(items.map(inline).joined(separator: ", "))]"
        case .object(let object): "{\(object.members.map(pair).joined(separator: ", "))}"
        }
    }
}

/// `show --format json`: always a list, one name may belong to several kinds.
package enum ShowJSON {
    package static func value(_ resources: [ShownResource]) -> JSONValue {
        ["formatVersion": "1", "resources": .array(resources.map(resource))]
    }

    private static func resource(_ resource: ShownResource) -> JSONValue {
        [
            "annotations": pairs(resource.annotations), "column": .number(resource.position.column),
            "file": .string(resource.position.file), "inForce": .orNull(resource.isInForce.map { .bool($0) }),
            "kind": .string(resource.key.kind.rawValue), "labels": pairs(resource.labels),
            "line": .number(resource.position.line), "name": .string(resource.key.name),
            "referredBy": .array(resource.referredBy.map(reference)),
            "refersTo": .array(resource.refersTo.map(reference)), "spec": resource.spec,
        ]
    }

    private static func pairs(_ values: [String: String]) -> JSONValue {
        .object(values.reduce(into: JSONObject()) { $0[$1.key] = .string($1.value) })
    }

    private static func reference(_ reference: ShownResource.Reference) -> JSONValue {
        [
            "how": .orNull(reference.how.isEmpty ? nil : .string(reference.how)),
            "kind": .string(reference.key.kind.rawValue), "name": .string(reference.key.name),
        ]
    }
}
