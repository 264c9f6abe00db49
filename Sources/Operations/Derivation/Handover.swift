// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Declarations
internal import Git
package import Journal
package import Planning
package import Vocabulary

/// Devices that a policy change has brought into a zone: what other zones have given away is taken over with all that was
/// published of its slots, so that no sequence is lost and nobody's signature counts twice; what they have not given away waits.
package struct Handover: Sendable {
    /// Not given away yet, with what to do about it.
    package var awaited: [DeviceName: String] = [:]
    var due: [DeviceName: Due] = [:]

    struct Due: Sendable {
        var from: [Tenure.Predecessor]
        var slots: [SlotKey: SlotHead]
    }

    package init() {}

    /// Asks the other zones' status branches, only where some device of this zone is one that its history does not answer for.
    static func find(
        _ view: Viewpoint, connectors: some Sequence<AppConnector>, now: Timestamp
    ) -> Handover {
        let (set, history, zone) = (view.trust.set, view.history, view.zone)
        var handover = Handover()
        guard set.zones.count > 1 || !history.tenures.isEmpty || !history.removedZones.isEmpty else { return handover }
        let known = history.devicesAnsweredFor
        let new = Set(connectors.lazy.map(\.spec.device)).filter {
            set.devices[$0]?.spec.zone == zone && !known.contains($0)
        }
        guard !new.isEmpty else { return handover }
        var released: [DeviceName: [(at: Timestamp, zone: ZoneName, slots: [SlotKey: SlotHead])]] = [:]
        for other in set.zones.keys.sorted() where other != zone {
            let answer = Neighbour.ask(other, view, now: now)
            for device in new {
                switch answer.standing(of: device, inForce: set) {
                case .stranger: continue
                case .holds(let why): handover.awaited[device] = handover.awaited[device] ?? why
                case .released(let at, let slots): released[device, default: []].append((at, other, slots))
                }
            }
        }
        let removed = history.removedZones.subtracting(set.zones.keys).sorted()
        for device in new where handover.awaited[device] == nil {
            var from = (released[device] ?? []).map { Tenure.Predecessor(zone: $0.zone, released: $0.at) }
            if case .released(let at)? = history.tenures[device] {
                from.append(Tenure.Predecessor(zone: zone, released: at))
            }
            from += removed.map { Tenure.Predecessor(zone: $0, released: nil) }
            guard !from.isEmpty else { continue }
            var slots: [SlotKey: SlotHead] = [:]
            // The last to give it away knows most; a sequence never falls.
            for one in (released[device] ?? []).sorted(by: { $0.at < $1.at }) {
                slots.merge(one.slots) { $1.sequence >= $0.sequence ? $1 : $0 }
            }
            handover.due[device] = Due(from: from.sorted { $0.zone < $1.zone }, slots: slots)
        }
        return handover
    }

    /// What this zone gives away and takes over now. Where something is still open on a device, it is brought to its end first.
    package func facts(
        of history: History, inForce set: TrustSet, zone: ZoneName, at now: Timestamp
    ) -> [Fact] {
        var facts: [Fact] = []
        if set.zones.count > 1 {
            let open = Set(history.openBatches.values.map(\.device))
            let leaving = history.devicesAnsweredFor.subtracting(open).filter { device in
                set.devices[device].map { $0.spec.zone != zone } ?? false
            }
            if !leaving.isEmpty { facts.append(.released(leaving.sorted(), at: now)) }
        }
        for (device, due) in due.sorted(by: { $0.key < $1.key }) {
            let last = due.from.compactMap(\.released).max()
            let at = max(now, last.map { $0 + Seconds(1) } ?? now)
            facts.append(
                .takenOver(device, Tenure.Succession(at: at, from: due.from), due.slots, at: now))
        }
        return facts
    }

    /// What a rebuilt journal must know of devices that have changed their zone.
    ///
    /// - Parameter sets: all that were in force, in order.
    static func facts(recovering history: History, sets: [TrustSet], at now: Timestamp) -> [Fact] {
        var facts: [Fact] = []
        for (device, tenure) in history.tenures.sorted(by: { $0.key < $1.key }) {
            switch tenure {
            case .released(let at): facts.append(.released([device], at: at))
            case .takenOver(let succession): facts.append(.takenOver(device, succession, [:], at: now))
            }
        }
        let removed = sets.reduce(into: Set()) { $0.formUnion($1.zones.keys) }.subtracting(
            sets.last?.zones.keys ?? [:].keys)
        if !removed.isEmpty { facts.append(.zonesRemoved(removed.sorted(), at: now)) }
        return facts
    }
}

/// Another zone, by what it has published.
private struct Neighbour {
    enum Standing {
        /// It tells nothing of the device.
        case stranger
        case holds(why: String)
        case released(at: Timestamp, slots: [SlotKey: SlotHead])
    }
    let zone: ZoneName
    /// nil: it has written nothing yet.
    var history: History?
    /// The set that it decides by.
    var set: TrustSet?
    /// Why nothing of it can be believed: whoever cannot be read has given nothing away.
    var unreadable: String?

    static func ask(_ zone: ZoneName, _ view: Viewpoint, now: Timestamp) -> Neighbour {
        var neighbour = Neighbour(zone: zone)
        do throws(UserError) {
            neighbour.history = try PublishedStatus.read(view.site, zone: zone, trust: view.trust.set, now: now)?
                .history
            if let accepted = neighbour.history?.trustSet {
                neighbour.set =
                    accepted.digest == view.trust.set.digest
                    ? view.trust.set : try view.site.trustSet(at: accepted.commit)
            }
        } catch {
            neighbour.unreadable = error.message
        }
        return neighbour
    }

    func standing(of device: DeviceName, inForce: TrustSet) -> Standing {
        if let unreadable {
            return .holds(why: "whether zone \(zone) has given it away cannot be read: \(unreadable)")
        }
        guard let history else { return .stranger }
        if let set, set.digest != inForce.digest, set.devices[device]?.spec.zone == zone {
            return .holds(
                why:
                    "zone \(zone) does not know of the change yet: run countersign reconcile on its gateway; where that is gone for good, "
                    + "remove the zone by a policy change")
        }
        let slots = history.slots.filter { $0.key.device == device }
        if case .released(let at)? = history.tenures[device] { return .released(at: at, slots: slots) }
        guard history.devicesAnsweredFor.contains(device) else { return .stranger }
        return .holds(
            why:
                "zone \(zone) has not given it away: what it has begun there is brought to an end first; run countersign reconcile on its "
                + "gateway; where that is gone for good, remove the zone by a policy change")
    }
}
