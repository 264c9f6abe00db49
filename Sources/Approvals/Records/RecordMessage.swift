// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

/// A record's commit message, taken apart: first line, comment, the trailers of ours in their order.
struct RecordMessage: Equatable {
    struct Trailer: Equatable {
        var name: Name
        var value: String
    }
    enum Name: String, CaseIterable {
        case record = "Countersign-Record", repository = "Countersign-Repository", level = "Countersign-Level"
        case decision = "Countersign-Decision", workOrder = "Countersign-Work-Order"
        case policyChange = "Countersign-Policy-Change", implementation = "Countersign-Implementation"
        case emergencyClass = "Countersign-Class", acknowledge = "Countersign-Acknowledge"

        var mayRepeat: Bool { self == .workOrder || self == .acknowledge }
    }

    var title: String
    var comment: String
    var trailers: [Trailer]

    /// The last paragraph is the trailer block; lines end with LF and with nothing else.
    ///
    /// The caller has refused CR, NUL, invalid UTF-8 and bidirectional controls. Fails with `Malformed`.
    init(parsing message: [UInt8]) throws(Refusal) {
        var end = message.count
        while end > 0, message[end - 1] == 0x0a { end -= 1 }
        let lines = message[..<end].split(separator: 0x0a, omittingEmptySubsequences: false)
        let start = (lines.lastIndex { $0.isEmpty }).map { $0 + 1 } ?? 0
        trailers = try Self.trailers(lines[start...])
        let text = lines[..<max(0, start - 1)]
        if let stray = text.first(where: Self.isOurs) {
            throw Words.malformed("\(Self.shown(stray)) stands outside the last paragraph")
        }
        title = text.first.map { String(decoding: $0, as: UTF8.self) } ?? ""
        let body = text.dropFirst().drop(while: \.isEmpty)
        let last = body.lastIndex { !$0.isEmpty } ?? body.startIndex - 1
        comment = body.isEmpty ? "" : String(decoding: Array(body[...last].joined(separator: [0x0a])), as: UTF8.self)
    }

    private static func trailers(_ lines: ArraySlice<ArraySlice<UInt8>>) throws(Refusal) -> [Trailer] {
        var found: [Trailer] = []
        var previousIsOurs = true
        for line in lines {
            if line.first == 0x20 || line.first == 0x09 {
                // git reads such a line as the continuation of the one above. A foreign one may have that.
                guard !previousIsOurs else { throw Words.malformed("\(shown(line)) is a folded line in the trailers") }
                continue
            }
            guard isOurs(line) else {
                guard isForeign(line) else {
                    throw Words.malformed("\(shown(line)) in the last paragraph is no trailer")
                }
                previousIsOurs = false
                continue
            }
            previousIsOurs = true
            let trailer = try trailer(line)
            guard trailer.name.mayRepeat || !found.contains(where: { $0.name == trailer.name }) else {
                throw Words.malformed("\(trailer.name.rawValue) stands there twice")
            }
            found.append(trailer)
        }
        return found
    }

    /// `Name: value`: one of ours, spelled exactly, one space, printable ASCII, no blank at the end.
    private static func trailer(_ line: ArraySlice<UInt8>) throws(Refusal) -> Trailer {
        guard let colon = line.firstIndex(of: 0x3a) else { throw Words.malformed("\(shown(line)) has no value") }
        let written = String(decoding: line[..<colon], as: UTF8.self)
        guard let name = Name(rawValue: written), written.utf8.elementsEqual(name.rawValue.utf8) else {
            let hint = nearest(to: written, among: Name.allCases.map(\.rawValue)).map { "; did you mean \($0)?" } ?? ""
            throw Words.malformed("\(shown(line[..<colon])) is not a trailer of approval/v1\(hint)")
        }
        let rest = line[(colon + 1)...]
        let value = rest.dropFirst()
        guard rest.first == 0x20, let first = value.first, let last = value.last, first != 0x20, last != 0x20,
            value.allSatisfy({ (0x20...0x7e).contains($0) })
        else {
            throw Words.malformed(
                "\(name.rawValue) must be `Name: value`, in ASCII, with one space and none at the end")
        }
        return Trailer(name: name, value: String(decoding: value, as: UTF8.self))
    }

    static func isOurs(_ line: ArraySlice<UInt8>) -> Bool {
        line.prefix(12).elementsEqual("countersign-".utf8) { ($0 | 0x20) == $1 }
    }

    /// `Signed-off-by: Alice <alice@example.com>`
    private static func isForeign(_ line: ArraySlice<UInt8>) -> Bool {
        guard let colon = line.firstIndex(of: 0x3a), colon > line.startIndex else { return false }
        return line[..<colon].allSatisfy {
            (0x61...0x7a).contains($0 | 0x20) || (0x30...0x39).contains($0) || $0 == 0x2d
        }
    }

    private static func shown(_ line: ArraySlice<UInt8>) -> String {
        "`\(Shown.text(String(decoding: line.prefix(60), as: UTF8.self)))`"
    }
}
