// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// A JSON value as our signed documents use it: numbers are integers within ±(2^53 − 1), members are kept in canonical order.
///
/// The one JSON model of the house. `canonicalBytes` is RFC 8785 for these values.
package enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

/// Members in RFC 8785 order (UTF-16 code units), each key once. A small sorted array: specs have a handful of members.
package struct JSONObject: Hashable, Sendable {
    package struct Member: Hashable, Sendable {
        package var key: String
        package var value: JSONValue
    }
    package private(set) var members: [Member] = []

    package init() {}

    package subscript(key: String) -> JSONValue? {
        get {
            let index = position(of: key)
            return holds(key, at: index) ? members[index].value : nil
        }
        set {
            let index = position(of: key)
            switch (holds(key, at: index), newValue) {
            case (true, let value?): members[index].value = value
            case (true, nil): members.remove(at: index)
            case (false, let value?): members.insert(Member(key: key, value: value), at: index)
            case (false, nil): break
            }
        }
    }

    /// The first place whose key does not precede `key`.
    private func position(of key: String) -> Int {
        var (low, high) = (0, members.count)
        while low < high {
            let middle = (low + high) / 2
            if Self.precedes(members[middle].key, key) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// By bytes: `==` on strings takes "é" and "e" + U+0301 for one.
    private func holds(_ key: String, at index: Int) -> Bool {
        index < members.count && members[index].key.utf8.elementsEqual(key.utf8)
    }

    /// Adds a member that was not there; false, and nothing done, if it was. Cheap where keys come in their order.
    mutating func add(_ key: String, _ value: JSONValue) -> Bool {
        // To a String two spellings of "é" are one key: those are compared with all of them.
        guard members.last.map({ Self.precedes($0.key, key) }) ?? true, key.utf8.allSatisfy({ $0 < 0x80 }) else {
            guard self[key] == nil else { return false }
            self[key] = value
            return true
        }
        members.append(Member(key: key, value: value))
        return true
    }

    package var isEmpty: Bool { members.isEmpty }
    package var count: Int { members.count }

    private static func precedes(_ left: String, _ right: String) -> Bool {
        // UTF-8 and UTF-16 order the same below U+D800.
        var (left, right) = (left, right)
        let order = left.withUTF8 { left in
            right.withUTF8 { right -> Bool? in
                for (one, other) in zip(left, right) {
                    guard one < 0xed, other < 0xed else { return nil }
                    if one != other { return one < other }
                }
                return left.count < right.count
            }
        }
        return order ?? left.utf16.lexicographicallyPrecedes(right.utf16)
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    /// A nil value leaves the member out: absent fields are absent, never null.
    package init(dictionaryLiteral elements: (String, JSONValue?)...) {
        for (key, value) in elements { self[key] = value }
    }
}

extension JSONValue: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral, ExpressibleByStringLiteral,
    ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral, ExpressibleByStringInterpolation
{
    /// A nil value leaves the member out.
    package init(dictionaryLiteral elements: (String, JSONValue?)...) {
        var object = JSONObject()
        for (key, value) in elements { object[key] = value }
        self = .object(object)
    }
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
}

extension JSONValue {
    package subscript(key: String) -> JSONValue? {
        if case .object(let object) = self { return object[key] }
        return nil
    }
    package var string: String? { if case .string(let text) = self { text } else { nil } }
    package var integer: Int64? { if case .integer(let number) = self { number } else { nil } }
    package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    package var array: [JSONValue]? { if case .array(let items) = self { items } else { nil } }
    package var object: JSONObject? { if case .object(let object) = self { object } else { nil } }
    package var isNull: Bool { self == .null }

    /// A value or JSON's null, for members that the contract wants present even when there is nothing.
    package static func orNull(_ value: JSONValue?) -> JSONValue { value ?? .null }
    package static func text(_ value: some CustomStringConvertible) -> JSONValue { .string(value.description) }
    package static func number(_ value: some BinaryInteger) -> JSONValue { .integer(Int64(value)) }
}
