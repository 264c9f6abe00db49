// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

/// Text from outside in a markdown table: nothing in it is markdown, HTML, a link, a mention or a second cell.
enum Markdown {
    private static let special = Set("\\`*_{}[]()#!|<>~&@$".unicodeScalars)

    static func text(_ raw: String) -> String {
        if isPlain(raw) { return raw }
        var shown = ""
        for scalar in Shown.text(raw).unicodeScalars {
            // HTML's numeric references are read by every renderer as the character and nothing more.
            if special.contains(scalar) {
                shown += "&#\(scalar.value);"
            } else {
                shown.unicodeScalars.append(scalar)
            }
        }
        // Forges make links of bare addresses (GFM, "Autolinks (extension)").
        shown = shown.replacing("://", with: "&#58;//")
        for prefix in ["www.", "Www.", "WWW."] {
            shown = shown.replacing(prefix, with: prefix.dropLast() + "&#46;")
        }
        return shown
    }

    /// Letters, digits and what stands in names, times and paths, with nothing of which a forge makes a link.
    private static func isPlain(_ raw: String) -> Bool {
        var former: UInt8 = 0
        for byte in raw.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: " "), UInt8(ascii: ","), UInt8(ascii: ":"):
                break
            case UInt8(ascii: "/") where former != UInt8(ascii: ":"): break
            case UInt8(ascii: ".") where former | 0x20 != UInt8(ascii: "w"): break
            default: return false
            }
            former = byte
        }
        return true
    }
}
