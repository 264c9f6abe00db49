// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// Textual encodings of RFC 7468.
///
/// Read strictly: `-----BEGIN LABEL-----` and its `END` begin their lines, between them stands base64 and nothing else,
/// with padding and no lost bits. Blanks at the end of a line and CR LF are taken, lines may have any length. Text
/// outside of blocks is explanation (RFC 7468, 2) and skipped, except where it holds a boundary that is not at the
/// beginning of its line: a certificate that is silently left out is worse than an error.
package enum PEM {
    package struct Block: Hashable, Sendable {
        /// `CERTIFICATE`
        package var label: String
        package var der: [UInt8]
        /// Of the BEGIN line, from 1.
        package var line: Int
    }

    package struct Problem: Error, Hashable, Sendable {
        package enum Code: String, Sendable {
            case malformedBoundary, beginInsideBlock, endWithoutBegin, labelsDiffer, unclosed, invalidBase64, empty
        }
        package var code: Code
        package var line: Int
        /// Of the block that it is in.
        package var label: String?
        package var message: String
    }

    /// All blocks that are sound, and what is wrong with the others, in the order of lines: 20 problems at most.
    package static func read(_ text: [UInt8]) -> (blocks: [Block], problems: [Problem]) {
        text.withUnsafeBufferPointer { text in
            var blocks: [Block] = []
            let problems = scan(text) { label, line, body, capacity in
                var complete = false
                let der = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
                    guard let base = buffer.baseAddress else { return }
                    complete = body(base, &count)
                }
                if complete { blocks.append(Block(label: label, der: der, line: line)) }
            }
            return (blocks, problems)
        }
    }

    /// The DER of all certificates in a text that is sound; what else it holds is not looked at.
    package static func certificates(in text: [UInt8]) -> [[UInt8]] {
        read(text).blocks.filter { $0.label == "CERTIFICATE" }.map(\.der)
    }

    /// One block: 64 columns, a newline after each line.
    package static func write(label: String, der: [UInt8]) -> [UInt8] {
        der.withUnsafeBytes { der in
            let length = writtenLength(label: label, der: der.count)
            return [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
                count = write(label: label, der: der, to: UnsafeMutableRawBufferPointer(buffer))
            }
        }
    }

    static func writtenLength(label: String, der: Int) -> Int {
        Base64.linesLength(of: der) + 2 * label.utf8.count + "-----BEGIN -----\n-----END -----\n".utf8.count
    }

    /// Writes into memory of `writtenLength` bytes; gives back how many.
    static func write(label: String, der: UnsafeRawBufferPointer, to output: UnsafeMutableRawBufferPointer) -> Int {
        guard let base = output.bindMemory(to: UInt8.self).baseAddress else { return 0 }
        var written = 0
        func put(_ text: String) {
            for byte in text.utf8 {
                base[written] = byte
                written += 1
            }
        }
        put("-----BEGIN \(label)-----\n")
        Base64.writeLines(of: der, to: base + written)
        written += Base64.linesLength(of: der.count)
        put("-----END \(label)-----\n")
        return written
    }
}
