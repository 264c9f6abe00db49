// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

/// A resource as YAML that our own reader, and every other, takes for what was meant.
package enum YAMLText {
    /// One document: `apiVersion`, `kind`, `metadata` and `spec`.
    package static func document(_ kind: ResourceKind, _ name: String, spec: JSONObject) -> String {
        var lines = [
            "apiVersion: countersign/v1", "kind: \(kind.rawValue)", "metadata: {name: \(scalar(name))}", "spec:",
        ]
        lines += block(spec, indent: 2)
        return lines.joined(separator: "\n") + "\n"
    }

    private static func block(_ object: JSONObject, indent: Int) -> [String] {
        let blanks = String(repeating: " ", count: indent)
        return object.members.flatMap { member -> [String] in
            let flow = "\(blanks)\(scalar(member.key)): \(flow(member.value))"
            guard flow.utf8.count > 110 else { return [flow] }
            switch member.value {
            case .object(let inner): return ["\(blanks)\(scalar(member.key)):"] + block(inner, indent: indent + 2)
            case .array(let items):
                return ["\(blanks)\(scalar(member.key)):"] + items.map { "\(blanks)  - \(self.flow($0))" }
            default: return [flow]
            }
        }
    }

    private static func flow(_ value: JSONValue) -> String {
        switch value {
        case .null: "null"
        case .bool(let flag): flag ? "true" : "false"
        case .integer(let number): String(number)
        case .string(let text): scalar(text)
        case .array(let items): "[\(items.map(flow).joined(separator: ", "))]"
        case .object(let object):
            "{\(object.members.map { "\(scalar($0.key)): \(flow($0.value))" }.joined(separator: ", "))}"
        }
    }

    /// Without quotes only what nobody could take for anything but text.
    private static func scalar(_ text: String) -> String {
        let isPlain =
            text.utf8.first.map { TextForm.isAlphanumeric($0) || $0 == 0x2f } ?? false
            && text.utf8.allSatisfy { TextForm.isAlphanumeric($0) || [0x2d, 0x2e, 0x2f, 0x5f].contains($0) }
        if isPlain, PlainScalar.reading(text) == .text { return text }
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            default:
                if scalar.value < 0x20 || scalar.value == 0x7f {
                    quoted += "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
                } else {
                    quoted.unicodeScalars.append(scalar)
                }
            }
        }
        return quoted + "\""
    }
}
