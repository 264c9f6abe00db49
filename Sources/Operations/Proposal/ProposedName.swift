// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Vocabulary

/// Names for what is proposed: after what it is, and free.
enum ProposedName {
    /// nil only where nothing of the text can stand in a name.
    static func make<Kind>(_ text: String, among taken: inout Set<String>) -> Name<Kind>? {
        let stem = stem(text)
        guard !stem.isEmpty else { return nil }
        for number in 1...10_000 {
            let tail = number == 1 ? "" : "-\(number)"
            guard let name = Name<Kind>(String(stem.prefix(63 - tail.utf8.count)) + tail) else { continue }
            if taken.insert(name.text).inserted { return name }
        }
        return nil
    }

    /// `*.Shop.example.com` → `wildcard-shop-example-com`
    static func stem(_ text: String) -> String {
        var text = text.lowercased()
        if text.hasPrefix("*.") { text = "wildcard." + text.dropFirst(2) }
        var stem = ""
        for byte in text.utf8 {
            let isPlain = (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte)
            if isPlain {
                stem.append(Character(Unicode.Scalar(byte)))
            } else if !stem.isEmpty, !stem.hasSuffix("-") {
                stem += "-"
            }
        }
        stem = String(stem.prefix(60))
        while stem.hasSuffix("-") { stem.removeLast() }
        return stem
    }
}

enum LocalHost {
    /// The first part of this machine's name.
    static let name: String = {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "gateway" }
        let text = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let first = ProposedName.stem(String(text.prefix { $0 != "." }))
        return first.isEmpty ? "gateway" : String(first.prefix(40))
    }()
}
