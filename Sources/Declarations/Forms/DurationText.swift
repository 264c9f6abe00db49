// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

/// `5s`, `250ms`, `72h`, `7d`, `30m`: one number, one unit.
package enum DurationText {
    /// Ten years: longer is a slip of the pen, and sums stay far from overflow.
    private static let longest: Int64 = 315_360_000_000

    /// Milliseconds; nil if `text` is no duration.
    static func milliseconds(_ text: some StringProtocol) -> Int64? {
        let bytes = text.utf8
        let digits = bytes.prefix { (0x30...0x39).contains($0) }
        guard (1...12).contains(digits.count), digits.count == 1 || digits.first != 0x30 else { return nil }
        let number = digits.reduce(Int64(0)) { $0 * 10 + Int64($1 - 0x30) }
        let unit: Int64
        switch String(text[digits.endIndex...]) {
        case "ms": unit = 1
        case "s": unit = 1_000
        case "m": unit = 60_000
        case "h": unit = 3_600_000
        case "d": unit = 86_400_000
        default: return nil
        }
        let (product, overflow) = number.multipliedReportingOverflow(by: unit)
        return overflow || product > longest ? nil : product
    }

    package static func duration(_ text: some StringProtocol) -> Duration? {
        milliseconds(text).map { .milliseconds($0) }
    }

    /// nil for what is not whole seconds, too.
    package static func seconds(_ text: some StringProtocol) -> Seconds? {
        guard let milliseconds = milliseconds(text), milliseconds % 1_000 == 0 else { return nil }
        return Seconds(milliseconds / 1_000)
    }
}
