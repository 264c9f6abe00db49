// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Commits
internal import Approvals
package import Declarations
internal import Git
package import Planning
internal import StatusBranch
package import Vocabulary

/// How everything stands at the end of one pass, as values only: nothing of it holds the repository, the journal or a device, so
/// that it may be read by anybody for as long as they like.
package struct Snapshot: Sendable {
    package var report: PlanReport
    package var inventory: Inventory
    /// How the last work order of each connector ended, where none is open.
    package var endings: [ConnectorName: Ending]
    /// Work orders that are over, newest first, at most `longestTrail`.
    package var trail: [RememberedWorkOrder]
    /// There is more in the archive than the trail shows.
    package var hasOlder: Bool
    /// Those of the trail that came as far as a device, oldest first.
    package var pushes: [PushReport.Push]
    /// Sorted by name.
    package var devices: [DeviceStanding]
    package var gateways: [GatewayStanding]
    /// What the slots of open work orders last completed, as people signed it, by the open work order's digest; of the first 200.
    package var former: [WorkOrderDigest: JSONValue]

    package static let longestTrail = 10_000
}

/// One declared device, and when somebody last got through to it.
package struct DeviceStanding: Sendable, Hashable {
    package var name: DeviceName
    package var kind: String
    package var zone: ZoneName
    package var sync: DeviceSpec.Sync
    /// `local`, or the host that is logged in to.
    package var place: String
    package var connectors: Int
    /// When one of its slots was last read.
    package var seen: Timestamp?
    /// Set while it cannot be looked at.
    package var unreachable: History.Unreachable?
    /// nil where another zone's gateway looks at it.
    package var isOurs: Bool
}

/// One zone and the reconciler that works in it.
package struct GatewayStanding: Sendable, Hashable {
    package var zone: ZoneName
    /// As people compare keys, of those that are valid now.
    package var recorders: [String]
    /// The one that this was read from.
    package var isOurs: Bool
    /// Its last status commit here, where that is one of its own.
    package var status: ObjectID?
    package var written: Timestamp?
    /// Why what lies on its status branch is not believed.
    package var problem: String?
}

/// What was read of the archive, without contents. What is written there never changes, so that nothing is read twice.
package struct ArchiveMemory: Sendable {
    var orders: [WorkOrderDigest: ArchiveEntry] = [:]
    var signatures: [RecordKey: RememberedWorkOrder.Signature] = [:]
    /// DER of former leaves that were found, and which were looked for.
    var leaves: [Fingerprint: [UInt8]] = [:]
    var sought: Set<Fingerprint> = []
    /// Read once, and too old for the trail.
    fileprivate var passedOver: Set<WorkOrderDigest> = []
    fileprivate var trail: (status: ObjectID?, digests: [WorkOrderDigest], hasOlder: Bool)?
    fileprivate var former: [WorkOrderDigest: JSONValue] = [:]
    /// Names of signers are by the set in force.
    fileprivate var trust: TrustSetDigest?

    package init() {}
}

extension Overview {
    /// - Parameter memory: of the last snapshot; what this one does not need any more leaves it.
    package func snapshot(_ memory: inout ArchiveMemory) throws(UserError) -> Snapshot {
        if memory.trust != report.trust.digest {
            (memory.signatures, memory.trust) = ([:], report.trust.digest)
        }
        let inventory = try inventory(only: nil, &memory)
        let endings = try endings(of: report.plan.connectors, &memory)
        let trail = try trail(&memory)
        memory.former = try former(memory.former)
        let tree = try statusTree()
        let orders = trail.digests.compactMap { memory.orders[$0] }
        let snapshot = Snapshot(
            report: report, inventory: inventory, endings: endings,
            trail: orders.map { remembered($0, tree, &memory) }, hasOlder: trail.hasOlder,
            pushes: orders.reversed().compactMap(\.push), devices: devices, gateways: gateways, former: memory.former)
        forget(&memory, keeping: Set(trail.digests))
        return snapshot
    }

    private func trail(
        _ memory: inout ArchiveMemory
    ) throws(UserError) -> (digests: [WorkOrderDigest], hasOlder: Bool) {
        let status = try statusCommit()
        if let known = memory.trail, known.status == status { return (known.digests, known.hasOlder) }
        guard let archive = try archive() else { return ([], false) }
        let (known, passedOver) = (memory.orders, memory.passedOver)
        let newest = try archived { () throws(StatusError) in
            try archive.newest(Snapshot.longestTrail) { known[$0] != nil || passedOver.contains($0) }
        }
        for order in newest.read { memory.orders[order.digest] = order }
        let all = newest.digests.compactMap { memory.orders[$0] }.sorted { ($0.at, $0.digest) > ($1.at, $1.digest) }
        let digests = all.prefix(Snapshot.longestTrail).map(\.digest)
        memory.passedOver.formUnion(all.dropFirst(Snapshot.longestTrail).map(\.digest))
        let hasOlder = newest.hasMore || !memory.passedOver.isEmpty
        memory.trail = (status, digests, hasOlder)
        return (digests, hasOlder)
    }

    private func former(
        _ known: [WorkOrderDigest: JSONValue]
    ) throws(UserError) -> [WorkOrderDigest: JSONValue] {
        var wanted: [WorkOrderDigest: SlotHead.CompletedWorkOrder] = [:]
        for order in report.plan.workOrders where order.action != .adopt && wanted.count < 200 {
            guard let digest = order.digest else { continue }
            wanted[digest] = derivation.history.slots[order.slot]?.lastCompleted
        }
        var former = known.filter { wanted[$0.key] != nil }
        let missing = wanted.filter { former[$0.key] == nil }
        guard !missing.isEmpty, let archive = try archive() else { return former }
        let found = try archived { () throws(StatusError) in
            try archive.workOrders(missing.values.map { ($0.digest, $0.at) })
        }
        for (digest, last) in missing { former[digest] = found[last.digest]?.content }
        return former
    }

    private func forget(_ memory: inout ArchiveMemory, keeping trail: Set<WorkOrderDigest>) {
        var needed = trail
        for slot in derivation.history.slots.values {
            if let last = slot.lastCompleted?.digest { needed.insert(last) }
            if let last = slot.lastEnded?.digest { needed.insert(last) }
        }
        guard memory.orders.count > needed.count else { return }
        memory.orders = memory.orders.filter { needed.contains($0.key) }
        let records = Set(memory.orders.values.flatMap(\.records))
        memory.signatures = memory.signatures.filter { records.contains($0.key) }
    }

    private var devices: [DeviceStanding] {
        var counts: [DeviceName: Int] = [:]
        for connector in derivation.desired.set.connectors.values { counts[connector.spec.device, default: 0] += 1 }
        var seen: [DeviceName: Timestamp] = [:]
        for (slot, head) in derivation.history.slots {
            if let at = head.observedAt { seen[slot.device] = max(at, seen[slot.device] ?? at) }
        }
        return derivation.inForce.devices.values.map { device in
            let place =
                switch device.spec.transport {
                case .local: "local"
                case .ssh(let ssh): ssh.port == 22 ? "ssh \(ssh.host)" : "ssh \(ssh.host):\(ssh.port)"
                }
            return DeviceStanding(
                name: device.name, kind: device.spec.server.kind, zone: device.spec.zone, sync: device.spec.sync,
                place: place, connectors: counts[device.name] ?? 0, seen: seen[device.name],
                unreachable: derivation.history.unreachable[device.name], isOurs: device.spec.zone == view.zone)
        }.sorted { $0.name < $1.name }
    }

    private var gateways: [GatewayStanding] {
        let ring = KeyRing(of: derivation.inForce)
        let reader = StatusReader(site.git)
        return derivation.inForce.zones.values.map { zone in
            var standing = GatewayStanding(
                zone: zone.name,
                recorders: zone.spec.recorders.compactMap { recorder in
                    if case .ssh(let line) = recorder.material {
                        SigningKey.shown(line.split(separator: " ").prefix(2).joined(separator: " "))
                    } else {
                        nil
                    }
                }, isOurs: zone.name == view.zone)
            do throws(StatusError) {
                let tip = try reader.tip(
                    site.statusRef(of: zone.name), zone: zone.name, recorders: ring, now: report.now)
                (standing.status, standing.written) = (tip.commit, tip.committed)
            } catch {
                if error.code != .absent { standing.problem = error.detail }
            }
            return standing
        }.sorted { $0.zone < $1.zone }
    }
}
