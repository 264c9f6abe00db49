// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Declarations
internal import Git
internal import Planning
internal import Vocabulary

/// A change of the trust set is signed like a work order, at the one level that it has, by the people of the set in force.
extension ApproveOperation {
    /// - Throws: `MixedIDs` where a policy change is named beside something else: one record is about one kind of thing.
    func namesPolicyChange(_ wish: Wish, _ open: PendingPolicyChange?) throws(UserError) -> Bool {
        let named = wish.ids.filter { $0.uppercased().hasPrefix("POL-") || open?.digest.description == $0 }
        guard !named.isEmpty else { return false }
        guard wish.ids.count == 1 else {
            throw UserError(
                "MixedIDs", "a policy change is signed alone, in a record of its own",
                hint: "countersign \(wish.verb.rawValue) \(named[0])")
        }
        return true
    }

    func prepare(
        _ wish: Wish, _ open: PendingPolicyChange?, in derivation: Derivation, _ plan: Plan, _ view: Viewpoint,
        on parent: ObjectID,
        now: Timestamp
    ) async throws(UserError) -> Prepared {
        guard wish.verb != .halt, wish.verb != .resume else {
            throw UserError(
                "NotAWorkOrder", "a policy change is not pushed in waves: there is nothing to \(wish.verb.rawValue)",
                hint: "countersign reject \(wish.ids[0])")
        }
        let change = try find(wish, open)
        let signer = try await Signer.current(site, trust: view.trust.set)
        if wish.verb.decision == .approve, case .blocked(let block) = change.state {
            throw UserError(
                block.code.rawValue, "\(change.digest.id) cannot be approved: \(block.message)",
                hint: "countersign explain \(change.digest.id)")
        }
        let level = ApprovalPolicySpec.policyChangeLevelName
        if let named = wish.level, named != level {
            throw UserError(
                "UnknownLevel", "a policy change has no level \"\(Shown.text(named))\"", hint: "its level: \(level)")
        }
        let verb = wish.verb.rawValue.prefix(1).uppercased() + wish.verb.rawValue.dropFirst()
        let record = ApprovalRecord(
            repository: view.trust.set.repository?.spec.id ?? "", level: level, decision: wish.verb.decision,
            subject: .policyChange(change.digest), implementation: wish.implementation,
            acknowledgements: wish.acknowledgements, title: "\(verb) policy change \(change.digest.id)",
            comment: wish.comment,
            tree: try explained { () throws(GitError) in try site.git.commit(parent).tree }, parent: parent,
            committed: now)
        var trial = derivation
        let nobody = try trial.add(record, by: signer)
        if let refused = trial.policyChange(now: now)?.judgement?.refused.first(where: { $0.commit == nobody }) {
            throw UserError(
                refused.refusal.code.rawValue,
                "your signature on \(change.digest.id) would not count: \(refused.refusal.message)",
                hint: "countersign explain \(change.digest.id)")
        }
        let branch = view.trust.set.repository?.spec.branch ?? "main"
        var prepared = Prepared(
            signer: signer, record: record, orders: [], folder: change.digest.id,
            report: PlanReport(derivation, view, refName: site.options.ref ?? branch, plan: plan, now: now),
            goodUntil: wish.verb.decision == .approve ? change.expiresAfter.map { now + $0 } : nil,
            lastCompleted: [:], openpgp: KeyRing(of: view.trust.set).openpgp)
        prepared.policyChange = change
        return prepared
    }

    private func find(_ wish: Wish, _ open: PendingPolicyChange?) throws(UserError) -> PendingPolicyChange {
        let id = wish.ids[0]
        if wish.unattended, !id.hasPrefix("sha256:") {
            throw UserError(
                "FullDigestNeeded", "with --yes only full digests are signed, not \"\(Shown.text(id))\"",
                hint: "countersign plan --verbose shows them")
        }
        guard let open else {
            throw UserError(
                "UnknownID", "no policy change is open: what is declared is the trust set in force",
                hint: "countersign plan shows what is open")
        }
        let prefix = id.uppercased()
        guard open.digest.description == id || prefix.count > 4 && open.digest.id.hasPrefix(prefix) else {
            throw UserError(
                "UnknownID", "no open policy change is \"\(Shown.text(id))\"", hint: "the open one is \(open.digest.id)"
            )
        }
        return open
    }
}

extension Derivation {
    /// As if the record lay there already; nil commit: by which it is known in what comes of it.
    mutating func add(_ record: ApprovalRecord, by signer: Signer) throws(UserError) -> ObjectID {
        guard let nobody = ObjectID(bytes: [UInt8](repeating: 0xff, count: 20)) else {
            throw UserError("Internal", "no object id of 20 bytes")
        }
        approvals.records.append(
            SeenRecord(
                signed: SignedRecord(
                    key: RecordKey(hashing: Array("trial".utf8)), commit: nobody, record: record, signingKey: signer.key
                ),
                firstSeen: nil))
        return nobody
    }
}
