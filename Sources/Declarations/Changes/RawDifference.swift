// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

/// What differs between two raw specs, field by field: for all that no kind says better itself.
package enum RawDifference {
    private static let longest = 120

    package static func words(
        _ old: JSONValue, _ new: JSONValue, under path: String = "", leavingOut told: Set<String> = []
    ) -> [String] {
        guard case .object(let before) = old, case .object(let after) = new else { return [] }
        let fields = Set(before.members.map(\.key)).union(after.members.map(\.key)).subtracting(told)
        return fields.sorted().flatMap { field -> [String] in
            let name = path.isEmpty ? field : path == "label" ? "label \(field)" : "\(path).\(field)"
            switch (before[field], after[field]) {
            case (let was?, let now?) where was == now: return []
            case (.object(let was)?, .object(let now)?): return words(.object(was), .object(now), under: name)
            case (.array(let was)?, .array(let now)?):
                return lists(was, now, name) ?? ["\(name): \(text(.array(was))) → \(text(.array(now)))"]
            case (let was?, let now?): return ["\(name): \(text(was)) → \(text(now))"]
            case (nil, let now?): return ["\(name): \(text(now)), where nothing was said"]
            case (let was?, nil): return ["\(name): nothing is said any more, \(text(was)) was"]
            case (nil, nil): return []
            }
        }
    }

    /// Lists of texts gain and lose entries.
    private static func lists(_ old: [JSONValue], _ new: [JSONValue], _ name: String) -> [String]? {
        let before = old.compactMap(\.string), after = new.compactMap(\.string)
        guard before.count == old.count, after.count == new.count, Set(before) != Set(after) else { return nil }
        return Self.gains(before, after, name)
    }

    package static func gains(_ old: [String], _ new: [String], _ name: String) -> [String] {
        let gained = new.filter { !old.contains($0) }, lost = old.filter { !new.contains($0) }
        return (gained.isEmpty ? [] : ["\(name) gains \(listed(gained, "and"))"])
            + (lost.isEmpty ? [] : ["\(name) loses \(listed(lost, "and"))"])
    }

    static func text(_ value: JSONValue) -> String {
        let text = value.string ?? String(decoding: value.canonicalBytes, as: UTF8.self)
        return text.count <= longest ? text : text.prefix(longest) + "…"
    }
}
