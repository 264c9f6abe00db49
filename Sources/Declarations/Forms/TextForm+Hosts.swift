// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

extension TextForm {
    /// An IP literal or a host name; nothing that a program could take for an option.
    static func hostProblem(_ text: String) -> String? {
        let wrong = "is neither an IP address nor a host name"
        guard (1...253).contains(text.utf8.count) else { return wrong }
        if text.utf8.contains(UInt8(ascii: ":")) { return IPAddress(text) == nil ? wrong : nil }
        // What looks like an address is one, or is refused: `10.0.0.256` must not be looked up as a name.
        if text.utf8.allSatisfy({ isDigit($0) || $0 == UInt8(ascii: ".") }) {
            return IPAddress(text) == nil ? wrong : nil
        }
        for label in text.split(separator: ".", omittingEmptySubsequences: false) {
            guard isHostLabel(label.utf8, allowingUpperCase: true, allowingUnderscore: true) else { return wrong }
        }
        return nil
    }

    static func isDNSName(_ text: Substring) -> Bool {
        guard (1...253).contains(text.utf8.count) else { return false }
        var isNumber = true
        for label in text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false) {
            guard isHostLabel(label, allowingUpperCase: false, allowingUnderscore: true) else { return false }
            isNumber = label.allSatisfy(isDigit)
        }
        return !isNumber  // the last label: 10.0.0.5 is no name
    }
    static func isDNSName(_ text: String) -> Bool { isDNSName(text[...]) }

    private static func isHostLabel(
        _ label: some BidirectionalCollection<UInt8>, allowingUpperCase: Bool, allowingUnderscore: Bool
    ) -> Bool {
        guard (1...63).contains(label.count), label.first != 0x2d, label.last != 0x2d else { return false }
        return label.allSatisfy { byte in
            isDigit(byte) || (0x61...0x7a).contains(byte) || byte == 0x2d || allowingUnderscore && byte == 0x5f
                || allowingUpperCase && (0x41...0x5a).contains(byte)
        }
    }

    static func isEmail(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, (1...64).contains(parts[0].utf8.count), hostProblem(String(parts[1])) == nil else {
            return false
        }
        return parts[0].utf8.allSatisfy {
            $0 > 0x20 && $0 < 0x7f && ![0x3c, 0x3e, 0x22, 0x28, 0x29, 0x2c].contains($0)
        }
    }
}
