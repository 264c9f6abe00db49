// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Vocabulary

/// Reads the members of a status file, saying where it is damaged.
struct Document {
    let value: JSONValue
    let path: String

    init(_ value: JSONValue, path: String) { (self.value, self.path) = (value, path) }

    init(parsing bytes: [UInt8], path: String) throws(StatusError) {
        self.path = path
        do {
            value = try JSONValue(parsing: bytes)
        } catch {
            throw StatusError(.damaged, path, "byte \(error.offset): \(error.message)")
        }
    }

    /// - Throws: `newerFormat` for `name/v2`, `damaged` for anything else that is not `name/v1`.
    func requireFormat(_ name: String) throws(StatusError) {
        let found = try text("format")
        guard found != name + "/v1" else { return }
        throw StatusError(
            found.hasPrefix(name + "/v") ? .newerFormat : .damaged, path, "its format is \(Shown.text(found))")
    }

    func damaged(_ key: String) -> StatusError {
        StatusError(.damaged, path, "`\(key)` is not as a recorder writes it")
    }

    func text(_ key: String) throws(StatusError) -> String {
        guard let text = value[key]?.string else { throw damaged(key) }
        return text
    }

    func integer(_ key: String) throws(StatusError) -> Int64 {
        guard let number = value[key]?.integer else { throw damaged(key) }
        return number
    }

    func flag(_ key: String) throws(StatusError) -> Bool {
        guard let flag = value[key]?.bool else { throw damaged(key) }
        return flag
    }

    func object(_ key: String) throws(StatusError) -> Document {
        guard let inner = value[key], inner.object != nil else { throw damaged(key) }
        return Document(inner, path: path)
    }

    func list(_ key: String) throws(StatusError) -> [Document] {
        guard let items = value[key]?.array else { throw damaged(key) }
        return items.map { Document($0, path: path) }
    }

    /// nil where the member is absent.
    func optional<Value>(
        _ key: String, _ body: (String) throws(StatusError) -> Value
    ) throws(StatusError) -> Value? {
        value[key] == nil ? nil : try body(key)
    }

    func digest<Subject>(_ key: String) throws(StatusError) -> Digest<Subject> {
        guard let digest = Digest<Subject>(hex: try text(key)) else { throw damaged(key) }
        return digest
    }

    func optionalDigest<Subject>(_ key: String) throws(StatusError) -> Digest<Subject>? {
        try optional(key) { (key) throws(StatusError) in try digest(key) }
    }

    func digests<Subject>(_ key: String) throws(StatusError) -> [Digest<Subject>] {
        guard let items = value[key]?.array else { throw damaged(key) }
        var digests: [Digest<Subject>] = []
        for item in items {
            guard let digest = item.string.flatMap({ Digest<Subject>(hex: $0) }) else { throw damaged(key) }
            digests.append(digest)
        }
        return digests
    }

    func object(_ key: String) throws(StatusError) -> ObjectID {
        guard let id = ObjectID(hex: try text(key)) else { throw damaged(key) }
        return id
    }

    func time(_ key: String) throws(StatusError) -> Timestamp {
        guard let time = Timestamp(rfc3339: try text(key)) else { throw damaged(key) }
        return time
    }

    func name<Kind>(_ key: String) throws(StatusError) -> Name<Kind> {
        guard let name = Name<Kind>(try text(key)) else { throw damaged(key) }
        return name
    }

    func bytes(_ key: String) throws(StatusError) -> [UInt8] {
        guard let data = Data(base64Encoded: try text(key)) else { throw damaged(key) }
        return Array(data)
    }
}

extension JSONValue {
    static func hex<Subject>(_ digest: Digest<Subject>) -> JSONValue { .string(digest.hex) }
    static func list<Subject>(_ digests: [Digest<Subject>]) -> JSONValue { .array(digests.map { .string($0.hex) }) }
    static func base64(_ bytes: [UInt8]) -> JSONValue { .string(Data(bytes).base64EncodedString()) }
}
