// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// What is shown of a text that came from outside: control characters, bidirectional controls and invisible ones
/// as `\u{…}`, so that nothing moves the cursor, hides text or swaps its order.
package enum Shown {
    package static func text(_ raw: some StringProtocol) -> String {
        // Printable ASCII, which is nearly everything, is asked for no property.
        let isPlain = raw.utf8.allSatisfy { (0x20..<0x7f).contains($0) }
        guard !isPlain, raw.unicodeScalars.contains(where: isDangerous) else { return String(raw) }
        var shown = ""
        for scalar in raw.unicodeScalars {
            if isDangerous(scalar) {
                shown += "\\u{" + String(scalar.value, radix: 16) + "}"
            } else {
                shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }

    package static func isBidirectionalControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x061c, 0x200e, 0x200f, 0x202a...0x202e, 0x2066...0x2069: true
        default: false
        }
    }

    package static func isDangerous(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: true
        default: isBidirectionalControl(scalar)
        }
    }
}
