// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

/// Why a raw spec is not a spec of its kind.
package struct SpecError: Error, Hashable, Sendable {
    package var field: String
    package var message: String
}

/// A spec that is made from its canonical JSON, as it stands in digests and in evidence.
package protocol DecodableSpec: ResourceSpec {
    /// Throws for a document that `DeclarationReader` would not have let pass.
    init(raw: JSONValue) throws(SpecError)
}

/// The members of a raw object by type. Absent is a default's business; of another type is an error.
struct RawFields {
    private let object: JSONObject
    private let what: String

    init(_ value: JSONValue, _ what: String = "spec") throws(SpecError) {
        guard case .object(let object) = value else { throw SpecError(field: what, message: "not an object") }
        (self.object, self.what) = (object, what)
    }

    subscript(field: String) -> JSONValue? { object[field] }
    func has(_ field: String) -> Bool { object[field] != nil }

    func wrong(_ field: String, _ message: String = "missing or of another type") -> SpecError {
        SpecError(field: "\(what).\(field)", message: message)
    }

    func text(_ field: String) throws(SpecError) -> String {
        guard case .string(let text)? = object[field] else { throw wrong(field) }
        return text
    }
    func textIfAny(_ field: String) throws(SpecError) -> String? { has(field) ? try text(field) : nil }

    func texts(_ field: String, default: [String] = []) throws(SpecError) -> [String] {
        guard let value = object[field] else { return `default` }
        guard case .array(let items) = value else { throw wrong(field) }
        var texts: [String] = []
        texts.reserveCapacity(items.count)
        for item in items {
            guard case .string(let text) = item else { throw wrong(field) }
            texts.append(text)
        }
        return texts
    }

    func table(_ field: String) throws(SpecError) -> [String: String] {
        guard let value = object[field] else { return [:] }
        guard case .object(let members) = value else { throw wrong(field) }
        var table: [String: String] = [:]
        for member in members.members {
            guard case .string(let text) = member.value else { throw wrong(field) }
            table[member.key] = text
        }
        return table
    }

    func tables(_ field: String) throws(SpecError) -> [[String: String]] {
        guard let value = object[field] else { return [] }
        guard case .array(let items) = value else { throw wrong(field) }
        var tables: [[String: String]] = []
        for item in items { tables.append(try RawFields(.object([field: item]), what).table(field)) }
        return tables
    }

    func integers(_ field: String) throws(SpecError) -> [Int] {
        guard let value = object[field] else { return [] }
        guard case .array(let items) = value else { throw wrong(field) }
        var numbers: [Int] = []
        for item in items {
            guard case .integer(let number) = item else { throw wrong(field) }
            numbers.append(Int(number))
        }
        return numbers
    }

    func integer(_ field: String, default: Int? = nil) throws(SpecError) -> Int {
        guard let value = object[field] else {
            guard let `default` else { throw wrong(field) }
            return `default`
        }
        guard case .integer(let number) = value else { throw wrong(field) }
        return Int(number)
    }

    func bool(_ field: String, default: Bool = false) throws(SpecError) -> Bool {
        guard let value = object[field] else { return `default` }
        guard case .bool(let bool) = value else { throw wrong(field) }
        return bool
    }

    func word<Word: RawRepresentable<String>>(_ field: String, default: Word? = nil) throws(SpecError) -> Word {
        guard let text = try textIfAny(field) else {
            guard let `default` else { throw wrong(field) }
            return `default`
        }
        guard let word = Word(rawValue: text) else { throw wrong(field, "not one of its words") }
        return word
    }
    func wordIfAny<Word: RawRepresentable<String>>(_ field: String) throws(SpecError) -> Word? {
        has(field) ? try word(field) : nil
    }
    func words<Word: RawRepresentable<String>>(_ field: String) throws(SpecError) -> [Word] {
        try converted(field) { Word(rawValue: $0) }
    }

    func name<Kind>(_ field: String) throws(SpecError) -> Name<Kind> {
        guard let name = Name<Kind>(try text(field)) else { throw wrong(field, "not a name") }
        return name
    }
    func names<Kind>(_ field: String) throws(SpecError) -> [Name<Kind>] { try converted(field) { Name<Kind>($0) } }
    func approvers(_ field: String) throws(SpecError) -> [Approver] { try converted(field) { Approver($0) } }

    func converted<Value>(_ field: String, _ convert: (String) -> Value?) throws(SpecError) -> [Value] {
        var values: [Value] = []
        for text in try texts(field) {
            guard let value = convert(text) else { throw wrong(field, "holds what it may not") }
            values.append(value)
        }
        return values
    }

    func duration(_ field: String, default: Duration) throws(SpecError) -> Duration {
        guard let text = try textIfAny(field) else { return `default` }
        guard let duration = DurationText.duration(text) else { throw wrong(field, "not a duration") }
        return duration
    }
    func secondsIfAny(_ field: String) throws(SpecError) -> Seconds? {
        guard let text = try textIfAny(field) else { return nil }
        guard let seconds = DurationText.seconds(text) else { throw wrong(field, "not a duration in seconds") }
        return seconds
    }
    func time(_ field: String) throws(SpecError) -> Timestamp {
        guard let time = try timeIfAny(field) else { throw wrong(field) }
        return time
    }
    func timeIfAny(_ field: String) throws(SpecError) -> Timestamp? {
        guard let text = try textIfAny(field) else { return nil }
        guard let time = Timestamp(rfc3339: text) else { throw wrong(field, "not a time") }
        return time
    }
    func modeIfAny(_ field: String) throws(SpecError) -> UInt32? {
        guard let text = try textIfAny(field) else { return nil }
        guard let mode = TextForm.mode(text) else { throw wrong(field, "not a mode") }
        return mode
    }

    func child(_ field: String) throws(SpecError) -> RawFields {
        guard let value = object[field] else { throw wrong(field) }
        return try RawFields(value, "\(what).\(field)")
    }
    func childIfAny(_ field: String) throws(SpecError) -> RawFields? { has(field) ? try child(field) : nil }
    func children(_ field: String) throws(SpecError) -> [RawFields] {
        guard let value = object[field] else { return [] }
        guard case .array(let items) = value else { throw wrong(field) }
        var children: [RawFields] = []
        for item in items { children.append(try RawFields(item, "\(what).\(field)")) }
        return children
    }
}
