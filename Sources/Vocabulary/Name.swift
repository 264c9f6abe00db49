// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// The name of a resource of one kind: `[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?`, without `..` and not ending in `.lock`
/// (it is also part of a git ref's name).
package struct Name<Kind>: Hashable, Comparable, Sendable {
    package let text: String

    /// nil if `text` is not a name.
    package init?(_ text: some StringProtocol) {
        guard Self.isValid(text) else { return nil }
        self.text = String(text)
    }

    /// The same for a String, without the generic detour: names are read by the hundred thousand.
    package init?(_ text: String) {
        guard Self.isValid(text) else { return nil }
        self.text = text
    }

    package static func isValid(_ text: some StringProtocol) -> Bool {
        var text = String(text)
        return text.withUTF8 { bytes in
            guard (1...63).contains(bytes.count), !bytes.suffix(5).elementsEqual(".lock".utf8) else { return false }
            guard isAlphanumeric(bytes[0]), isAlphanumeric(bytes[bytes.count - 1]) else { return false }
            var previous: UInt8 = 0
            for byte in bytes {
                guard isAlphanumeric(byte) || byte == 0x2d || byte == 0x2e else { return false }
                if byte == 0x2e, previous == 0x2e { return false }
                previous = byte
            }
            return true
        }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte)
    }

    package static func < (left: Self, right: Self) -> Bool { left.text < right.text }
}

extension Name: CustomStringConvertible {
    package var description: String { text }
}

extension Name: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = Self(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a resource name")
        }
        self = value
    }
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

package enum ZoneKind {}
package enum DeviceKindTag {}
package enum CertificateKind {}
package enum AppConnectorKind {}
package enum BindingKind {}
package enum PersonKind {}
package enum GroupKind {}
package enum ApprovalPolicyKind {}
package enum StandingApprovalKind {}
package enum PolicyTestKind {}
package enum AlertPolicyKind {}
/// Of the Repository's channels.
package enum ChannelTag {}

package typealias ZoneName = Name<ZoneKind>
package typealias DeviceName = Name<DeviceKindTag>
package typealias CertificateName = Name<CertificateKind>
package typealias ConnectorName = Name<AppConnectorKind>
package typealias BindingName = Name<BindingKind>
package typealias PersonName = Name<PersonKind>
package typealias GroupName = Name<GroupKind>
package typealias PolicyName = Name<ApprovalPolicyKind>
package typealias StandingApprovalName = Name<StandingApprovalKind>
package typealias PolicyTestName = Name<PolicyTestKind>
package typealias AlertPolicyName = Name<AlertPolicyKind>
package typealias ChannelName = Name<ChannelTag>
