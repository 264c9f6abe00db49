// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Signatures
internal import Vocabulary
internal import YAML

/// YAML nodes to canonical JSON by a shape: scalars typed as the schema wants, defaults not filled in.
struct SchemaDecoder {
    let file: String
    private(set) var findings: [Finding] = []

    /// A file with more mistakes than this is one mistake.
    static let mostFindings = 200

    init(file: String) { self.file = file }

    var isFull: Bool { findings.count >= Self.mostFindings }

    mutating func refuse(
        _ rule: Rule, at position: YAMLPosition, _ message: String,
        misspelt: (word: String, among: Finding.Candidates)? = nil
    ) {
        guard !isFull else { return }
        let place = SourcePosition(file: file, line: position.line, column: position.column)
        findings.append(Finding(Diagnostic(at: place, message, rule: rule.rawValue), misspelt: misspelt))
        if isFull {
            findings.append(
                Finding(
                    Diagnostic(
                        at: place, "more than \(Self.mostFindings) errors in this file: the rest is not shown",
                        rule: Rule.tooMany.rawValue)))
        }
    }

    mutating func add(_ error: YAMLError) {
        let place = SourcePosition(file: file, line: error.line, column: error.column)
        findings.append(Finding(Diagnostic(at: place, error.message, rule: error.rule.rawValue)))
    }

    /// nil, and a finding, if `node` is not of this shape. `what` names it in messages.
    mutating func decode(_ node: YAMLNode, as shape: Shape, _ what: String) -> JSONValue? {
        switch shape {
        case .text(let form): decodeText(node, form, what).map { .string($0) }
        case .integer(let range): decodeInteger(node, range, what)
        case .boolean: decodeBoolean(node, what)
        case .onlyTrue: decodeOnlyTrue(node, what)
        case .word(let words): decodeWord(node, words, what)
        case .list(let element, let count): decodeList(node, element, count, what)
        case .table(let keys, let values, let most): decodeTable(node, keys, values, most, what)
        case .object(let object): decodeObject(node, object, what).map { .object($0) }
        }
    }

    private mutating func decodeText(_ node: YAMLNode, _ form: TextForm, _ what: String) -> String? {
        guard case .scalar(let text, let isPlain) = node.content else {
            refuse(.type, at: node.position, "\(what) must be a text")
            return nil
        }
        if isPlain {
            let reading = PlainScalar.reading(text)
            if reading == .null {
                refuse(.type, at: node.position, "\(what) has no value: give it one or leave the line out")
                return nil
            }
            if reading != .text, !(reading == .timestamp && form == .timestamp) {
                refuse(
                    .type, at: node.position,
                    "\(what) must be a text, and \(text.prefix(60)) without quotes reads as \(reading.rawValue): write \(quoted(text))"
                )
                return nil
            }
        }
        return checked(text, form, what, at: node.position) ? text : nil
    }

    private mutating func checked(_ text: String, _ form: TextForm, _ what: String, at position: YAMLPosition) -> Bool {
        if form == .sshKey { return checkedKey(text, what, at: position) }
        guard let problem = form.problem(text) else { return true }
        let rule: Rule =
            switch form {
            case .name, .levelName, .commandName: .name
            case .mode, .certificateMode: .slotMode
            default: .value
            }
        refuse(rule, at: position, "\(what) \(quoted(text)) \(problem)")
        return false
    }

    private mutating func checkedKey(_ text: String, _ what: String, at position: YAMLPosition) -> Bool {
        do throws(PublicKeyError) {
            switch try PublicKey(line: text).strength {
            case .sound: return true
            case .weak(let why): refuse(.weakKey, at: position, "\(what): \(why)")
            case .unsupported(let why): refuse(.key, at: position, "\(what): \(why)")
            }
        } catch {
            refuse(.key, at: position, "\(what): \(error.description)")
        }
        return false
    }

    private mutating func decodeInteger(_ node: YAMLNode, _ range: ClosedRange<Int64>, _ what: String) -> JSONValue? {
        guard case .scalar(let text, isPlain: true) = node.content, let number = Self.integer(text) else {
            refuse(.type, at: node.position, "\(what) must be a whole number, in plain digits without quotes")
            return nil
        }
        guard range.contains(number) else {
            refuse(.value, at: node.position, "\(what) must be from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return .integer(number)
    }

    /// `-?(0|[1-9][0-9]*)`, at most 15 digits.
    private static func integer(_ text: String) -> Int64? {
        var digits = text.utf8[...]
        let isNegative = digits.first == 0x2d
        if isNegative { digits = digits.dropFirst() }
        guard (1...15).contains(digits.count), digits.allSatisfy(TextForm.isDigit),
            digits.count == 1 || digits.first != 0x30
        else { return nil }
        let number = digits.reduce(Int64(0)) { $0 * 10 + Int64($1 - 0x30) }
        return isNegative ? (number == 0 ? nil : -number) : number
    }

    private mutating func decodeBoolean(_ node: YAMLNode, _ what: String) -> JSONValue? {
        switch node.content {
        case .scalar("true", isPlain: true): return .bool(true)
        case .scalar("false", isPlain: true): return .bool(false)
        default:
            refuse(.type, at: node.position, "\(what) must be true or false, without quotes")
            return nil
        }
    }

    private mutating func decodeOnlyTrue(_ node: YAMLNode, _ what: String) -> JSONValue? {
        if case .scalar("true", isPlain: true) = node.content { return .bool(true) }
        refuse(.type, at: node.position, "\(what) can only be true: leave it out otherwise")
        return nil
    }

    private mutating func decodeWord(_ node: YAMLNode, _ words: [String], _ what: String) -> JSONValue? {
        guard case .scalar(let text, _) = node.content else {
            refuse(.type, at: node.position, "\(what) must be \(listed(words))")
            return nil
        }
        guard words.contains(text) else {
            refuse(
                .value, at: node.position,
                text.isEmpty
                    ? "\(what) has no value: it must be \(listed(words))"
                    : "\(what) is \(quoted(text)) but must be \(listed(words))",
                misspelt: text.isEmpty ? nil : (text, .words(words)))
            return nil
        }
        return .string(text)
    }

    private mutating func decodeList(
        _ node: YAMLNode, _ element: Shape, _ count: ClosedRange<Int>, _ what: String
    ) -> JSONValue? {
        guard case .sequence(let nodes) = node.content else {
            refuse(.type, at: node.position, "\(what) must be a list")
            return nil
        }
        guard count.contains(nodes.count) else {
            refuse(
                .value, at: node.position,
                nodes.count < count.lowerBound
                    ? "\(what) must have at least \(count.lowerBound == 1 ? "one entry" : "\(count.lowerBound) entries")"
                    : "\(what) has more than \(count.upperBound) entries")
            return nil
        }
        var items: [JSONValue] = []
        items.reserveCapacity(nodes.count)
        for node in nodes {
            if let item = decode(node, as: element, what) { items.append(item) }
        }
        return items.count == nodes.count ? .array(items) : nil
    }

    private mutating func decodeTable(
        _ node: YAMLNode, _ keys: TextForm, _ values: Shape, _ most: Int, _ what: String
    ) -> JSONValue? {
        guard case .mapping(let entries) = node.content else {
            refuse(.type, at: node.position, "\(what) must be a mapping")
            return nil
        }
        guard entries.count <= most else {
            refuse(.value, at: node.position, "\(what) has more than \(most) entries")
            return nil
        }
        var object = JSONObject()
        for entry in entries {
            guard checked(entry.key, keys, "\(what): the key", at: entry.keyPosition) else { continue }
            if let value = decode(entry.value, as: values, entry.key) { object[entry.key] = value }
        }
        return object.count == entries.count ? .object(object) : nil
    }

    mutating func decodeObject(_ node: YAMLNode, _ shape: ObjectShape, _ what: String) -> JSONObject? {
        guard case .mapping(let entries) = node.content else {
            refuse(.type, at: node.position, "\(what) must be a mapping")
            return nil
        }
        var present: UInt64 = 0
        var isSound = true
        var values = [JSONValue?](repeating: nil, count: shape.fields.count)
        for entry in entries {
            guard let index = shape.index(of: entry.key) else {
                refuse(
                    .unknownField, at: entry.keyPosition, "\(what) has no field \(quoted(entry.key))",
                    misspelt: (entry.key, .words(shape.fields.map(\.name))))
                isSound = false
                continue
            }
            present |= 1 << UInt64(index)
            values[index] = decode(entry.value, as: shape.fields[index].shape, shape.fields[index].name)
            if values[index] == nil { isSound = false }
        }
        if present & shape.required != shape.required {
            for (index, field) in shape.fields.enumerated()
            where field.isRequired && present & 1 << UInt64(index) == 0 {
                refuse(.required, at: node.position, "\(field.name) is missing in \(what)")
            }
            isSound = false
        }
        if !shape.alternatives.isEmpty, !checkAlternatives(node, present, shape, what) { isSound = false }
        guard isSound else { return nil }
        var object = JSONObject()
        for index in shape.fields.indices {
            if let value = values[index] { object[shape.fields[index].name] = value }
        }
        return object
    }

    private mutating func checkAlternatives(
        _ node: YAMLNode, _ present: UInt64, _ shape: ObjectShape, _ what: String
    ) -> Bool {
        let begun = shape.alternativeMasks.indices.filter { present & shape.alternativeMasks[$0] != 0 }
        func name(_ group: [String]) -> String { listed(group, "with") }
        guard let first = begun.first else {
            refuse(.choice, at: node.position, "\(what) needs one of \(listed(shape.alternatives.map(name)))")
            return false
        }
        guard begun.count == 1 else {
            refuse(
                .choice, at: node.position,
                "\(what) can have only one of \(listed(shape.alternatives.map(name))), not \(listed(begun.map { name(shape.alternatives[$0]) }, "and"))"
            )
            return false
        }
        guard present & shape.alternativeMasks[first] == shape.alternativeMasks[first] else {
            let missing = shape.alternatives[first].filter { field in
                shape.index(of: field).map { present & 1 << UInt64($0) == 0 } ?? false
            }
            refuse(.required, at: node.position, "\(listed(missing, "and")) is missing in \(what)")
            return false
        }
        return true
    }
}
