// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Commits
internal import Declarations
internal import PKI
internal import Planning
internal import StatusBranch
internal import Vocabulary

/// Whether people allowed one work order: everything derived again from what they signed, the set in force when its push began,
/// and the history of what was asked for.
struct PushCheck {
    let told: Replay.Told
    let zone: ZoneName
    let timeline: TrustTimeline
    let shelf: RecordShelf
    let loader: TreeLoader
    /// Certificates that the line keeps.
    let leaves: [Fingerprint: [UInt8]]

    private var order: ArchivedWorkOrder { told.order }
    /// The moment at which its records had to count.
    private let moment: Timestamp

    init(
        told: Replay.Told, zone: ZoneName, timeline: TrustTimeline, shelf: RecordShelf, loader: TreeLoader,
        leaves: [Fingerprint: [UInt8]]
    ) {
        (self.told, self.zone, self.timeline, self.shelf, self.loader) = (told, zone, timeline, shelf, loader)
        self.leaves = leaves
        let began = told.order.began ?? told.order.at
        // A reconciler goes on where its clock was set back a little: what it says it used, it had seen.
        let seen = told.order.records.compactMap { shelf.records[$0]?.seen.firstSeen }.max() ?? began
        moment = seen > began && seen <= began + RecordReader.clockSkew ? seen : began
    }

    /// - Parameter used: which records were good for which work order already.
    func run(_ askers: inout Askers, used: inout [RecordKey: Set<WorkOrderDigest>]) -> AuditedPush {
        var push = told.push
        push.reasons += claims(&used)
        guard let content = told.content else { return push }
        let inForce = timeline.inForce(at: moment).set
        push.reasons += standing(content, inForce)
        guard let name = content.policy, let policy = inForce.policies[name] else { return push }
        guard askers.isOnBranch(order.tip), let tip = try? loader.load(order.tip), tip.isValid,
            let requesters = try? askers.asking(
                for: Origin.sources(of: content, in: tip, after: told.after), after: told.after, inForce: inForce,
                through: tip)
        else {
            push.reasons.append(
                Finding(
                    .tipUnknown, at: order.tip.hex,
                    "it was derived from a commit that is not on the branch in force here, or is not valid: who asked for it cannot be told"
                ))
            return push
        }
        push.reasons += Origin(content: content, tip: tip, inForce: inForce).differences
        if let device = inForce.devices[content.device], let other = outranking(name, content, device, inForce, tip) {
            push.reasons.append(
                Finding(
                    .policyOutranked,
                    "policy \(other) has a higher priority and matches; policy \(name) was signed under"))
        }
        push.requesters = requesters
        judge(&push, content, policy.spec, inForce: inForce, tip: tip)
        return push
    }

    private func outranking(
        _ name: PolicyName, _ content: SignedContent, _ device: Device, _ inForce: TrustSet, _ tip: LoadedTree
    ) -> PolicyName? {
        let der = content.installs.flatMap { tip.certificates[$0.leaf] }
        let names = der.flatMap { try? CertificateFacts(der: $0) }?.dnsNames ?? []
        return Outranking.policy(
            above: name, in: inForce, at: content.connector, on: device, action: content.action, names: names)
    }

    private func judge(
        _ push: inout AuditedPush, _ content: SignedContent, _ policy: ApprovalPolicySpec, inForce: TrustSet,
        tip: LoadedTree
    ) {
        let judge = Judge(inForce: inForce, tip: tip.trust, now: moment)
        let records = shelf.records(on: .workOrder(order.digest), by: moment)
        var subject = ApprovalCase.workOrder(order.digest, under: policy, requesters: push.requesters)
        var judgement = judge.judgement(on: subject, records: RecordIndex(records))
        if !judgement.isComplete, !order.standing.isEmpty {
            let rule = StandingRule(inForce: inForce, tip: tip.trust, now: moment)
            let facts = StandingOrigin(
                content: content, told: told, tip: tip, inForce: inForce, loader: loader, leaves: leaves
            )
            .facts(push.requesters, rule)
            push.reasons += standing(rule, facts)
            let others = Set(rule.approvals.map(\.name)).subtracting(order.standing)
            if let found = rule.standing(for: facts, levels: policy.levels.map(\.name), leavingOut: others) {
                (subject.standing, subject.standsUntil) = (found.levels, found.until)
                judgement = judge.judgement(on: subject, records: RecordIndex(records))
            }
        }
        (push.levels, push.refused) = (judgement.levels, judgement.refused)
        if let unknown = push.requesters.unknown, policy.separation.unknownRequester == .block {
            push.reasons.append(
                Finding(
                    .unknownRequester, at: unknown.commit.hex,
                    "commit \(unknown.commit.short) on \(unknown.what) is not signed by anybody who is declared"))
        }
        if let emergency = judgement.emergency, judgement.isEmergency { push.levels.append(emergency) }
        for level in judgement.levels where !level.isComplete && !judgement.isEmergency {
            push.reasons.append(
                Finding(
                    .notApproved,
                    "level \(level.name) has \(level.given.count) of \(level.needed) signatures that count"))
        }
        if judgement.levels.isEmpty { push.reasons.append(Finding(.notApproved, "its policy has no levels")) }
        if !judgement.isComplete {
            for refused in judgement.refused {
                push.reasons.append(
                    Finding(
                        .refused, at: refused.commit.hex, "\(refused.refusal.code.rawValue): \(refused.refusal.message)"
                    ))
            }
        }
        switch judgement.tombstone {
        case .rejected(let person, let commit, _):
            push.reasons.append(Finding(.withdrawn, at: commit.hex, "\(person) had rejected it before"))
        case .cancelled(let person, let commit, _):
            push.reasons.append(Finding(.withdrawn, at: commit.hex, "\(person) had cancelled it before"))
        case nil: break
        }
        if let word = judgement.word, word.isHalt, !judgement.passesOver(.waves, policy) {
            push.reasons.append(Finding(.withdrawn, at: word.commit.hex, "\(word.person) had halted it before"))
        }
        if judgement.isComplete, let window = judgement.window, !window.contains(moment) {
            push.reasons.append(
                Finding(.outsideWindow, "it began at \(moment), and was allowed from \(window.start) to \(window.end)"))
        }
        for given in judgement.counted {
            if let doubt = shelf.records[given.record]?.doubt { push.reasons.append(doubt) }
        }
    }

    /// Of those that are said to have stood for people: why one did not.
    private func standing(_ rule: StandingRule, _ facts: StandingFacts) -> [Finding] {
        order.standing.flatMap { name -> [Finding] in
            guard let approval = rule.approvals.first(where: { $0.name == name }) else {
                return [Finding(.notApproved, "standing approval \(name) was not in force when it began")]
            }
            return rule.objections(to: approval, facts).map {
                Finding(.notApproved, "standing approval \(name) did not stand: \($0.message)")
            }
        }
    }

    /// What the archive says it was done by.
    private func claims(_ used: inout [RecordKey: Set<WorkOrderDigest>]) -> [Finding] {
        var findings: [Finding] = []
        for key in order.records {
            let path = StatusPath.evidence(key)
            if !used[key, default: []].insert(order.digest).inserted {
                findings.append(Finding(.recordReused, at: path, "it was used for this work order once before"))
            }
            guard let record = shelf.records[key] else {
                findings.append(
                    Finding(.evidenceMissing, at: path, "there is no good evidence of a record that it was done by"))
                continue
            }
            if !record.seen.signed.record.subjects.contains(.workOrder(order.digest)) {
                findings.append(Finding(.recordNotForThis, at: path, "the record does not name this work order"))
            }
        }
        return findings
    }

    /// Against the trust set in force then.
    private func standing(_ content: SignedContent, _ inForce: TrustSet) -> [Finding] {
        var findings: [Finding] = []
        if content.repository != inForce.repository?.spec.id {
            findings.append(Finding(.wrongRepository, "it was signed for repository \(content.repository)"))
        }
        let policy = content.policy.flatMap { inForce.policies[$0] }
        if policy == nil || content.document["policy"]?["spec"]?.canonicalBytes != policy?.raw.canonicalBytes {
            findings.append(
                Finding(
                    .policyNotInForce,
                    "the policy in it, \(content.policy?.text ?? "none"), is not the one in force when it began (\(inForce.digest))"
                ))
        }
        let device = inForce.devices[content.device]
        if device == nil || content.document["device"]?["spec"]?.canonicalBytes != device?.raw.canonicalBytes {
            findings.append(
                Finding(.deviceNotInForce, "device \(content.device) in it is not as it was in force when it began"))
        } else if device?.spec.zone != zone {
            findings.append(Finding(.deviceNotInForce, "device \(content.device) was not in zone \(zone)"))
        }
        return findings
    }
}

/// The content of a work order against the commit that it is said to be derived from: who asked is told from that commit's
/// history, so it must be the one.
struct Origin {
    let content: SignedContent
    let tip: LoadedTree
    let inForce: TrustSet

    var differences: [Finding] {
        var what: [String] = []
        let connector = tip.set.connectors[content.connector]
        if connector == nil || connector?.raw.canonicalBytes != content.document["connector"]?["spec"]?.canonicalBytes
            || connector?.pushNumber != content.connectorPush
        {
            what.append("connector \(content.connector)")
        }
        if let asked = content.binding {
            let binding = tip.set.bindings[asked.name]
            if binding == nil || binding?.pushNumber != asked.push || binding?.spec.certificate != content.certificate
                || binding?.raw["rollout"]?.canonicalBytes != asked.rollout?.canonicalBytes
            {
                what.append("binding \(asked.name)")
            }
        }
        if let installs = content.installs {
            let certificate = content.certificate.flatMap { tip.set.certificates[$0] }
            let chain = certificate.flatMap { tip.chains[$0.spec.chain] }
            if chain != SentChain(leaf: installs.leaf, chain: installs.chain)
                || certificate?.raw["privateKey"]?.canonicalBytes
                    != content.document["installs"]?["key"]?.canonicalBytes
            {
                what.append("certificate \(content.certificate?.text ?? "without a name")")
            }
        }
        for (path, digest) in (content.document["files"]?.object?.members ?? []).map({ ($0.key, $0.value.string) }) {
            let held = inForce.files[path]?.hex ?? tip.set.files[path]?.digest.hex
            if held != digest { what.append(path) }
        }
        return what.map {
            Finding(.notFromTip, at: tip.commit.hex, "\($0) in it is not as commit \(tip.commit.short) declares it")
        }
    }

    /// A removal is made from what is no longer there: who took it away asked for it.
    static func sources(
        of content: SignedContent, in tip: LoadedTree, after last: SlotHead.CompletedWorkOrder?
    ) -> RequesterTable.Sources {
        let former = content.action == .remove ? last : nil
        let name = content.certificate ?? former?.certificate
        var files: [String] = []
        if let certificate = name.flatMap({ tip.set.certificates[$0] }) {
            files.append(certificate.spec.chain)
            if case .encrypted(let path) = certificate.spec.privateKey { files.append(path) }
        }
        return RequesterTable.Sources(
            certificate: name, binding: content.binding?.name ?? former?.binding, connector: content.connector,
            files: files)
    }
}
