// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import Vocabulary

/// A program that speaks `countersign.driver/v1` (docs/plugins.md): for each call it is started, reads one request from its standard
/// input, writes one answer to its standard output, and ends.
///
/// What it says is not believed: an answer of another form, or one that is too long, is an error that says where.
struct Plugin: Sendable {
    static let version = "countersign.driver/v1"
    /// Bytes of an answer, and of what it writes to its standard error.
    static let answerLimit = 16 << 20
    /// Bytes that are shown of a message.
    private static let messageLimit = 2048

    var argv: [String]
    var settings: [String: String]
    var device: DeviceName
    var transport: any Transport

    enum Verb: String, Sendable, CaseIterable { case observe, stage, check, install, makeLive, undo, clean, tidy }

    private var program: String { argv.first ?? "" }

    /// What stands under `ok`, and how long it took.
    ///
    /// - Parameters:
    ///   - request: what this verb has besides what every request has; `Mark.text` stands for the keys, in their order.
    ///   - keys: private keys in PEM. They travel on standard input, and nothing that holds a line of them is ever shown.
    func ask(
        _ verb: Verb, _ request: JSONObject, keys: [SecretBytes] = [], mark: Mark = Mark(), within limit: Duration
    ) async throws(DeviceError) -> (answer: PluginAnswer, took: Duration) {
        var request = request
        request["protocol"] = .string(Self.version)
        request["verb"] = .string(verb.rawValue)
        request["device"] = [
            "name": .string(device.text),
            "settings": .object(settings.reduce(into: JSONObject()) { $0[$1.key] = .string($1.value) }),
        ]
        request["timeLimit"] = .integer(max(1, Int64(limit / .milliseconds(1))))
        let input = mark.document(.object(request), keys)
        let step = Step.run(argv, input: input, outputLimit: Self.answerLimit)
        let ran = try Ran(argv, try await transport.perform([step], within: limit).last, verb.rawValue)
        guard ran.exit == 0 else {
            let words = String(decoding: ran.errors.suffix(Self.messageLimit), as: UTF8.self)
                .split(separator: "\n").joined(separator: " ")
            throw DeviceError(
                .failed, operation: verb.rawValue,
                detail: ran.exit == 127
                    ? "\(program): not found"
                    : "\(program): exit status \(ran.exit)"
                        + (words.isEmpty ? "" : ": \(Self.withholding(keys, words))"))
        }
        let document: JSONValue
        do throws(JSONError) {
            document = try JSONValue(parsing: ran.output)
        } catch {
            throw garbled(
                verb, ran.output.isEmpty ? "it is empty" : "byte \(error.offset + 1): \(error.message)")
        }
        guard document["protocol"]?.string == Self.version else {
            throw garbled(verb, "its protocol is not \"\(Self.version)\"")
        }
        let members = document.object?.members ?? []
        if let error = document["error"] {
            guard members.count == 2, let text = error["code"]?.string, let message = error["message"]?.string,
                error.object?.count == 2
            else { throw garbled(verb, "error is not {\"code\": …, \"message\": …} alone") }
            guard let code = DeviceError.Code(rawValue: text) else {
                throw garbled(verb, "error.code \"\(Shown.text(text.prefix(40)))\" is not known")
            }
            throw DeviceError(
                code, operation: verb.rawValue,
                detail: Self.withholding(keys, String(message.prefix(Self.messageLimit))))
        }
        guard members.count == 2, case .object(let ok)? = document["ok"] else {
            throw garbled(verb, "it has neither ok nor error, or something besides")
        }
        return (PluginAnswer(ok) { (what) in garbled(verb, Self.withholding(keys, what)) }, ran.took)
    }

    private func garbled(_ verb: Verb, _ why: String) -> DeviceError {
        DeviceError(.failed, operation: verb.rawValue, detail: "the answer of \(program) is not understood: \(why)")
    }

    /// A message is shown, written to journals and to git: one that repeats a key is not.
    static func withholding(_ keys: [SecretBytes], _ message: String) -> String {
        for key in keys {
            let lines = key.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }.split(separator: "\n")
            // Also where it was cut, or joined to one line.
            for line in lines where line.utf8.count >= 16 && !line.hasPrefix("-----") {
                if message.contains(line.prefix(16)) || message.contains(line.suffix(16)) {
                    return "what it says holds bytes of a private key, and is withheld"
                }
            }
        }
        return message
    }

    /// Stands for private keys in a request until its bytes are put together in memory that is overwritten.
    struct Mark: Sendable {
        let text: String

        init() {
            var generator = SystemRandomNumberGenerator()
            text = "key-" + Hex.encode((0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
        }

        func document(_ request: JSONValue, _ keys: [SecretBytes]) -> SecretBytes {
            let text = request.canonicalBytes
            let mark = Array(self.text.utf8)
            var bytes: [UInt8] = []
            // Never moved while it grows: what is left behind would not be overwritten.
            bytes.reserveCapacity(text.count + keys.reduce(0) { $0 + $1.count * 6 })
            var rest = text[...]
            for key in keys {
                guard let range = rest.firstRange(of: mark) else { break }
                bytes += rest[..<range.lowerBound]
                key.withUnsafeBytes { key in
                    for byte in key {
                        switch byte {
                        case 0x0a: bytes += [0x5c, 0x6e]
                        case 0x22, 0x5c: bytes += [0x5c, byte]
                        case 0..<0x20: bytes += Array("\\u00\(Hex.encode([byte]))".utf8)
                        default: bytes.append(byte)
                        }
                    }
                }
                rest = rest[range.upperBound...]
            }
            bytes += rest
            return SecretBytes(taking: &bytes)
        }
    }
}

/// The members of an answer, taken one after another; what is left over is an error.
struct PluginAnswer {
    private var members: JSONObject
    private let garbled: (String) -> DeviceError
    private let place: String

    init(_ members: JSONObject, at place: String = "ok", garbled: @escaping (String) -> DeviceError) {
        (self.members, self.place, self.garbled) = (members, place, garbled)
    }

    func wrong(_ name: String, _ why: String) -> DeviceError { garbled("\(place).\(name) \(why)") }

    mutating func take(_ name: String) -> JSONValue? {
        defer { members[name] = nil }
        return members[name]
    }

    mutating func text(_ name: String, atMost limit: Int) throws(DeviceError) -> String {
        guard let text = try textOrNull(name, atMost: limit) else { throw wrong(name, "is missing") }
        return text
    }

    /// Absent and null are one.
    mutating func textOrNull(_ name: String, atMost limit: Int) throws(DeviceError) -> String? {
        switch take(name) {
        case nil, .null: return nil
        case .string(let text) where text.utf8.count <= limit: return text
        case .string: throw wrong(name, "is longer than \(limit) bytes")
        default: throw wrong(name, "is no text")
        }
    }

    mutating func texts(_ name: String, atMost limit: Int) throws(DeviceError) -> [String]? {
        switch take(name) {
        case nil, .null: return nil
        case .array(let items):
            let texts = items.compactMap(\.string)
            guard texts.count == items.count, texts.count <= limit, texts.allSatisfy({ $0.utf8.count <= 4096 }) else {
                throw wrong(name, "is no list of at most \(limit) texts of at most 4096 bytes")
            }
            return texts
        default: throw wrong(name, "is no list of texts")
        }
    }

    mutating func flag(_ name: String) throws(DeviceError) -> Bool? {
        switch take(name) {
        case nil: return nil
        case .bool(let flag): return flag
        default: throw wrong(name, "is neither true nor false")
        }
    }

    /// SHA-256, 64 hex digits in lower case.
    mutating func digest<Subject>(_ name: String) throws(DeviceError) -> Digest<Subject>? {
        guard let text = try textOrNull(name, atMost: 64) else { return nil }
        guard let digest = Digest<Subject>(hex: text) else { throw wrong(name, "is not 64 hex digits in lower case") }
        return digest
    }

    /// One object for each of what was asked for, in that order.
    mutating func objects(_ name: String, count: Int) throws(DeviceError) -> [PluginAnswer] {
        guard case .array(let items)? = take(name), items.count == count else {
            throw wrong(name, "is no list of \(count), one for each that was asked for and in that order")
        }
        var objects: [PluginAnswer] = []
        for (index, item) in items.enumerated() {
            guard case .object(let members) = item else { throw wrong("\(name)[\(index)]", "is no object") }
            objects.append(PluginAnswer(members, at: "\(place).\(name)[\(index)]", garbled: garbled))
        }
        return objects
    }

    /// A member that nobody asked for is a misspelt one, or a plugin for another version.
    func end() throws(DeviceError) {
        if let surplus = members.members.first {
            throw wrong(Shown.text(surplus.key.prefix(40)), "is not known")
        }
    }
}
