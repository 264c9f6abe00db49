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
    init(capacity: Int) { members.reserveCapacity(capacity) }

    package subscript(key: String) -> JSONValue? {
        get {
            let (index, holds) = position(of: key)
            return holds ? members[index].value : nil
        }
        set {
            let (index, holds) = position(of: key)
            switch (holds, newValue) {
            case (true, let value?): members[index].value = value
            case (true, nil): members.remove(at: index)
            case (false, let value?): members.insert(Member(key: key, value: value), at: index)
            case (false, nil): break
            }
        }
    }

    /// The first place whose key does not precede `key`, and whether it is this very key: by bytes, because `==` on strings takes
    /// "é" and "e" + U+0301 for one.
    private func position(of key: String) -> (index: Int, holds: Bool) {
        var (low, high) = (0, members.count)
        while low < high {
            let middle = (low + high) / 2
            let order = Self.order(members[middle].key, key)
            if order == 0 { return (middle, true) }
            if order < 0 { low = middle + 1 } else { high = middle }
        }
        return (low, false)
    }

    /// Adds a member that was not there; false, and nothing done, if it was. Cheap where keys come in their order.
    mutating func add(_ key: String, _ value: JSONValue) -> Bool {
        // To a String two spellings of "é" are one key: those are compared with all of them.
        guard members.last.map({ Self.order($0.key, key) < 0 }) ?? true, key.utf8.allSatisfy({ $0 < 0x80 }) else {
            guard self[key] == nil else { return false }
            self[key] = value
            return true
        }
        members.append(Member(key: key, value: value))
        return true
    }

    package var isEmpty: Bool { members.isEmpty }
    package var count: Int { members.count }

    /// Negative, 0 or positive by UTF-16 code units; 0 for the same bytes only.
    private static func order(_ left: String, _ right: String) -> Int {
        var (left, right) = (left, right)
        let order = left.withUTF8 { left in
            right.withUTF8 { right -> Int? in
                var index = 0
                let shared = min(left.count, right.count)
                while index < shared, left[index] == right[index] { index += 1 }
                guard index < shared else { return left.count - right.count }
                // UTF-8 and UTF-16 order the same below U+D800.
                guard left[index] < 0xed, right[index] < 0xed else { return nil }
                return Int(left[index]) - Int(right[index])
            }
        }
        return order ?? (left.utf16.lexicographicallyPrecedes(right.utf16) ? -1 : 1)
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
