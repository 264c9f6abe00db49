// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

/// Text from outside in a markdown table: nothing in it is markdown, HTML, a link, a mention or a second cell.
enum Markdown {
    private static let special = Set("\\`*_{}[]()#!|<>~&@$".unicodeScalars)

    static func text(_ raw: String) -> String {
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
}
