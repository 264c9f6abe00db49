// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

/// What a request is named by: all open work orders of one certificate and leaf. Format `countersign.request/v1`.
package struct RequestDocument: Hashable, Sendable {
    package static let format = "countersign.request/v1"
    package static let domain = Array("countersign request v1\n".utf8)

    package var certificate: CertificateName
    package var epoch: Epoch
    package var leaf: Fingerprint
    package var repository: String

    package init(certificate: CertificateName, epoch: Epoch, leaf: Fingerprint, repository: String) {
        (self.certificate, self.epoch, self.leaf, self.repository) = (certificate, epoch, leaf, repository)
    }

    package var canonicalBytes: [UInt8] {
        let document: JSONValue = [
            "certificate": .string(certificate.text), "epoch": .string(epoch.text), "format": .string(Self.format),
            "leaf": .string(leaf.hex), "repository": .string(repository),
        ]
        return document.canonicalBytes
    }
    package var digest: RequestDigest { RequestDigest(hashing: Self.domain, canonicalBytes) }
}

/// One change of the trust set: what the `policyChange` people sign. Format `countersign.policy-change/v1`.
package struct PolicyChangeDocument: Hashable, Sendable {
    package static let format = "countersign.policy-change/v1"
    package static let domain = Array("countersign policy-change v1\n".utf8)

    package var from: TrustSetDigest
    package var to: TrustSetDigest
    /// Of this change, from 1.
    package var number: Int
    /// The last accepted change; nil (written as null) for the first.
    package var previous: PolicyChangeDigest?
    package var repository: String

    package init(
        from: TrustSetDigest, to: TrustSetDigest, number: Int, previous: PolicyChangeDigest?, repository: String
    ) {
        (self.from, self.to, self.number) = (from, to, number)
        (self.previous, self.repository) = (previous, repository)
    }

    /// Digests in their text form `sha256:…`, as everywhere; `previous` is null where there is none.
    package var value: JSONValue {
        [
            "format": .string(Self.format), "from": .string(from.description), "number": .number(number),
            "previous": .orNull(previous.map { .string($0.description) }), "repository": .string(repository),
            "to": .string(to.description),
        ]
    }
    package var canonicalBytes: [UInt8] { value.canonicalBytes }
    package var digest: PolicyChangeDigest { PolicyChangeDigest(hashing: Self.domain, canonicalBytes) }
}

extension Digest where Subject == PlanContent {
    /// SHA-256 of `countersign plan v1\n` and the sorted digests of the work orders, one a line, as `sha256:…\n`.
    package init(of workOrders: some Sequence<WorkOrderDigest>) {
        self.init(
            hashing: Array("countersign plan v1\n".utf8),
            workOrders.sorted().flatMap { Array("\($0)\n".utf8) })
    }
}

extension Plan {
    package var digest: PlanDigest { PlanDigest(of: workOrders.compactMap(\.digest)) }
}
