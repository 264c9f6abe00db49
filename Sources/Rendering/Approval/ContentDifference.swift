// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
package import Planning
package import Vocabulary

/// What is about to be signed, against what its slot last completed: read from both contents, and from both certificates.
package struct ContentDifference {
    private let order: WorkOrder
    private let old: JSONValue
    private let new: JSONValue

    package init(_ order: WorkOrder, from old: JSONValue) {
        (self.order, self.old) = (order, old)
        new = order.content.flatMap { try? JSONValue(parsing: $0) } ?? .null
    }

    package var words: [String] { certificate + chain + fields }

    private var certificate: [String] {
        guard let now = order.installsFacts, let was = order.replacesFacts else { return [] }
        func change(_ name: String, _ old: String, _ new: String) -> [String] {
            old == new ? [] : ["\(name): \(old) → \(new)"]
        }
        return change("issuer", was.issuer, now.issuer)
            + change("key type", CertificateWords.keyType(was.keyType), CertificateWords.keyType(now.keyType))
            + RawDifference.gains(was.dnsNames + was.ipAddresses, now.dnsNames + now.ipAddresses, "names")
            + change("valid from", "\(was.notBefore)", "\(now.notBefore)")
            + change("valid to", "\(was.notAfter)", "\(now.notAfter)")
            + (was.spki == now.spki ? ["the private key stays the same"] : ["another private key"])
    }

    private var chain: [String] {
        func list(_ content: JSONValue) -> [String] {
            content["installs"]?["chain"]?.array?.compactMap { $0.string?.prefix(8).description } ?? []
        }
        let (was, now) = (list(old), list(new))
        return was == now
            ? []
            : [
                "chain after the leaf: \(was.isEmpty ? "none" : was.joined(separator: " ")) → \(now.isEmpty ? "none" : now.joined(separator: " "))"
            ]
    }

    /// Whatever else is declared. What must differ is left out: the leaf, what the slot holds, and how often it was pushed.
    private var fields: [String] {
        RawDifference.words(Self.declared(old), Self.declared(new))
    }

    private static func declared(_ content: JSONValue) -> JSONValue {
        guard case .object(let object) = content else { return .object(JSONObject()) }
        var kept = JSONObject()
        for member in object.members where !["holds", "sequence", "installs"].contains(member.key) {
            kept[member.key] = member.value
        }
        var installs = JSONObject()
        for name in ["dropsNames", "key"] { if let value = content["installs"]?[name] { installs[name] = value } }
        kept["installs"] = .object(installs)
        return .object(kept)
    }
}
