// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

/// Where a page is, with its filters: made of encoded parts only.
struct Address: Hashable, Sendable {
    private var path: String
    private var items: [(name: String, value: String)] = []

    /// - Parameter parts: each is encoded; none: the first page.
    init(_ parts: String...) { path = "/" + parts.map(Self.encoded).joined(separator: "/") }

    func with(_ name: String, _ value: String?) -> Address {
        var address = self
        address.items.removeAll { $0.name == name }
        if let value, !value.isEmpty { address.items.append((name, value)) }
        return address
    }

    var text: String {
        items.isEmpty
            ? path : path + "?" + items.map { "\($0.name)=\(Self.encoded($0.value))" }.joined(separator: "&")
    }

    /// RFC 3986's unreserved characters stay, every other byte becomes `%XX`.
    private static func encoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x7e: bytes.append(byte)
            default: bytes += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func == (left: Self, right: Self) -> Bool { left.text == right.text }
    func hash(into hasher: inout Hasher) { hasher.combine(text) }

    static func certificate(_ name: CertificateName) -> Address { Address("certificates", name.text) }
    static func workOrder(_ digest: WorkOrderDigest) -> Address { Address("work-orders", digest.id) }
    static func request(_ digest: RequestDigest) -> Address { Address("requests", digest.id) }
    static func connector(_ name: ConnectorName) -> Address { Address("connectors").with("q", name.text) }
    static func device(_ name: DeviceName) -> Address { Address("connectors").with("device", name.text) }
}
