// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

/// The content of a work order: what people sign. Format `countersign.work-order/v1`, exactly.
///
/// No commit ids and no timestamps: a squash or rebase leaves the digest as it was. What is absent is left out, never null,
/// except `holds`.
package struct WorkOrderDocument: Hashable, Sendable {
    package static let format = "countersign.work-order/v1"
    package static let domain = Array("countersign work-order v1\n".utf8)

    package struct Asked: Hashable, Sendable {
        package var name: BindingName
        package var push: Int64
        /// As declared; nil where the binding says nothing of it.
        package var rollout: JSONValue?
        package init(name: BindingName, push: Int64, rollout: JSONValue? = nil) {
            (self.name, self.push, self.rollout) = (name, push, rollout)
        }
    }

    package var action: Action
    /// nil for what is unbound.
    package var binding: Asked?
    package var certificate: CertificateName?
    package var connector: CanonicalFragment
    package var device: CanonicalFragment
    package var epoch: Epoch
    /// Files named by device, connector and key, with the SHA-256 of their content.
    package var files: [String: FileDigest]
    package var holds: Holding
    /// nil for `remove`.
    package var installs: CanonicalFragment?
    /// nil where no policy matches: then nobody can sign it either.
    package var policy: CanonicalFragment?
    package var repository: String
    package var sequence: Int64

    package init(
        action: Action, binding: Asked?, certificate: CertificateName?, connector: CanonicalFragment,
        device: CanonicalFragment, epoch: Epoch, files: [String: FileDigest], holds: Holding,
        installs: CanonicalFragment?, policy: CanonicalFragment?, repository: String, sequence: Int64
    ) {
        (self.action, self.binding, self.certificate) = (action, binding, certificate)
        (self.connector, self.device, self.epoch, self.files) = (connector, device, epoch, files)
        (self.holds, self.installs, self.policy) = (holds, installs, policy)
        (self.repository, self.sequence) = (repository, sequence)
    }

    /// RFC 8785 bytes. The members stand in their canonical order here, by hand.
    package var canonicalBytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(
            1024 + connector.bytes.count + device.bytes.count + (installs?.bytes.count ?? 0)
                + (policy?.bytes.count ?? 0))
        func member(_ key: StaticString, _ value: [UInt8]) {
            bytes.append(bytes.isEmpty ? 0x7b : 0x2c)
            bytes.append(0x22)
            key.withUTF8Buffer { bytes.append(contentsOf: $0) }
            bytes.append(0x22)
            bytes.append(0x3a)
            bytes.append(contentsOf: value)
        }
        func member(_ key: StaticString, _ value: JSONValue) { member(key, value.canonicalBytes) }
        member("action", .string(action.rawValue))
        if let binding {
            var document: JSONObject = ["name": .string(binding.name.text), "push": .integer(binding.push)]
            document["rollout"] = binding.rollout
            member("binding", .object(document))
        }
        if let certificate { member("certificate", .string(certificate.text)) }
        member("connector", connector.bytes)
        member("device", device.bytes)
        member("epoch", .string(epoch.text))
        member("files", .object(files.reduce(into: JSONObject()) { $0[$1.key] = .string($1.value.hex) }))
        member("format", .string(Self.format))
        member("holds", holds.document)
        if let installs { member("installs", installs.bytes) }
        if let policy { member("policy", policy.bytes) }
        member("repository", .string(repository))
        member("sequence", .integer(sequence))
        bytes.append(0x7d)
        return bytes
    }

    /// Of the canonical bytes of a document.
    package static func digest(of canonicalBytes: [UInt8]) -> WorkOrderDigest {
        WorkOrderDigest(hashing: domain, canonicalBytes)
    }
}

extension Holding {
    /// null, `{"leaf":hex}` or `{"other":hex}`.
    var document: JSONValue {
        switch self {
        case .nothing: .null
        case .certificate(let leaf): ["leaf": .string(leaf.hex)]
        case .other(let code): ["other": .string(code.hex)]
        }
    }

    init?(document: JSONValue) {
        if document.isNull {
            self = .nothing
        } else if let leaf = document["leaf"]?.string.flatMap({ Fingerprint(hex: $0) }) {
            self = .certificate(leaf: leaf)
        } else if let other = document["other"]?.string.flatMap({ FileDigest(hex: $0) }) {
            self = .other(other)
        } else {
            return nil
        }
    }
}
