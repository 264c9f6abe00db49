// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Declarations
internal import PKI
internal import Vocabulary

extension Block.Code {
    private static let ranks = Dictionary(uniqueKeysWithValues: allCases.enumerated().map { ($1, $0) })
    var rank: Int { Self.ranks[self] ?? .max }
}

extension Planner {
    /// Everything that stands in the way, in the fixed order.
    mutating func blocks(
        of draft: Draft, _ row: SlotRow, _ device: Device, hasContent: Bool, requesters: Requesters,
        judgement: Judgement,
        outcome: Outcome?
    ) -> [Block] {
        var blocks = deviceBlocks(draft, row, device, hasContent: hasContent)
        if let policy = draft.decision?.policy,
            let block = Block.unknownRequester(requesters, policy, certificate: row.certificate?.name)
        {
            blocks.append(block)
        }
        if SlotLook.drift(at: row) != nil, let head = row.head {
            blocks += [Block.contested(head, wanted: row.wanted)].compactMap(\.self)
        }
        blocks += [Block.noApprover(draft.decision, judgement: judgement)].compactMap(\.self)
        if let policy = draft.decision?.policy, judgement.isEmergency {
            blocks += [Block.unreviewed(policy.name, slot: row.key, judgement, history: input.history)].compactMap(
                \.self)
        }
        if draft.action == .adopt {
            // It lies there already, and nothing will be touched: what is wrong with it is noted, not forbidden.
            blocks += certificateBlocks(draft, row, device).filter { $0.code == .keyCompromised }
        } else {
            blocks += certificateBlocks(draft, row, device)
            blocks += worldBlocks(draft, row, device, judgement: judgement, outcome: outcome)
        }
        return blocks.sorted { $0.code.rank < $1.code.rank }
    }

    private func deviceBlocks(_ draft: Draft, _ row: SlotRow, _ device: Device, hasContent: Bool) -> [Block] {
        var blocks: [Block] = []
        if let awaited = input.notReleased[device.name] {
            // Before that nobody looks either, and why says more.
            blocks.append(.notReleased(device.name, awaited))
        } else if row.head?.observed == nil || input.history.epoch == nil {
            // An ignored device will not be observed: that it is ignored says more.
            if device.spec.sync != .ignored { blocks.append(.unobserved(device.name)) }
        }
        if let unreachable = input.history.unreachable[device.name] {
            blocks.append(.gatewayUnhealthy(device.name, unreachable))
        }
        if draft.action != .adopt, input.history.tokens[device.name]?.lacksShadow == true {
            blocks.append(.unshadowed(device))
        }
        if draft.action != .adopt || device.spec.sync == .ignored, let block = Block.ofMode(device) {
            blocks.append(block)
        }
        if let awaits = draft.standing.awaits ?? awaitsForKey(row) {
            blocks.append(.awaitsPolicyChange(awaits))
        }
        return blocks
    }

    /// A Certificate may name a command of the Repository or a Device: both of the trust set.
    private func awaitsForKey(_ row: SlotRow) -> String? {
        guard let spec = row.certificate?.spec else { return nil }
        if case .endpoint(let holder) = spec.privateKey, input.inForce.devices[holder] == nil {
            return "Device \(holder) is not in force yet"
        }
        let missing = spec.commands.first { input.inForce.repository?.spec.commands[$0] == nil }
        return missing.map { "command \(Shown.text($0)) of Repository is not in force yet" }
    }

    func certificateBlocks(_ draft: Draft, _ row: SlotRow, _ device: Device) -> [Block] {
        guard draft.action != .remove, let certificate = row.certificate else { return [] }
        guard let verdict = draft.verdict else {
            let file = Shown.text(certificate.spec.chain)
            return [
                Block(
                    .chainIncomplete,
                    "the chain of \(certificate.name) cannot be read; put PEM, leaf first, into \(file)")
            ]
        }
        var blocks = Block.ofCertificate(certificate, verdict: verdict, device: device, at: input.now)
        guard let leaf = verdict.leaf else { return blocks }
        if let revocation = input.history.revocation(of: leaf.fingerprint, under: row.sent?.chain ?? [], at: input.now),
            let block = Block.revoked(certificate.name, revocation)
        {
            blocks.append(block)
        }
        blocks += Block.ofKey(
            certificate, spki: leaf.spki, check: input.keyCheck(of: certificate.name, at: row.connector.name),
            isRestored: draft.action == .restore, device: device, zone: draft.standing.zone,
            observed: row.head?.observed, compromised: compromised,
            sealed: sealed(certificate, draft))
        return blocks
    }

    private func sealed(_ certificate: Certificate, _ draft: Draft) -> SealedFor {
        guard case .encrypted(let path) = certificate.spec.privateKey else { return SealedFor() }
        return SealedFor(path, zone: draft.standing.zone, input: input)
    }

    private mutating func worldBlocks(
        _ draft: Draft, _ row: SlotRow, _ device: Device, judgement: Judgement, outcome: Outcome?
    ) -> [Block] {
        let view = ServedView(row.head?.served ?? [], declared: row.connector.spec.endpoints)
        var found: [Block?] = [
            Block.holdsOther(row.holding, judgement: judgement),
            Block.candidateRefused(outcome, token: input.history.tokens[device.name]),
        ]
        if let policy = draft.decision?.policy, !judgement.passesOver(.windows, policy.spec) {
            found.append(outsideWindow(policy))
        }
        guard draft.action != .remove else { return found.compactMap(\.self) }
        found.append(Block.ofEndpoints(row.connector, device: device, rules: draft.standing.rules, view: view))
        found.append(Block.endpointDown(view, isExcused: isExcused(draft, row), judgement: judgement))
        if let certificate = row.certificate, let leaf = draft.installed {
            let served = namesServed(draft, row, view)
            found += Block.ofNames(certificate, connector: row.connector, leaf: leaf, served: served).map { $0 }
        }
        return found.compactMap(\.self)
    }

    private mutating func outsideWindow(_ policy: ApprovalPolicy) -> Block? {
        guard policy.spec.hasClosedTimes else { return nil }
        let edges = windows[policy.name] ?? PolicyWindows(policy.spec, around: input.now)
        windows[policy.name] = edges
        return Block.outsideWindow(policy, edges, at: input.now)
    }

    /// An endpoint may well be down where there is nothing yet to serve, or nothing that can be served.
    private func isExcused(_ draft: Draft, _ row: SlotRow) -> Bool {
        guard row.holding != .nothing else { return true }
        guard let held = draft.held else { return false }
        return held.notAfter <= input.now || row.head?.observed?.key != held.spki
            || input.history.revocations[held.fingerprint]?.isRevoked ?? false
    }

    /// DNS names that are served from this slot today. A leaf that answers there and never was in this slot is another
    /// slot's (a default server's): it goes on being served.
    private mutating func namesServed(_ draft: Draft, _ row: SlotRow, _ view: ServedView) -> [String] {
        guard let head = row.head else { return [] }
        let held = row.holding.leaf
        let ours = Set([held, head.lastVerified, head.lastCompleted?.leaf].compactMap(\.self))
        var leaves = Set(view.served.compactMap(\.leaf)).intersection(ours)
        // Not everything answered: what lies there may be served where nobody could look.
        if let held, view.served.isEmpty || !view.failed.isEmpty || !view.unasked.isEmpty { leaves.insert(held) }
        return leaves.sorted().flatMap { shelf.facts($0)?.dnsNames ?? [] }
    }
}
