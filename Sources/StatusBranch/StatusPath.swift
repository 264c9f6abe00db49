// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

/// Where things lie on a status branch: folders of 256 by the first two digits, because a flat one of 100,000 entries takes a
/// second for each commit.
package enum StatusPath {
    package static let head = "status.json"
    package static let readme = "README.md"
    static let connectors = "connectors"
    static let slots = "slots"
    static let certificates = "certificates"
    static let workOrders = "workorders"
    static let batches = "batches"
    static let devices = "devices"
    static let revocations = "revocations"
    static let evidence = "evidence"
    static let archive = "archive"
    static let reports = "reports"
    static let requesters = evidence + "/requesters"
    static let leaves = evidence + "/leaves"
    static let policyChanges = evidence + "/policychanges"
    /// Folders that hold what is so now and nothing else.
    static let present = [connectors, slots, certificates, workOrders, batches, devices, revocations]

    package static let branches = "refs/heads/countersign/status/"
    /// `refs/heads/countersign/status/default`
    package static func branch(of zone: ZoneName) -> String { branches + zone.text }

    package static func connector(_ name: ConnectorName) -> String { fanned(connectors, name.text) }
    static func slot(device: DeviceName, path: String) -> String { fanned(slots, "\(device)\n\(path)") }
    package static func certificate(_ name: CertificateName) -> String { fanned(certificates, name.text) }
    static func device(_ name: DeviceName) -> String { fanned(devices, name.text) }
    package static func workOrder(_ digest: WorkOrderDigest) -> String { fanned(workOrders, hex: digest.hex) }
    package static func evidence(_ record: Digest<RecordContent>) -> String { fanned(evidence, hex: record.hex) }
    package static func requester(_ commit: ObjectID) -> String { fanned(requesters, hex: commit.hex) }
    package static func leaf(_ leaf: Fingerprint) -> String { fanned(leaves, hex: leaf.hex) }
    static func revocation(_ leaf: Fingerprint) -> String { fanned(revocations, hex: leaf.hex) }
    package static func policyChange(_ digest: PolicyChangeDigest) -> String { fanned(policyChanges, hex: digest.hex) }
    static func batch(_ id: String) -> String { "\(batches)/\(id).json" }

    package static func archived(_ digest: WorkOrderDigest, at time: Timestamp) -> String {
        let civil = CivilTime(time)
        let month = civil.month < 10 ? "0\(civil.month)" : "\(civil.month)"
        return "\(archive)/\(civil.year)/\(month)/\(digest.hex).json"
    }

    /// One a day at most: of the day on which it ends.
    package static func report(until time: Timestamp) -> String {
        let civil = CivilTime(time)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(reports)/\(civil.year)/\(two(civil.month))/\(two(civil.day)).json"
    }

    private static func fanned(_ folder: String, _ name: String) -> String {
        fanned(folder, hex: Digest<NameText>(hashing: Array(name.utf8)).hex)
    }
    private static func fanned(_ folder: String, hex: String) -> String { "\(folder)/\(hex.prefix(2))/\(hex).json" }
}
