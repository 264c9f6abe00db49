// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import Vocabulary

/// One declared connector with all that a plan is made of: links resolved once, looked at by index from then on.
///
/// A class because it is handed around: as a struct, each copy of its resources is some sixty reference counts.
final class SlotRow: Sendable {
    let connector: AppConnector
    let key: SlotKey
    /// As in force; as declared where it is not in force yet.
    let device: Device?
    let isInForce: Bool
    /// In the zone that is planned.
    let isHere: Bool
    let binding: Binding?
    let certificate: Certificate?
    /// nil where nothing is bound, and where the chain file could not be read.
    let sent: SentChain?
    let head: SlotHead?

    init(
        connector: AppConnector, key: SlotKey, device: Device?, isInForce: Bool, isHere: Bool, binding: Binding?,
        certificate: Certificate?, sent: SentChain?, head: SlotHead?
    ) {
        (self.connector, self.key, self.device, self.isInForce) = (connector, key, device, isInForce)
        (self.isHere, self.binding, self.certificate) = (isHere, binding, certificate)
        (self.sent, self.head) = (sent, head)
    }

    var wanted: Wanted? {
        sent.map {
            Wanted(chain: $0, bindingPush: binding?.pushNumber ?? 0, connectorPush: connector.pushNumber)
        }
    }
    /// Bound to what cannot be read is not unbound: nothing is removed for it.
    var whenUnbound: AppConnectorSpec.WhenUnbound { certificate == nil ? connector.spec.whenUnbound : .leave }
    /// What it holds, and where that is nothing, what is wanted of it.
    var shownLeaf: Fingerprint? { head?.observed?.holding.leaf ?? sent?.leaf }
    var holding: Holding { head?.observed?.holding ?? .nothing }

    func difference(isHeld: Bool) -> SlotDifference {
        SlotDifference(wanted: wanted, whenUnbound: whenUnbound, head: head, isHeld: isHeld)
    }

    /// All declared connectors, sorted by name.
    static func all(of input: PlanningInput) -> [SlotRow] {
        let desired = input.desired
        let slots = input.slots ?? DesiredSlots(of: desired)
        let bound = slots.slots
        var next = 0
        let places = slots.connectors.map { name -> (name: ConnectorName, slot: DesiredSlot?) in
            while next < bound.count, bound[next].connector < name { next += 1 }
            return (name, next < bound.count && bound[next].connector == name ? bound[next] : nil)
        }
        let rows = Parallel.map(places, width: 4) { name, slot -> SlotRow? in
            guard let connector = desired.connectors[name] else { return nil }
            let certificate = slot.flatMap { desired.certificates[$0.certificate] }
            let key = SlotKey(connector)
            let inForce = input.inForce.devices[key.device]
            let device = inForce ?? desired.devices[key.device]
            return SlotRow(
                connector: connector, key: key, device: device, isInForce: inForce != nil,
                isHere: device?.spec.zone == input.zone, binding: slot.flatMap { desired.bindings[$0.binding] },
                certificate: certificate, sent: certificate.flatMap { input.chains[$0.spec.chain] },
                head: input.history.slots[key])
        }
        return rows.compactMap(\.self)
    }
}
