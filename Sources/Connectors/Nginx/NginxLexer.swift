// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// One file of nginx's configuration as nginx itself cuts it up (`ngx_conf_read_token`): words in quotes or not, `;`, `{`, `}`,
/// comments where a word could begin.
struct NginxFile: Sendable {
    struct Word: Equatable, Sendable {
        /// Without quotes and backslashes.
        var text: String
        /// Where it stands in the file, quotes and all.
        var range: Range<Int>
    }
    enum Item: Equatable, Sendable {
        case directive([Word])
        case open([Word])
        case close
    }

    let path: String
    let bytes: [UInt8]
    let items: [Item]

    init(path: String, bytes: [UInt8]) {
        self.path = path
        self.bytes = bytes
        items = bytes.withUnsafeBufferPointer { Lexer(text: $0).items() }
    }

    /// What `include` directives name, as written.
    var includes: [String] {
        items.compactMap {
            if case .directive(let words) = $0, words.count == 2, words[0].text == "include" {
                words[1].text
            } else {
                nil
            }
        }
    }
}

/// Reads to the end whatever stands there: what nginx refuses, nginx says better.
private struct Lexer {
    let text: UnsafeBufferPointer<UInt8>

    func items() -> [NginxFile.Item] {
        var items: [NginxFile.Item] = []
        var words: [NginxFile.Word] = []
        var index = 0
        while index < text.count {
            switch text[index] {
            case 0x20, 0x09, 0x0d, 0x0a: index += 1
            case UInt8(ascii: "#"):
                while index < text.count, text[index] != 0x0a { index += 1 }
            case UInt8(ascii: ";"):
                if !words.isEmpty { items.append(.directive(words)) }
                words = []
                index += 1
            case UInt8(ascii: "{"):
                // Another language, with braces and semicolons of its own (lua-nginx-module).
                let foreign = words.first?.text.hasSuffix("_by_lua_block") ?? false
                index += 1
                if foreign {
                    index = endOfBlock(from: index)
                    items.append(.directive(words))
                } else {
                    items.append(.open(words))
                }
                words = []
            case UInt8(ascii: "}"):
                items.append(.close)
                words = []
                index += 1
            case let quote where quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'"):
                words.append(word(from: index, quote: quote, &index))
            default: words.append(word(from: index, quote: nil, &index))
            }
        }
        return items
    }

    private func word(from start: Int, quote: UInt8?, _ index: inout Int) -> NginxFile.Word {
        var content: [UInt8] = []
        index = quote == nil ? start : start + 1
        while index < text.count {
            let byte = text[index]
            if byte == UInt8(ascii: "\\"), index + 1 < text.count {
                let next = text[index + 1]
                switch next {
                case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "\\"): content.append(next)
                case UInt8(ascii: "t"): content.append(0x09)
                case UInt8(ascii: "r"): content.append(0x0d)
                case UInt8(ascii: "n"): content.append(0x0a)
                default: content += [byte, next]
                }
                index += 2
                continue
            }
            if let quote {
                index += 1
                if byte == quote { break }
                content.append(byte)
                continue
            }
            // `${name}` is no block.
            if byte == UInt8(ascii: "$"), index + 1 < text.count, text[index + 1] == UInt8(ascii: "{") {
                content += [byte, text[index + 1]]
                index += 2
                continue
            }
            if isEnd(byte) { break }
            content.append(byte)
            index += 1
        }
        return NginxFile.Word(text: String(decoding: content, as: UTF8.self), range: start..<index)
    }

    private func isEnd(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x20, 0x09, 0x0d, 0x0a, UInt8(ascii: ";"), UInt8(ascii: "{"): true
        default: false
        }
    }

    private func endOfBlock(from start: Int) -> Int {
        var depth = 1
        var index = start
        while index < text.count, depth > 0 {
            if text[index] == UInt8(ascii: "{") { depth += 1 }
            if text[index] == UInt8(ascii: "}") { depth -= 1 }
            index += 1
        }
        return index
    }
}
