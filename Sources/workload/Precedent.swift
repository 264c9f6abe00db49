// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Commits
internal import Declarations
internal import Git
internal import Journal
internal import Operations
internal import PKI
internal import Planning
internal import Signatures
internal import StatusBranch
internal import Vocabulary

/// Signs for everybody who would have to: what an estate's history would be, had every slot come to what it holds through a
/// work order that people signed.
struct Precedent {
    var tree: LoadedTree
    var zone: ZoneName
    var now: Timestamp

    /// A reconciler's history in which every slot holds and serves what the tree declares.
    func observed() throws -> History {
        guard let epoch = Epoch(String(repeating: "5b", count: 16)) else { throw WorkloadError("no epoch") }
        let trust = History.AcceptedTrustSet(
            digest: tree.trust.digest, commit: tree.commit, by: nil, number: 0, at: now)
        var facts: [Fact] = [
            .epochBegun(epoch, at: now), .trustSetAccepted(trust), .tipAccepted(tree.commit, at: now),
        ]
        var slots: [DeviceName: [SlotObservation]] = [:]
        var served: [SlotKey: [EndpointObservation]] = [:]
        for slot in DesiredSlots(of: tree.set).slots {
            guard let connector = tree.set.connectors[slot.connector],
                let certificate = tree.set.certificates[slot.certificate],
                let sent = tree.chains[certificate.spec.chain], let der = tree.certificates[sent.leaf]
            else { throw WorkloadError("nothing is wanted on \(slot.connector)") }
            let key = SlotKey(connector)
            slots[key.device, default: []].append(
                SlotObservation(
                    slot: key, holding: .certificate(leaf: sent.leaf), chain: sent.chain,
                    key: try CertificateFacts(der: der).spki, leafDER: der))
            served[key] = connector.spec.endpoints.map {
                EndpointObservation(
                    endpoint: $0, address: $0.address, answer: .served(leaf: sent.leaf, chain: sent.chain))
            }
        }
        for (device, slots) in slots {
            facts.append(.observed(device, token: DeviceStateToken("as generated"), changed: slots, at: now))
        }
        facts.append(.served(served, at: now))
        return History().applying(facts)
    }

    func plan(_ history: History) -> Plan {
        Derivation(
            desired: tree, tip: tree, proposed: tree,
            trust: TrustInForce(commit: tree.commit, set: tree.trust, acceptedAt: nil, root: tree.commit),
            history: history,
            approvals: ReadApprovals(),
            requesters: RequesterTable(), zone: zone
        ).plan(now: now)
    }

    /// What is held already, adopted.
    func adoptions(_ plan: Plan) -> [Fact] {
        plan.workOrders.compactMap { order in
            guard order.action == .adopt, let digest = order.digest, let content = order.content else { return nil }
            let intent = Intent(
                workOrder: digest, connector: order.connector, slot: order.slot, content: content,
                installs: order.installs?.leaf, replaces: order.replaces, records: [], tip: tree.commit)
            return .adopted(digest, intent, at: now)
        }
    }

    /// The status branch of that history, signed by the zone's recorder.
    func publish(by recorder: SSHPrivateKey, in repository: Git.Repository) throws {
        let observed = try observed()
        let history = observed.applying(adoptions(plan(observed)))
        let content = StatusContent(
            repository: tree.trust.repository?.spec.id ?? "", zone: zone, history: history, plan: plan(history),
            finished: [], evidence: [])
        let publisher = StatusPublisher(
            repository: repository, remote: "origin", zone: zone, key: recorder, recorders: KeyRing(of: tree.trust))
        let prepared = try publisher.prepare(
            StatusFiles(content), message: "Everything as declared\n", known: nil, remoteTip: nil, now: now)
        guard let prepared else { throw WorkloadError("no status commit") }
        try repository.update(publisher.branch, to: prepared.commit, expecting: nil)
    }
}
