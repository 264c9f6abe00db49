// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

/// What a text must look like. Each form says what is wrong with a text, and gives the pattern for the JSON Schema.
enum TextForm: Hashable, Sendable {
    case any(longest: Int)
    case uuid, branch
    case name(ResourceKind)  // the name of a resource of that kind, or a reference to one
    case approver
    case levelName, commandName
    case word  // one argument of a program
    case keyArgument
    case duration, wholeSeconds
    case timestamp, timeOfDay, timeZone
    case devicePath, keyFilePath, gatewayPath, repositoryPath, binary
    case mode, certificateMode, owner, user
    case host, dnsName, dnsPattern, email, probe, webURL
    case sha256, openpgpFingerprint, sshKey
    case certificateARN, region
    case labelKey, labelValue, annotationKey

    /// What is wrong with `text`, as the rest of a sentence that begins with the text; nil if nothing is.
    func problem(_ text: String) -> String? {
        switch self {
        case .any(let longest):
            Self.tooLong(text, longest)
        case .uuid: Self.isUUID(text) ? nil : "is no UUID in lower case (as `uuidgen | tr A-Z a-z` prints)"
        case .branch: Self.isBranch(text) ? nil : "is no name of a branch that can be in force"
        case .name(.person) where text.hasPrefix("group:"): "is a group: groups do not nest"
        case .name, .levelName, .commandName:
            Name<Never>.isValid(text)
                ? nil
                : "is no name: lower-case letters, digits, - and . in between, at most 63, without .. and not ending in .lock"
        case .approver: Approver(text) == nil ? "is neither group:NAME nor person:NAME" : nil
        case .word:
            text.isEmpty
                ? "is empty" : text.utf8.contains { $0 < 0x20 } ? "holds a line break" : Self.tooLong(text, 4_096)
        case .keyArgument:
            Self.isKeyArgument(text)
                ? nil
                : "is no argument that may be given to a program: letters, digits, _ and then also . / -, without .."
        case .duration:
            DurationText.milliseconds(text) == nil ? "is no duration (5s, 250ms, 30m, 72h, 7d)" : nil
        case .wholeSeconds:
            DurationText.seconds(text).map(\.count) ?? 0 == 0
                ? "is no duration of whole seconds, at least one (5s, 30m, 72h, 7d)" : nil
        case .timestamp:
            Timestamp(rfc3339: text) == nil ? "is no time with date and offset (2026-01-31T12:00:00Z)" : nil
        case .timeOfDay: Self.isTimeOfDay(text) ? nil : "is no time of day (\"22:00\")"
        case .timeZone:
            TimeZoneNames.contains(text) ? nil : "is no time zone of the IANA database (Europe/Berlin, Etc/UTC)"
        case .devicePath, .gatewayPath: PathText.deviceProblem(text)
        case .keyFilePath: PathText.keyFileProblem(text)
        case .repositoryPath: PathText.repositoryProblem(text)
        case .binary: text.hasPrefix("/") ? PathText.deviceProblem(text) : Self.binaryProblem(text)
        case .mode: Self.modeProblem(text, refusing: 0o007)
        case .certificateMode: Self.modeProblem(text, refusing: 0o022)
        case .owner: Self.isOwner(text) ? nil : "is no owner (user or user:group)"
        case .user: Self.isUser(text) ? nil : "is no user name"
        case .host: Self.hostProblem(text)
        case .dnsName:
            Self.isDNSName(text)
                ? nil : "is no DNS name in lower case (without a dot at the end; xn--… for others than ASCII)"
        case .dnsPattern:
            Self.isDNSName(text.hasPrefix("*.") ? text.dropFirst(2) : text[...])
                ? nil : "is neither a DNS name in lower case nor *. and one"
        case .email: Self.isEmail(text) ? nil : "is no e-mail address"
        case .webURL:
            WebAddress(text) == nil
                ? "is no https URL without user and fragment (http only to a loopback address)" : nil
        case .probe:
            ProbeRange(text) == nil
                ? "is no ADDRESS:PORT or NETWORK/BITS:PORT (10.0.0.5:443, 10.0.9.0/24:443, [fd00::/64]:443)" : nil
        case .sha256:
            SPKIFingerprint(hex: text) == nil ? "is no SHA-256 fingerprint (64 hex digits in lower case)" : nil
        case .certificateARN:
            Self.isCertificateARN(text)
                ? nil : "is no ARN of a certificate (arn:aws:acm:eu-central-1:123456789012:certificate/…)"
        case .region:
            text.utf8.count <= 32 && text.utf8.allSatisfy { Self.isAlphanumeric($0) || $0 == 0x2d } && !text.isEmpty
                && !text.hasPrefix("-") ? nil : "is no region (eu-central-1)"
        case .openpgpFingerprint:
            text.utf8.count == 40 && text.utf8.allSatisfy(Self.isHexDigit)
                ? nil : "is no full OpenPGP fingerprint (40 hex digits, without blanks)"
        case .sshKey: nil  // judged by `PublicKey`, whose words never repeat the text
        case .labelKey, .annotationKey:
            Self.isLabel(text, allowing: UInt8(ascii: "/"), longest: 253)
                ? nil : "is no key: letters, digits and . _ - / in between, at most 253"
        case .labelValue:
            text.isEmpty || Self.isLabel(text, allowing: nil, longest: 63)
                ? nil : "is no label: letters, digits and . _ - in between, at most 63"
        }
    }

    private static func isCertificateARN(_ text: String) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "arn", parts[1].hasPrefix("aws"), parts[2] == "acm", !parts[3].isEmpty,
            parts[4].utf8.count == 12, parts[4].utf8.allSatisfy(isDigit), parts[5].hasPrefix("certificate/")
        else { return false }
        let id = parts[5].dropFirst("certificate/".count)
        return !id.isEmpty && id.utf8.count <= 64
            && (parts[1].utf8 + Array(parts[3].utf8) + id.utf8).allSatisfy { isAlphanumeric($0) || $0 == 0x2d }
    }

    private static func tooLong(_ text: String, _ longest: Int) -> String? {
        text.utf8.count > longest ? "is longer than \(longest) bytes" : nil
    }

    static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x61...0x7a).contains(byte) || (0x41...0x5a).contains(byte) || isDigit(byte)
    }
    static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    static func isHexDigit(_ byte: UInt8) -> Bool {
        isDigit(byte) || (0x61...0x66).contains(byte) || (0x41...0x46).contains(byte)
    }

    /// A decimal number of at most nine digits, without sign or leading zero.
    static func decimal(_ text: some StringProtocol) -> Int? {
        let bytes = text.utf8
        guard (1...9).contains(bytes.count), bytes.allSatisfy(isDigit), bytes.count == 1 || bytes.first != 0x30 else {
            return nil
        }
        return bytes.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    private static func isUUID(_ text: String) -> Bool {
        let bytes = text.utf8
        guard bytes.count == 36 else { return false }
        for (index, byte) in bytes.enumerated() {
            let isDash = index == 8 || index == 13 || index == 18 || index == 23
            guard isDash ? byte == 0x2d : isDigit(byte) || (0x61...0x66).contains(byte) else { return false }
        }
        return true
    }

    /// `git check-ref-format`, and none of the names that are ours.
    private static func isBranch(_ text: String) -> Bool {
        guard (1...200).contains(text.utf8.count), !text.hasPrefix("-"), !text.hasPrefix("approvals/"),
            text != "approvals",
            !text.hasPrefix("countersign/"), text != "countersign", text != "HEAD", text != "@"
        else { return false }
        for byte in text.utf8 where !isAlphanumeric(byte) {
            guard [0x2d, 0x2e, 0x2f, 0x5f, 0x2b, 0x23, 0x3d].contains(byte) else { return false }  // - . / _ + # =
        }
        return text.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty && !part.hasPrefix(".") && !part.hasSuffix(".") && !part.hasSuffix(".lock")
                && !part.contains("..")
        }
    }

    private static func isKeyArgument(_ text: String) -> Bool {
        let bytes = text.utf8
        guard (1...255).contains(bytes.count), let first = bytes.first, isAlphanumeric(first) || first == 0x5f,
            !text.contains("..")
        else { return false }
        return bytes.allSatisfy { isAlphanumeric($0) || [0x5f, 0x2e, 0x2f, 0x2d].contains($0) }
    }

    private static func isTimeOfDay(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count == 5, bytes[2] == 0x3a else { return false }
        guard [0, 1, 3, 4].allSatisfy({ isDigit(bytes[$0]) }) else { return false }
        return (bytes[0] - 0x30) * 10 + bytes[1] - 0x30 < 24 && bytes[3] < 0x36
    }

    private static func binaryProblem(_ text: String) -> String? {
        guard (1...255).contains(text.utf8.count), let first = text.utf8.first, isAlphanumeric(first),
            text.utf8.allSatisfy({ isAlphanumeric($0) || [0x2d, 0x2e, 0x5f, 0x2b].contains($0) })
        else { return "is neither an absolute path nor the name of a program" }
        return nil
    }

    /// Three octal digits, or four with a leading 0.
    static func mode(_ text: some StringProtocol) -> UInt32? {
        let bytes = text.utf8
        guard bytes.count == 3 || bytes.count == 4 && bytes.first == 0x30,
            bytes.allSatisfy({ (0x30...0x37).contains($0) })
        else { return nil }
        return bytes.reduce(0) { $0 << 3 | UInt32($1 - 0x30) }
    }

    private static func modeProblem(_ text: String, refusing refused: UInt32) -> String? {
        guard let mode = mode(text) else { return "is no mode (\"0640\")" }
        if mode & refused == 0 { return nil }
        return refused == 0o007
            ? "lets others at the private key: the last digit must be 0"
            : "lets others than the owner write the certificate"
    }

    private static func isUser(_ text: some StringProtocol) -> Bool {
        let bytes = text.utf8
        guard (1...32).contains(bytes.count), let first = bytes.first, isAlphanumeric(first) || first == 0x5f else {
            return false
        }
        return bytes.allSatisfy { isAlphanumeric($0) || [0x2d, 0x2e, 0x5f].contains($0) }
    }

    private static func isOwner(_ text: String) -> Bool {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        return parts.allSatisfy(isUser)
    }

    private static func isLabel(_ text: String, allowing extra: UInt8?, longest: Int) -> Bool {
        let bytes = text.utf8
        guard (1...longest).contains(bytes.count), let first = bytes.first, let last = bytes.last,
            isAlphanumeric(first),
            isAlphanumeric(last)
        else { return false }
        return bytes.allSatisfy { isAlphanumeric($0) || $0 == 0x2d || $0 == 0x2e || $0 == 0x5f || $0 == extra }
    }
}
