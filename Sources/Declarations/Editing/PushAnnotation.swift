// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary
internal import YAML

/// Raises the annotation `countersign/push` of one resource in a file, and changes nothing else: comments, order and spacing
/// stay as their author wrote them.
package enum PushAnnotation {
    package static let name = "countersign/push"

    /// The file with the annotation raised by one; nil where the text is written in a way that is better edited by hand.
    ///
    /// What comes out is decoded again before it is believed: every resource of the file is as it was, but for this number.
    package static func raised(in bytes: [UInt8], of key: ResourceKey, file: String) -> [UInt8]? {
        let before = DecodedFile(SourceFile(path: file, bytes: bytes))
        guard before.findings.isEmpty, let now = before.resources.first(where: { $0.key == key })?.pushNumber,
            let edit = edit(of: key, to: now + 1, in: bytes)
        else { return nil }
        let edited =
            Array(bytes[..<edit.range.lowerBound]) + Array(edit.text.utf8) + Array(bytes[edit.range.upperBound...])
        let after = DecodedFile(SourceFile(path: file, bytes: edited))
        guard after.findings.isEmpty, after.resources.count == before.resources.count else { return nil }
        for (was, becomes) in zip(before.resources, after.resources) {
            let difference = becomes.pushNumber - was.pushNumber
            guard was.key == becomes.key, was.isSame(as: becomes), difference == (was.key == key ? 1 : 0) else {
                return nil
            }
        }
        return edited
    }

    private struct Edit {
        var range: Range<Int>  // of bytes
        var text: String
    }

    private static func edit(of key: ResourceKey, to number: Int64, in bytes: [UInt8]) -> Edit? {
        let text = SourceText(bytes)
        let document = YAMLFile(reading: bytes).documents.first { document in
            document.root["kind"]?.scalar == key.kind.rawValue
                && document.root["metadata"]?["name"]?.scalar == key.name
        }
        guard let metadata = document?.root["metadata"], case .mapping(let fields) = metadata.content else {
            return nil
        }
        let entry = "\(name): \"\(number)\""
        if let annotations = fields.first(where: { $0.key == "annotations" })?.value {
            guard case .mapping(let entries) = annotations.content, let place = text.offset(of: annotations.position)
            else {
                return nil
            }
            if let present = entries.first(where: { $0.key == name })?.value {
                return text.scalar(present).map { Edit(range: $0.range, text: $0.quote + String(number) + $0.quote) }
            }
            if bytes[place] == UInt8(ascii: "{") {
                return Edit(range: place + 1..<place + 1, text: entries.isEmpty ? entry : entry + ", ")
            }
            guard let first = entries.first, let start = text.offset(of: first.keyPosition) else { return nil }
            return Edit(range: start..<start, text: "\(entry)\(text.lineBreak(before: first.keyPosition))")
        }
        guard let place = text.offset(of: metadata.position),
            let named = fields.first(where: { $0.key == "name" }), let value = text.scalar(named.value)
        else { return nil }
        let added = "annotations: {\(entry)}"
        if bytes[place] == UInt8(ascii: "{") {
            return Edit(range: value.range.upperBound..<value.range.upperBound, text: ", " + added)
        }
        // On a line of its own, below the name and whatever comment stands beside it.
        let end = text.endOfLine(from: value.range.upperBound)
        return Edit(range: end..<end, text: text.lineBreak(before: named.keyPosition) + added)
    }
}

extension DeclaredResource {
    fileprivate var content: (labels: [String: String], annotations: [String: String], raw: JSONValue, push: Int64) {
        func of<Spec: ResourceSpec>(_ it: Declared<Spec>) -> ([String: String], [String: String], JSONValue, Int64) {
            (it.labels, it.annotations, it.raw, it.pushNumber)
        }
        return switch self {
        case .repository(let it): of(it)
        case .zone(let it): of(it)
        case .device(let it): of(it)
        case .person(let it): of(it)
        case .group(let it): of(it)
        case .approvalPolicy(let it): of(it)
        case .standingApproval(let it): of(it)
        case .alertPolicy(let it): of(it)
        case .certificate(let it): of(it)
        case .appConnector(let it): of(it)
        case .binding(let it): of(it)
        case .policyTest(let it): of(it)
        }
    }

    fileprivate var pushNumber: Int64 { content.push }

    /// But for the annotation.
    fileprivate func isSame(as other: DeclaredResource) -> Bool {
        func others(_ annotations: [String: String]) -> [String: String] {
            annotations.filter { $0.key != PushAnnotation.name }
        }
        let (mine, theirs) = (content, other.content)
        return mine.labels == theirs.labels && mine.raw == theirs.raw
            && others(mine.annotations) == others(theirs.annotations)
    }
}

/// A file's text by lines: positions of the parser (lines and code points, from 1) to offsets of bytes.
private struct SourceText {
    let bytes: [UInt8]
    private var lines: [Int] = [0]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        for (offset, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") { lines.append(offset + 1) }
    }

    func offset(of position: YAMLPosition) -> Int? {
        guard position.line >= 1, position.line <= lines.count else { return nil }
        var offset = lines[position.line - 1]
        for _ in 1..<max(1, position.column) {
            guard offset < bytes.count, bytes[offset] != UInt8(ascii: "\n") else { return nil }
            offset += 1
            while offset < bytes.count, bytes[offset] & 0xc0 == 0x80 { offset += 1 }
        }
        return offset < bytes.count ? offset : nil
    }

    /// Where a scalar of one line stands, and in what quotes; nil where its text is not just that.
    func scalar(_ node: YAMLNode) -> (range: Range<Int>, quote: String)? {
        guard case .scalar(let text, let isPlain) = node.content, let start = offset(of: node.position) else {
            return nil
        }
        let quote = isPlain ? "" : bytes[start] == UInt8(ascii: "'") ? "'" : "\""
        let written = Array((quote + text + quote).utf8)
        guard bytes[start...].starts(with: written) else { return nil }
        return (start..<start + written.count, quote)
    }

    /// What ends a line of this file, and the blanks that a key at `position` begins with.
    func lineBreak(before position: YAMLPosition) -> String {
        let isCRLF = lines.count > 1 && lines[1] >= 2 && bytes[lines[1] - 2] == UInt8(ascii: "\r")
        return (isCRLF ? "\r\n" : "\n") + String(repeating: " ", count: position.column - 1)
    }

    func endOfLine(from offset: Int) -> Int {
        let end = bytes[offset...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
        return end > offset && bytes[end - 1] == UInt8(ascii: "\r") ? end - 1 : end
    }
}
