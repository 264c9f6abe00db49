// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Approvals
internal import Git
package import Planning
internal import Signatures
package import Vocabulary

/// One commit of a status branch as it came to lie there, by first parents. Who signed it is said, not believed.
package struct StatusStep: Hashable, Sendable {
    package var commit: ObjectID
    package var tree: ObjectID
    /// nil where the commit does not say when it was made.
    package var committed: Timestamp?
    /// The identity of the key whose signature holds; nil where there is none, or it is not as a recorder writes it.
    package var signer: String?
    /// Why there is no signer.
    package var refusal: String?
}

/// What one status commit says otherwise than the one before it, as far as an audit asks.
package struct StatusDelta: Sendable {
    package var head: StatusHead?
    package var slots: [PublishedSlot] = []
    /// Work orders that ended, or ended otherwise than was said before.
    package var ended: [ArchivedWorkOrder] = []
    package var evidence: [Evidence] = []
    package var requesterCommits: [Evidence.Commit] = []
    package var leaves: [LeafEvidence] = []
    package var policyChanges: [PolicyChangeEvidence] = []
    /// What is kept for ever and was changed or taken away: paths.
    package var withdrawn: [String] = []
    /// What cannot be read.
    package var damaged: [StatusError] = []

    package init() {}
}

/// `status.json`, as far as an audit asks.
package struct StatusHead: Hashable, Sendable {
    package var repository: String
    package var zone: ZoneName
    package var epoch: Epoch?
    package var trustSet: History.AcceptedTrustSet?
    package var beginning: History.Beginning?
    package var tenures: [DeviceName: Tenure]

    init(_ form: HeadForm) {
        tenures = form.tenures
        (repository, zone, epoch) = (form.repository, form.zone, form.epoch)
        (trustSet, beginning) = (form.trustSet, form.beginning)
    }
}

/// What a connector's file says of its slot.
package struct PublishedSlot: Hashable, Sendable {
    package var slot: SlotKey
    package var connector: ConnectorName?
    package var certificate: CertificateName?
    package var sequence: Int64
    /// nil where nobody has looked, in this epoch.
    package var observed: Holding?
}

/// A work order with an outcome, as the archive keeps it.
package struct ArchivedWorkOrder: Hashable, Sendable {
    package var digest: WorkOrderDigest
    /// Canonical bytes of the content document that lies beside it.
    package var content: [UInt8]
    package var connector: ConnectorName
    package var slot: SlotKey
    /// CamelCase: `Completed`, `RolledBack` …
    package var state: String
    package var message: String?
    package var records: [RecordKey]
    package var replaces: Holding
    /// The slot's sequence after it.
    package var sequence: Int64
    package var tip: ObjectID
    package var at: Timestamp
    /// When its push began; nil for one that touched no device.
    package var began: Timestamp?
    /// What is said to have stood for people.
    package var standing: [StandingApprovalName] = []
}

extension StatusReader {
    /// The commits from `tip` back by first parents, oldest first, whoever signed them.
    ///
    /// - Throws: `damaged` for more than `limit` of them, `git` where one is missing.
    package func steps(to tip: ObjectID, limit: Int = 1_000_000) throws(StatusError) -> [StatusStep] {
        var steps: [StatusStep] = []
        var next: ObjectID? = tip
        while let commit = next {
            guard steps.count < limit else {
                throw StatusError(.damaged, tip.hex, "it has more than \(limit) commits behind it")
            }
            let raw: RawCommit
            do { raw = try repository.commit(commit) } catch { throw StatusError(error, commit.hex) }
            let signer = try commits.signer(of: commit)
            let committer = (try? CommitObject(parsing: raw.bytes))?.committer
            steps.append(
                StatusStep(
                    commit: commit, tree: raw.tree, committed: committer?.time, signer: signer,
                    refusal: signer == nil ? try commits.refusal(of: commit) : nil))
            next = raw.parents.first
        }
        return steps.reversed()
    }

    /// - Parameter old: the tree before it; nil for the first.
    /// - Throws: `git`. What the files say wrongly is in `damaged`.
    package func delta(from old: ObjectID?, to new: ObjectID) throws(StatusError) -> StatusDelta {
        do throws(GitError) {
            let changes = try repository.changes(from: old, to: new)
            var delta = StatusDelta()
            let present = changes.filter { $0.new?.mode == .file && Self.isAudited($0.path) }
            let contents = try repository.blobs(present.compactMap { $0.new?.id }, limit: 4 << 20)
            for change in changes where change.old != nil && Self.isKept(change.path) {
                guard try !isSuccession(change, present, contents) else { continue }
                delta.withdrawn.append(change.path)
            }
            for (change, content) in zip(present, contents) {
                do throws(StatusError) {
                    guard case .bytes(let bytes) = content else {
                        throw StatusError(.damaged, change.path, "it is too large")
                    }
                    try delta.read(change.path, bytes)
                } catch {
                    delta.damaged.append(error)
                }
            }
            return delta
        } catch {
            throw StatusError(error, new.hex)
        }
    }

    /// What the connectors' files of one status commit say of their slots.
    ///
    /// What cannot be read is passed over: `delta` has told of it.
    ///
    /// - Throws: `git`.
    package func slots(of tree: ObjectID) throws(StatusError) -> [PublishedSlot] {
        var files: [(path: String, id: ObjectID)] = []
        let contents: [BlobContent]
        do throws(GitError) {
            for folder in [StatusPath.connectors, StatusPath.slots] {
                guard let entry = try repository.entry(folder, of: tree), entry.mode == .tree else { continue }
                files += try repository.files(of: entry.id).filter { $0.mode == .file }.map {
                    (folder + "/" + $0.path, $0.id)
                }
            }
            contents = try repository.blobs(files.map(\.id), limit: 4 << 20)
        } catch {
            throw StatusError(error, tree.hex)
        }
        return zip(files, contents).compactMap { file, content in
            guard case .bytes(let bytes) = content, let document = try? Document(parsing: bytes, path: file.path) else {
                return nil
            }
            return try? PublishedSlot(document)
        }
    }

    private static func isKept(_ path: String) -> Bool {
        path.hasPrefix(StatusPath.evidence + "/") || path.hasPrefix(StatusPath.archive + "/")
    }

    private static func isAudited(_ path: String) -> Bool {
        isKept(path) || path == StatusPath.head || path.hasPrefix(StatusPath.connectors + "/")
            || path.hasPrefix(StatusPath.slots + "/")
    }

    /// Whether an archived file may become this: what was superseded can be done after all, and what could not be undone or
    /// seen can be undone later. Nothing else of the archive changes, and nothing of the evidence.
    private func isSuccession(
        _ change: ChangedFile, _ present: [ChangedFile], _ contents: [BlobContent]
    ) throws(GitError) -> Bool {
        guard change.path.hasPrefix(StatusPath.archive + "/"), let old = change.old,
            let index = present.firstIndex(where: { $0.path == change.path }), case .bytes(let after) = contents[index],
            case .bytes(let before)? = try repository.blobs([old.id], limit: 4 << 20).first,
            let was = (try? JSONValue(parsing: before)), let now = (try? JSONValue(parsing: after)),
            was["digest"] == now["digest"]
        else { return false }
        return switch (was["state"]?.string, now["state"]?.string) {
        case ("Superseded", _): true
        case ("RollbackFailed", "RolledBack"): was["records"] == now["records"] && was["content"] == now["content"]
        default: false
        }
    }
}

extension StatusDelta {
    fileprivate mutating func read(_ path: String, _ bytes: [UInt8]) throws(StatusError) {
        let document = try Document(parsing: bytes, path: path)
        switch path.split(separator: "/").first.map(String.init) {
        case StatusPath.head:
            head = StatusHead(try HeadForm(document))
        case StatusPath.connectors, StatusPath.slots: slots.append(try PublishedSlot(document))
        case StatusPath.archive:
            guard document.value["state"]?.string != "Superseded" else { return }
            let order = try ArchivedWorkOrder(document)
            guard path == StatusPath.archived(order.digest, at: order.at) else {
                throw StatusError(.damaged, path, "it is not where a work order of this digest and time belongs")
            }
            ended.append(order)
        case StatusPath.evidence: try readEvidence(path, document)
        default: break
        }
    }

    private mutating func readEvidence(_ path: String, _ document: Document) throws(StatusError) {
        if path.hasPrefix(StatusPath.requesters + "/") {
            requesterCommits.append(try EvidenceForm.requesterCommit(document))
        } else if path.hasPrefix(StatusPath.policyChanges + "/") {
            // How a set came into force is told by status.json, step by step; this is for those who read one commit only.
            let change = try EvidenceForm.policyChange(document)
            guard path == StatusPath.policyChange(change.digest) else {
                throw StatusError(.damaged, path, "it is not where a policy change of this digest belongs")
            }
            policyChanges.append(change)
        } else if path.hasPrefix(StatusPath.leaves + "/") {
            leaves.append(try EvidenceForm.leaf(document))
        } else {
            let found = try EvidenceForm.evidence(document)
            guard path == StatusPath.evidence(found.record) else {
                throw StatusError(.damaged, path, "it is not where evidence of this record belongs")
            }
            evidence.append(found)
        }
    }
}

extension PublishedSlot {
    fileprivate init(_ document: Document) throws(StatusError) {
        let (slot, head, epoch) = try ConnectorForm.head(document)
        self.init(
            slot: slot,
            connector: try document.optional("connector") { (key) throws(StatusError) in try document.name(key) },
            certificate: try document.optional("certificate") { (key) throws(StatusError) in try document.name(key) },
            sequence: head.sequence, observed: epoch == nil ? nil : head.observed?.holding)
    }
}

extension ArchivedWorkOrder {
    fileprivate init(_ document: Document) throws(StatusError) {
        try document.requireFormat(WorkOrderForm.format)
        guard let digest = WorkOrderDigest(text: try document.text("digest")) else { throw document.damaged("digest") }
        self.init(
            digest: digest, content: try document.object("content").value.canonicalBytes,
            connector: try document.name("connector"),
            slot: SlotKey(device: try document.name("device"), path: try document.text("slot")),
            state: try document.text("state"),
            message: try document.optional("message") { (key) throws(StatusError) in try document.text(key) },
            records: try document.digests("records"), replaces: try Holding(try document.object("replaces")),
            sequence: try document.integer("sequence"), tip: try document.object("tip"), at: try document.time("at"),
            began: try document.optional("began") { (key) throws(StatusError) in try document.time(key) })
        guard document.value["standing"] != nil else { return }
        guard let names = document.value["standing"]?.array?.map({ $0.string.flatMap { StandingApprovalName($0) } }),
            names.allSatisfy({ $0 != nil })
        else { throw document.damaged("standing") }
        standing = names.compactMap(\.self)
    }
}
