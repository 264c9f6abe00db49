// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

/// An http address from somebody else's certificate, read strictly: `http://HOST[:PORT]/PATH[?QUERY]`, printable ASCII, no user.
package struct WebAddress: Hashable, Sendable {
    /// As it stands there: a host name in lower case, or an address (IPv6 without brackets).
    package let host: String
    package let port: UInt16
    /// Begins with `/`.
    package let path: String

    /// nil: it is not such an address.
    package init?(_ text: String) {
        let scheme = "http://"
        guard text.utf8.count <= 2048, text.lowercased().hasPrefix(scheme),
            text.utf8.allSatisfy({ (0x21...0x7e).contains($0) && $0 != 0x5c && $0 != 0x23 })
        else { return nil }
        let rest = text.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let tail = rest.dropFirst(authority.count)
        path = tail.isEmpty ? "/" : tail.first == "?" ? "/" + tail : String(tail)
        var name = authority
        var digits: Substring?
        if authority.first == "[" {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            name = authority[authority.index(after: authority.startIndex)..<end]
            let after = authority[authority.index(after: end)...]
            guard after.isEmpty || after.first == ":" else { return nil }
            digits = after.isEmpty ? nil : after.dropFirst()
            guard IPAddress(name)?.family == .v6 else { return nil }
        } else if let colon = authority.firstIndex(of: ":") {
            (name, digits) = (authority[..<colon], authority[authority.index(after: colon)...])
        }
        guard !name.isEmpty, name.utf8.count <= 253, name.utf8.allSatisfy(Self.isOfHost) else { return nil }
        host = name.lowercased()
        guard let digits else {
            port = 80
            return
        }
        guard (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = UInt16(digits), number > 0
        else { return nil }
        port = number
    }

    private static func isOfHost(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x3a: true  // digits, letters, - . :
        default: false
        }
    }

    /// With the brackets that an IPv6 address has in it.
    package var text: String {
        "http://\(host.contains(":") ? "[\(host)]" : host)\(port == 80 ? "" : ":\(port)")\(path)"
    }
}
