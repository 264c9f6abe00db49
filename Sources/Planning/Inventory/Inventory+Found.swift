// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary
internal import Declarations

extension Inventory {
    /// A certificate that lies on a device and that nobody has declared, nor pushed.
    package struct Found: Sendable, Hashable {
        package struct Place: Sendable, Hashable, Comparable {
            package var device: DeviceName
            /// Of the certificate, or of both in one file.
            package var path: String
            /// Whose slot it lies in; nil: nobody has declared the place either.
            package var connector: ConnectorName?
            /// Another program that puts it there.
            package var managedBy: String?

            package static func < (left: Self, right: Self) -> Bool {
                (left.device, left.path) < (right.device, right.path)
            }
        }
        package var leaf: Fingerprint
        /// nil: only its hash is known here.
        package var der: [UInt8]?
        package var notAfter: Timestamp?
        /// By its dates alone.
        package var colour: StatusColour?
        package var places: [Place]

        package var facts: CertificateFacts? { der.flatMap(Inventory.facts) }
    }

    /// - Parameter surveys: what `discover` found last.
    package mutating func addFound(
        _ views: [ConnectorView], _ surveys: [DeviceName: DeviceSurvey], history: History, now: Timestamp
    ) {
        var known: Set<Fingerprint> = []
        for item in items {
            if let leaf = item.leaf { known.insert(leaf) }
            known.formUnion(item.replaced.map(\.leaf))
        }
        var places: [Fingerprint: Set<Found.Place>] = [:]
        var ders: [Fingerprint: [UInt8]] = [:]
        let byFile = Dictionary(views.map { ($0.slot, $0.connector) }) { first, _ in first }
        for view in views {
            // What was pushed and is no longer declared is old, not found.
            guard let leaf = view.holding?.leaf, !known.contains(leaf),
                history.slots[view.slot]?.lastCompleted?.leaf != leaf
            else { continue }
            places[leaf, default: []].insert(
                Found.Place(device: view.device, path: view.slot.path, connector: view.connector))
        }
        for (device, survey) in surveys {
            for slot in survey.slots {
                guard let leaf = slot.observation.holding.leaf, !known.contains(leaf) else { continue }
                let connector = byFile[SlotKey(device: device, path: slot.certificate)]
                // Of a declared slot what is seen at every pass counts.
                guard connector == nil else { continue }
                if let der = slot.observation.leafDER { ders[leaf] = der }
                places[leaf, default: []].insert(
                    Found.Place(device: device, path: slot.certificate, managedBy: slot.managedBy))
            }
        }
        var shelf = CertificateShelf(sent: ders, slots: history.slots)
        found = places.map { leaf, places in
            let notAfter = shelf.notAfter(leaf)
            return Found(
                leaf: leaf, der: shelf.der(leaf), notAfter: notAfter,
                colour: notAfter.map { StatusColour(StatusColour.Facts(notAfter: $0), at: now) },
                places: places.sorted())
        }.sorted { ($0.notAfter ?? .distantEnd, $0.leaf) < ($1.notAfter ?? .distantEnd, $1.leaf) }
    }
}

extension Timestamp {
    /// After everything that has a date.
    fileprivate static let distantEnd = Timestamp(secondsSince1970: .max)
}
