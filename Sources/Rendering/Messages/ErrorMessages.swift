// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Operations
package import Vocabulary

/// What went wrong and the next step, for people.
package enum ErrorText {
    /// `countersign: …`, then the hint, if there is one, on a line of its own.
    package static func render(_ error: UserError, _ style: Style) -> String {
        var page = Page(Style(isColoured: style.isColoured))  // never folded: hints hold commands to copy
        let message = lines(error.message)
        page.add("\("countersign", .bad): \(message.first ?? "")")
        for line in message.dropFirst() { page.add("  \(line)") }
        for line in error.hint.map(lines) ?? [] { page.add("  \(line)") }
        return page.rendered
    }

    private static func lines(_ text: String) -> [Substring] { text.split(whereSeparator: \.isNewline) }
}

/// The same under `--format json`, on standard output.
package enum ErrorJSON {
    package static func value(_ error: UserError) -> JSONValue {
        ["formatVersion": "1", "error": member(error)]
    }

    static func member(_ error: UserError) -> JSONValue {
        [
            "code": .string(error.code), "message": .string(error.message),
            "hint": .orNull(error.hint.map { .string($0) }),
        ]
    }
}
