// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

/// The raw bytes of a commit, taken apart without loss.
///
/// What is well-formed for git is parsed; everything in it that a strict reader may want to refuse is reported in
/// `irregularities`, so that a foreign commit in the history can be read while an approval record must be plain.
package struct CommitObject: Hashable, Sendable {
    package struct Header: Hashable, Sendable {
        package var name: String
        /// Continuation lines joined by line feeds, the folding space of each taken away.
        package var value: [UInt8]
    }

    /// In the commit's order.
    package let headers: [Header]
    /// What follows the empty line, to the end.
    package let message: [UInt8]
    package let tree: ObjectID
    package let parents: [ObjectID]
    /// nil where the line is not exactly `Name <address> seconds ±hhmm`.
    package let author: Identity?
    package let committer: Identity?
    /// What the signature is over: the bytes without the `gpgsig` header, as git computes it.
    package let signedPayload: [UInt8]
    /// The armor in the first `gpgsig` header, without a line feed at its end; nil for an unsigned commit.
    package let signature: [UInt8]?
    package let irregularities: [Irregularity]

    package var messageText: String? { String(validating: message, as: UTF8.self) }
}

/// Something in a commit that git lets pass and an approval record must not contain.
package struct Irregularity: Hashable, Sendable {
    package enum Code: String, Sendable, CaseIterable {
        case unknownHeader, duplicateHeader, severalSignatures, encoding, headerOrder, identity, parentTwice
        /// A control byte or a byte that is not UTF-8 in a header.
        case strangeHeader
        case nulInMessage, carriageReturnInMessage, messageNotUTF8, bidirectionalControl
    }
    package var code: Code
    /// The header's name or the byte's place; for people.
    package var detail: String

    package init(code: Code, detail: String) { (self.code, self.detail) = (code, detail) }
}

extension CommitObject {
    /// These bytes are no commit: git itself would not make or accept them.
    package struct NotACommit: Error, Hashable, Sendable, CustomStringConvertible {
        package var description: String
    }

    /// - Throws: where `tree`, `author` and `committer` are not there, an id is none, or the header has no end.
    package init(parsing bytes: [UInt8]) throws(NotACommit) {
        let lines = try Self.split(bytes)
        var (headers, payload): ([Header], [UInt8]) = ([], [])
        payload.reserveCapacity(bytes.count)
        for line in lines.headers {
            headers.append(Header(name: line.name, value: Self.unfolded(bytes[line.value])))
            if !Self.signatureHeaders.contains(line.name) { payload += bytes[line.whole] }
        }
        payload += bytes[lines.messageSeparator...]
        self.headers = headers
        signedPayload = payload
        message = Array(bytes[lines.messageSeparator...].dropFirst())

        func values(_ name: String) -> [[UInt8]] { headers.filter { $0.name == name }.map(\.value) }
        func id(_ value: [UInt8], _ name: String) throws(NotACommit) -> ObjectID {
            guard let id = ObjectID(hex: String(decoding: value, as: UTF8.self)) else {
                throw NotACommit(description: "the \(name) is not 40 lower-case hex digits")
            }
            return id
        }
        guard headers.first?.name == "tree", let first = headers.first else {
            throw NotACommit(description: "it does not begin with a tree")
        }
        tree = try id(first.value, "tree")
        var parents: [ObjectID] = []
        for value in values("parent") { parents.append(try id(value, "parent")) }
        self.parents = parents
        guard let author = values("author").first, let committer = values("committer").first else {
            throw NotACommit(description: "no author or no committer")
        }
        self.author = Identity(parsing: author)
        self.committer = Identity(parsing: committer)
        signature = values("gpgsig").first
        irregularities =
            Self.irregularities(
                headers: headers, parents: parents, authorIsPlain: self.author != nil,
                committerIsPlain: self.committer != nil) + Self.irregularities(message: message)
    }
}

extension CommitObject {
    /// git leaves both out of what is signed, whichever hash the repository uses (commit.c, parse_buffer_signed_by_header).
    private static let signatureHeaders: Set<String> = ["gpgsig", "gpgsig-sha256"]

    private struct Lines {
        var headers: [(name: String, whole: Range<Int>, value: Range<Int>)] = []
        /// Where the line feed stands that ends the headers; the end of the bytes if there is no message.
        var messageSeparator = 0
    }

    private static func split(_ bytes: [UInt8]) throws(NotACommit) -> Lines {
        var (lines, start) = (Lines(), 0)
        while start < bytes.count, bytes[start] != 0x0a {
            guard let end = bytes[start...].firstIndex(of: 0x0a) else {
                throw NotACommit(description: "the last header has no end")
            }
            if bytes[start] == 0x20 {
                guard var last = lines.headers.popLast() else {
                    throw NotACommit(description: "it begins with a continuation line")
                }
                last.whole = last.whole.lowerBound..<(end + 1)
                last.value = last.value.lowerBound..<end
                lines.headers.append(last)
            } else {
                let nameEnd = bytes[start..<end].firstIndex(of: 0x20) ?? end
                lines.headers.append(
                    (
                        String(decoding: bytes[start..<nameEnd], as: UTF8.self), start..<(end + 1),
                        min(nameEnd + 1, end)..<end
                    ))
            }
            start = end + 1
        }
        lines.messageSeparator = start
        return lines
    }

    private static func unfolded(_ value: ArraySlice<UInt8>) -> [UInt8] {
        guard value.contains(0x0a) else { return Array(value) }
        var (result, atStart): ([UInt8], Bool) = ([], false)
        result.reserveCapacity(value.count)
        for byte in value {
            if atStart {
                atStart = false  // The space that makes it a continuation.
                continue
            }
            result.append(byte)
            atStart = byte == 0x0a
        }
        return result
    }
}
