// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import YAML

/// `LINE:COLUMN RULE` of each error, in the order found.
func errors(_ bytes: [UInt8]) -> [String] {
    YAMLFile(reading: bytes).errors.map { "\($0.line):\($0.column) \($0.rule.rawValue)" }
}
func errors(_ text: String) -> [String] { errors(Array(text.utf8)) }

func documents(_ text: String) -> [YAMLDocument] { YAMLFile(reading: Array(text.utf8)).documents }

/// A node in one line: `{a: 'x'@1:4}`; plain scalars without quotes, with places where `places`.
func shown(_ node: YAMLNode, places: Bool = false) -> String {
    let place = places ? "@\(node.position.line):\(node.position.column)" : ""
    return switch node.content {
    case .scalar(let text, isPlain: true): text + place
    case .scalar(let text, isPlain: false): "'\(text)'" + place
    case .sequence(let items): "[" + items.map { shown($0, places: places) }.joined(separator: ", ") + "]" + place
    case .mapping(let entries):
        "{"
            + entries.map { entry in
                let key = places ? "\(entry.key)@\(entry.keyPosition.line):\(entry.keyPosition.column)" : entry.key
                return key + ": " + shown(entry.value, places: places)
            }.joined(separator: ", ") + "}" + place
    }
}
