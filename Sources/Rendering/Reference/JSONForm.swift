// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// What a value of our JSON is, for the reference and for the test that holds real output against it.
package indirect enum JSONForm: Sendable {
    case text, flag, number
    /// RFC 3339, UTC.
    case time
    /// Lower-case hex: SHA-256 of a certificate's DER or of a public key, or a commit.
    case fingerprint, commit
    /// `sha256:` and 64 digits.
    case digest
    case words([String])
    /// Whatever the resource declares.
    case any
    case orNull(JSONForm)
    case list(JSONForm)
    case object(JSONShape)
}

/// An object that has exactly these members.
package struct JSONShape: Sendable {
    package struct Member: Sendable {
        package var name: String
        package var form: JSONForm
        package var about: String
        /// Otherwise it stands only where it applies.
        package var isAlways: Bool
    }

    package var name: String
    package var members: [Member]

    init(_ name: String, _ members: [Member]) { (self.name, self.members) = (name, members) }
}

extension JSONShape.Member {
    static func has(_ name: String, _ form: JSONForm, _ about: String) -> Self {
        Self(name: name, form: form, about: about, isAlways: true)
    }
    static func may(_ name: String, _ form: JSONForm, _ about: String) -> Self {
        Self(name: name, form: form, about: about, isAlways: false)
    }
}

extension JSONForm {
    /// As it stands in the table.
    package var title: String {
        switch self {
        case .text: "text"
        case .flag: "`true` or `false`"
        case .number: "number"
        case .time: "time"
        case .fingerprint: "fingerprint"
        case .commit: "commit"
        case .digest: "digest"
        case .words(let words): words.map { "`\($0)`" }.joined(separator: ", ")
        case .any: "any"
        case .orNull(let form): form.title + ", or null"
        case .list(let form): "list of " + form.title
        case .object(let shape):
            "[\(shape.name)](#\(shape.name.lowercased().split(separator: " ").joined(separator: "-")))"
        }
    }

    /// The objects inside, in order of their first mention.
    var shapes: [JSONShape] {
        switch self {
        case .orNull(let form), .list(let form): form.shapes
        case .object(let shape): [shape] + shape.members.flatMap(\.form.shapes)
        default: []
        }
    }
}
