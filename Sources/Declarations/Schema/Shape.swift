// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

/// What a value of a spec may be. Each kind's fields are described once; decoding, its errors and the JSON Schema come from it.
indirect enum Shape: Sendable {
    case text(TextForm)
    case integer(ClosedRange<Int64>)
    case boolean
    case onlyTrue  // a field whose presence says it, as in `{installed: true}`
    case word([String])
    case list(Shape, count: ClosedRange<Int>)
    case table(keys: TextForm, values: Shape, atMost: Int)
    case object(ObjectShape)

    static func texts(_ form: TextForm, atLeast least: Int = 0) -> Shape { .list(.text(form), count: least...10_000) }
    static func words<Word: CaseIterable & RawRepresentable<String>>(_: Word.Type) -> Shape {
        .word(Word.allCases.map(\.rawValue))
    }
    static let labels = Shape.table(keys: .labelKey, values: .text(.labelValue), atMost: 100)
}

/// One field of an object.
struct Field: Sendable {
    var name: String
    var shape: Shape
    var isRequired: Bool
    var `default`: JSONValue?  // what holds where it is absent; never filled in
    var about: String

    init(_ name: String, _ shape: Shape, required: Bool = false, default: JSONValue? = nil, _ about: String) {
        (self.name, self.shape, isRequired, self.default, self.about) = (name, shape, required, `default`, about)
    }
}

/// The fields of an object, at most 64.
final class ObjectShape: Sendable {
    /// In canonical order (names are ASCII), which is the order in which decoded members are put together.
    let fields: [Field]
    let required: UInt64  // a bit for each field
    /// Groups of fields of which exactly one group must stand, whole. A field may be in one group only.
    let alternatives: [[String]]
    let alternativeMasks: [UInt64]

    init(_ fields: [Field], oneOf alternatives: [[String]] = []) {
        let sorted = fields.sorted { $0.name < $1.name }
        precondition(sorted.count <= 64, "an object has at most 64 fields")
        func mask(_ isIn: (Field) -> Bool) -> UInt64 {
            sorted.indices.reduce(0) { isIn(sorted[$1]) ? $0 | 1 << UInt64($1) : $0 }
        }
        self.fields = sorted
        required = mask(\.isRequired)
        self.alternatives = alternatives
        alternativeMasks = alternatives.map { group in mask { group.contains($0.name) } }
    }

    func index(of name: String) -> Int? {
        for index in fields.indices where fields[index].name == name { return index }
        return nil
    }
}
