// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Approvals
internal import Declarations
internal import Git
package import Planning
internal import Signatures
package import Vocabulary

/// `approve`, `implement`, `reject`, `revoke`, `cancel`, `halt`, `resume`: derives, shows, signs, pushes. It believes nothing that it was told:
/// what is signed is the digest that this very host derived.
package struct ApproveOperation: Sendable {
    package struct Wish: Sendable {
        package enum Verb: String, Sendable, CaseIterable { case approve, implement, reject, revoke, cancel, halt, resume }
        package var verb: Verb
        package var ids: [String]
        package var level: String?
        package var implementation: ApprovalRecord.Implementation
        package var acknowledgements: [ApprovalRecord.Acknowledgement] = []
        package var comment: String = ""
        /// Only full digests name what is signed: nobody looks at what is shown.
        package var unattended: Bool = false
        /// By the policy's emergency quorum in place of its levels.
        package var isEmergency = false

        package init(verb: Verb, ids: [String], implementation: ApprovalRecord.Implementation = .manual) {
            (self.verb, self.ids, self.implementation) = (verb, ids, implementation)
        }
    }

    /// What is about to be signed, in full.
    package struct Prepared: Sendable {
        package var signer: Signer
        package var record: ApprovalRecord
        package var orders: [WorkOrder]
        /// The branch below `approvals/` that the record will have.
        package var folder: String
        package var report: PlanReport
        package var goodUntil: Timestamp?
        /// What the slots of these orders completed last.
        let lastCompleted: [WorkOrderDigest: WorkOrderDigest]
        /// What an OpenPGP signature is read back with.
        let openpgp: OpenPGPKeys
        /// What is signed in place of work orders.
        package var policyChange: PendingPolicyChange?
    }

    package struct Signed: Sendable {
        package var commit: ObjectID
        package var branch: String
        package var pushed: Bool
        /// What the work orders' states are with it, as this host derives them.
        package var states: [(id: String, state: WorkOrderState)]
    }

    let site: Site
    let time: any TimeSource

    package init(site: Site, time: any TimeSource) { (self.site, self.time) = (site, time) }

    /// Derives from the given `--ref` and from the status branch, whose signature is checked. Reads no keys, runs no commands,
    /// contacts no device.
    ///
    /// - Throws: where the signature could not count, the refusal's own code with the reason.
    package func prepare(_ wish: Wish) async throws(UserError) -> Prepared {
        _ = try await site.fetch()
        let now = time.now
        let view = try await Viewpoint.open(site, own: false, now: now)
        guard case .statusBranch(let parent, _) = view.source else {
            throw UserError(
                "NoStatus",
                "zone \(view.zone) has no status branch yet: there is nothing that a signature could stand on",
                hint: "run on the gateway: countersign reconcile")
        }
        let asked = try site.options.ref.map { (ref) throws(UserError) in try site.commit(ref) }
        let derivation = try await view.derive(asked, now: now)
        if wish.verb.decision == .approve, derivation.approvals.records.contains(where: { $0.isRevocation(of: now) }) {
            // Of two records of one second nobody can tell which came later, and taking back wins: this one shall be later.
            try? await time.sleep(for: .seconds(1))
            if time.now > now { return try await prepare(wish) }
        }
        let plan = derivation.plan(now: now)
        let change = derivation.policyChange(now: now)
        if try namesPolicyChange(wish, change) {
            return try await prepare(wish, change, in: derivation, plan, view, on: parent, now: now)
        }
        let orders = try Selection(plan: plan, history: view.history, unattended: wish.unattended).orders(wish.ids)
        let signer = try await Signer.current(site, trust: view.trust.set)
        let level = try wish.isEmergency ? emergencyLevel(wish, orders, view.trust.set) : level(for: wish, orders)
        try refuseContentBlocks(wish, orders)
        try refuseClosedWindows(wish, orders, at: level, in: view.trust.set, now: now)
        let record = ApprovalRecord(
            repository: view.trust.set.repository?.spec.id ?? "", level: level, decision: wish.verb.decision,
            subject: .workOrders(orders.compactMap(\.digest)), implementation: wish.implementation,
            emergency: wish.isEmergency, acknowledgements: wish.acknowledgements,
            title: (wish.isEmergency ? "Emergency: " : "") + Self.title(wish.verb, orders), comment: wish.comment,
            tree: try explained { () throws(GitError) in try site.git.commit(parent).tree }, parent: parent,
            committed: now)
        try refuseWhatCannotCount(record, signer, derivation, orders, now: now)
        let branch = view.trust.set.repository?.spec.branch ?? "main"
        return Prepared(
            signer: signer, record: record, orders: orders, folder: Self.folder(orders),
            report: PlanReport(derivation, view, refName: site.options.ref ?? branch, plan: plan, now: now),
            goodUntil: goodUntil(wish, level, orders, view.trust.set, now: now),
            lastCompleted: Dictionary(
                orders.compactMap { order in
                    guard let digest = order.digest, let last = view.history.slots[order.slot]?.lastCompleted else {
                        return nil
                    }
                    return (digest, last.digest)
                }, uniquingKeysWith: { first, _ in first }),
            openpgp: KeyRing(of: view.trust.set).openpgp)
    }

    /// What is signed before the last level expires; from then on its own window governs. A window says itself when it ends.
    private func goodUntil(
        _ wish: Wish, _ level: String, _ orders: [WorkOrder], _ trust: TrustSet, now: Timestamp
    ) -> Timestamp? {
        guard wish.verb.decision == .approve else { return nil }
        let ends = orders.compactMap { order -> Timestamp? in
            guard let policy = order.policy.flatMap({ trust.policies[$0.name]?.spec }) else { return nil }
            guard wish.isEmergency || level == policy.levels.last?.name else { return now + policy.expiresAfter }
            return wish.implementation == .manual ? now + policy.attendedFor : nil
        }
        return ends.min()
    }

    /// Signs by the user's own git, reads back what was signed, compares, and pushes the ref.
    package func sign(_ prepared: Prepared, push: Bool) async throws(UserError) -> Signed {
        let message: String
        do throws(Refusal) { message = try RecordWriter.message(for: prepared.record) } catch { throw UserError(error) }
        let raw = try await explained { () async throws(GitError) in
            try await site.git.signCommit(
                tree: prepared.record.tree, parents: [prepared.record.parent], message: message)
        }
        let signed: SignedRecord
        switch RecordReader.read(commit: raw.id, raw: raw.bytes, openpgp: prepared.openpgp, now: time.now) {
        case .success(let read): signed = read
        case .failure(let refusal): throw UserError(refusal)
        }
        var expected = prepared.record
        expected.committed = signed.record.committed
        guard signed.record == expected else {
            throw UserError(
                "SignedOtherwise", "what git signed is not what was shown; nothing was pushed",
                hint: "something on this host changes commits (a wrapper around git, a clean-up of messages)")
        }
        guard signed.signingKey == prepared.signer.key || prepared.signer.others.contains(signed.signingKey) else {
            throw UserError(
                "SignedOtherwise", "git signed with another key than \(prepared.signer.shownKey); nothing was pushed")
        }
        let branch = try nextBranch(prepared)
        if push || !site.hasOrigin {
            try await explained { () async throws(GitError) in
                try await site.publish(raw.id, as: branch, expecting: nil)
            }
        } else {
            try explained { () throws(GitError) in
                try site.git.update("refs/heads/\(branch)", to: raw.id, expecting: nil)
            }
        }
        return Signed(
            commit: raw.id, branch: branch, pushed: push && site.hasOrigin, states: try await states(prepared))
    }

    /// As `status` would show them now: unseen records count as if they were seen now.
    private func states(_ prepared: Prepared) async throws(UserError) -> [(id: String, state: WorkOrderState)] {
        let now = time.now
        let view = try await Viewpoint.open(site, own: false, now: now)
        let asked = try site.options.ref.map { (ref) throws(UserError) in try site.commit(ref) }
        let derivation = try await view.derive(asked, now: now)
        if let signed = prepared.policyChange {
            let present = derivation.policyChange(now: now)
            return present?.digest == signed.digest ? [(signed.digest.id, present?.state ?? signed.state)] : []
        }
        let plan = derivation.plan(now: now)
        let wanted = Set(prepared.orders.compactMap(\.digest))
        return plan.workOrders.compactMap { order in
            guard let digest = order.digest, wanted.contains(digest) else { return nil }
            return (digest.id, order.state)
        }
    }

    /// Where every policy concerned has people for it, and the signer a reason.
    private func emergencyLevel(_ wish: Wish, _ orders: [WorkOrder], _ trust: TrustSet) throws(UserError) -> String {
        guard !wish.comment.isEmpty else {
            throw UserError(
                "ReasonMissing", "an emergency needs a reason, for whoever reviews it", hint: "give it with -m")
        }
        for order in orders {
            guard order.policy.flatMap({ trust.policies[$0.name]?.spec.emergency }) == nil else { continue }
            throw UserError(
                "UnknownLevel",
                "policy \(order.policy?.name.text ?? "none") has no emergency: \(order.connector) goes by its levels only",
                hint: "countersign explain \(order.digest?.id ?? order.connector.text)")
        }
        return ApprovalPolicySpec.emergencyLevelName
    }

    /// `approve` signs the lowest incomplete level but the last, `implement` the last; where there is one level, both sign that.
    private func level(for wish: Wish, _ orders: [WorkOrder]) throws(UserError) -> String {
        let levels = Set(try orders.map { (order) throws(UserError) in try level(for: wish, order) })
        guard levels.count == 1, let level = levels.first else {
            throw UserError(
                "DifferentLevels",
                "these work orders need different levels now: \(levels.sorted().joined(separator: ", "))",
                hint: "sign them one by one, or name one with --level")
        }
        return level
    }

    private func level(for wish: Wish, _ order: WorkOrder) throws(UserError) -> String {
        let levels = order.judgement.levels
        guard let last = levels.last else {
            throw UserError("NoApprover", "no policy matches \(order.connector): nobody can approve it")
        }
        if let named = wish.level {
            guard levels.contains(where: { $0.name == named }) else {
                throw UserError(
                    "UnknownLevel", "\(order.connector) has no level \"\(Shown.text(named))\"",
                    hint: "its levels: \(levels.map(\.name).joined(separator: ", "))")
            }
            return named
        }
        switch wish.verb {
        case .implement, .reject, .revoke, .cancel, .halt, .resume: return last.name
        case .approve:
            if levels.count == 1 { return last.name }
            guard let open = levels.dropLast().first(where: { !$0.isComplete }) else {
                throw UserError(
                    "LevelComplete", "\(order.digest?.id ?? order.connector.text) has all it needs but the last level",
                    hint: "countersign implement \(order.digest?.id ?? "")")
            }
            return open.name
        }
    }

    /// A content block is lifted by a commit, never by a signature.
    private func refuseContentBlocks(_ wish: Wish, _ orders: [WorkOrder]) throws(UserError) {
        guard wish.verb == .approve || wish.verb == .implement else { return }
        for order in orders {
            guard let block = order.blocks.first(where: \.code.isOfContent) else { continue }
            throw UserError(
                block.code.rawValue, "\(order.digest?.id ?? "") cannot be approved as it is: \(block.message)",
                hint: "countersign explain \(order.digest?.id ?? order.connector.text)")
        }
    }

    /// What can never be pushed is not signed.
    private func refuseClosedWindows(
        _ wish: Wish, _ orders: [WorkOrder], at level: String, in trust: TrustSet, now: Timestamp
    ) throws(UserError) {
        guard wish.verb.decision == .approve else { return }
        for order in orders {
            guard let policy = order.policy.flatMap({ trust.policies[$0.name] }),
                let closed = order.neverOpens(policy, for: wish.implementation, at: level, now: now)
            else { continue }
            throw UserError(
                closed.code.rawValue, "\(order.digest?.id ?? order.connector.text): \(closed.message)",
                hint: "countersign explain \(order.digest?.id ?? order.connector.text)")
        }
    }

    /// Counts the record as if it lay there already, and says why it would not count.
    private func refuseWhatCannotCount(
        _ record: ApprovalRecord, _ signer: Signer, _ derivation: Derivation, _ orders: [WorkOrder], now: Timestamp
    ) throws(UserError) {
        // Last among what nobody has seen yet: of two records of one pass the lower commit id is taken first.
        let nobody = ObjectID(bytes: [UInt8](repeating: 0xff, count: 20))
        guard let nobody else { return }
        var trial = derivation
        trial.approvals.records.append(
            SeenRecord(
                signed: SignedRecord(
                    key: RecordKey(hashing: Array("trial".utf8)), commit: nobody, record: record, signingKey: signer.key
                ),
                firstSeen: nil))
        let wanted = Set(orders.compactMap(\.digest))
        let tried = trial.plan(now: now)
        for order in tried.workOrders {
            guard let digest = order.digest, wanted.contains(digest),
                let refused = order.judgement.refused.first(where: { $0.commit == nobody })
            else { continue }
            throw UserError(
                refused.refusal.code.rawValue,
                "your signature on \(digest.id) would not count: \(refused.refusal.message)",
                hint: "countersign explain \(digest.id)")
        }
    }

    private static func title(_ verb: Wish.Verb, _ orders: [WorkOrder]) -> String {
        let word = verb.rawValue.prefix(1).uppercased() + verb.rawValue.dropFirst()
        guard orders.count == 1, let order = orders.first else { return "\(word) \(orders.count) work orders" }
        return "\(word) \(order.certificate.map { "\($0) on " } ?? "")\(order.connector)"
    }

    private static func folder(_ orders: [WorkOrder]) -> String {
        if orders.count > 1, let request = orders.first?.request, orders.allSatisfy({ $0.request == request }) {
            return request.id
        }
        return orders.first?.digest?.id ?? "WO"
    }

    /// `approvals/<ID>/<person>-<n>`, the first that is free.
    private func nextBranch(_ prepared: Prepared) throws(UserError) -> String {
        let folder = "approvals/\(prepared.folder)/\(prepared.signer.person)-"
        for number in 1...10_000 {
            let branch = folder + String(number)
            let isTaken = try explained { () throws(GitError) in
                if try site.git.reference(site.heads + branch) != nil { return true }
                return try site.git.reference("refs/heads/" + branch) != nil
            }
            if !isTaken { return branch }
        }
        throw UserError("TooManyRecords", "there are 10,000 records of \(prepared.signer.person) on \(prepared.folder)")
    }
}

extension ApproveOperation.Wish.Verb {
    package var decision: ApprovalRecord.Decision {
        switch self {
        case .approve, .implement: .approve
        case .reject: .reject
        case .revoke: .revoke
        case .cancel: .cancel
        case .halt: .halt
        case .resume: .resume
        }
    }
}

extension SeenRecord {
    /// Whether it takes back what is signed in this very second.
    fileprivate func isRevocation(of second: Timestamp) -> Bool {
        let record = signed.record
        return record.decision == .revoke && max(record.committed, firstSeen ?? record.committed) == second
    }
}

extension UserError {
    package init(_ refusal: Refusal) { self.init(refusal.code.rawValue, refusal.message) }
}
