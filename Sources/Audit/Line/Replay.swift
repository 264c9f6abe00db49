// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Commits
internal import Declarations
internal import Git
internal import Planning
internal import Signatures
internal import StatusBranch
internal import Vocabulary

/// One zone's status branch, told from its beginning: what it says is put together, and what does not fit is found. Whether
/// people allowed it is asked afterwards, when all of it is known.
struct Replay {
    /// A work order of the line with what is needed to judge it.
    struct Told {
        var push: AuditedPush
        var order: ArchivedWorkOrder
        var content: SignedContent?
        /// The slot's last completed one before it: who asked is counted after that.
        var after: SlotHead.CompletedWorkOrder?
        /// The slot before it.
        var head: SlotHead
    }
    /// A record's evidence and the status commit that brought it.
    struct Kept {
        var evidence: Evidence
        /// Why its first-seen time is not believed.
        var doubt: Finding?
    }

    /// A device that a zone gave away, and when.
    struct Release: Hashable {
        var zone: ZoneName
        var device: DeviceName
        var at: Timestamp
    }

    let zone: ZoneName
    let loader: TreeLoader
    private(set) var timeline: TrustTimeline
    private(set) var told: [Told] = []
    private(set) var books: [SlotKey: SlotBook] = [:]
    private(set) var kept: [RecordKey: Kept] = [:]
    /// Certificates that the line keeps, each under its own hash.
    private(set) var leaves: [Fingerprint: [UInt8]] = [:]
    private(set) var findings: [Finding] = []
    private(set) var notices: [String] = []
    private(set) var believed: StatusStep?
    private(set) var commits = 0
    /// Devices that have changed their zone, as the line told of them last.
    private(set) var tenures: [DeviceName: Tenure] = [:]
    /// How the slots stood that were given away: from there another line goes on.
    private(set) var releases: [Release: [SlotKey: SlotBook]] = [:]
    /// Whether the line is told to its end.
    private(set) var isDone = false
    private var waiting: ArraySlice<StatusStep> = []
    private var held: (StatusStep, StatusDelta)?
    private let root: TrustTimeline
    private var hasRestarted = false
    private var epoch: Epoch?
    private var latestSeen: Timestamp?
    private var places: [WorkOrderDigest: Int] = [:]

    /// - Parameter root: the sets up to the one that it begins with; the first is the one that is trusted.
    init(
        _ zone: ZoneName, _ loader: TreeLoader, _ root: TrustTimeline, upTo tip: ObjectID, _ reader: StatusReader
    ) throws(AuditError) {
        (self.zone, self.loader, self.root, timeline) = (zone, loader, root, root)
        do throws(StatusError) { waiting = try reader.steps(to: tip)[...] } catch { throw AuditError(error) }
    }

    /// Goes on to the end, or to where a device is taken over from a zone whose line has not told yet that it gave it away.
    ///
    /// - Parameters:
    ///   - released: what all lines have told of that so far.
    ///   - waits: false: none of them will tell any more.
    mutating func run(
        _ reader: StatusReader, released: [Release: [SlotKey: SlotBook]], waits: Bool
    ) throws(AuditError) {
        do throws(StatusError) {
            while let (step, delta) = try next(reader) {
                if waits, let head = delta.head, !awaited(by: head, released).isEmpty {
                    held = (step, delta)
                    return
                }
                if isBeginning(delta.head) { restart(from: try reader.slots(of: step.tree), step) }
                take(delta, of: step, released)
                (believed, commits) = (step, commits + 1)
            }
            isDone = true
        } catch {
            throw AuditError(error)
        }
    }

    private mutating func next(_ reader: StatusReader) throws(StatusError) -> (StatusStep, StatusDelta)? {
        if let held {
            self.held = nil
            return held
        }
        while let step = waiting.popFirst() {
            guard isBelieved(step) else { continue }
            return (step, try reader.delta(from: believed?.tree, to: step.tree))
        }
        return nil
    }

    /// Releases by other zones that this head goes on from and nobody has told of.
    private func awaited(by head: StatusHead, _ released: [Release: [SlotKey: SlotBook]]) -> [Release] {
        newSuccessions(head).flatMap { device, succession in
            succession.from.compactMap { release(of: device, by: $0) }.filter { released[$0] == nil }
        }
    }

    private func newSuccessions(_ head: StatusHead) -> [(device: DeviceName, succession: Tenure.Succession)] {
        head.tenures.sorted { $0.key < $1.key }.compactMap { device, tenure in
            guard tenures[device] != tenure, case .takenOver(let succession) = tenure else { return nil }
            return (device, succession)
        }
    }

    /// nil for this zone's own, and for that of a zone that is no more.
    private func release(of device: DeviceName, by predecessor: Tenure.Predecessor) -> Release? {
        guard predecessor.zone != zone, let at = predecessor.released else { return nil }
        return Release(zone: predecessor.zone, device: device, at: at)
    }

    /// Whether somebody began anew here with the commit that is trusted: what the line told before was by another set.
    private func isBeginning(_ head: StatusHead?) -> Bool {
        guard let beginning = head?.beginning, beginning.isAnew, !hasRestarted else { return false }
        return beginning.commit == root.entries[0].commit
    }

    private mutating func restart(from slots: [PublishedSlot], _ step: StatusStep) {
        hasRestarted = true
        (timeline, told, books, places, findings, epoch) = (root, [], [:], [:], [], nil)
        (tenures, releases) = ([:], [:])
        for slot in slots {
            var book = SlotBook()
            book.sequence = slot.sequence
            if let held = slot.observed { book.observed.insert(held) }
            books[slot.slot] = book
        }
        notices.append("zone \(zone): began anew with status commit \(step.commit.short); what came before is not told")
    }

    /// Signed by a recorder of this zone, by the set in force then. What anybody else has written is reported and not read.
    private mutating func isBelieved(_ step: StatusStep) -> Bool {
        guard let signer = step.signer, let committed = step.committed else {
            findings.append(
                Finding(.statusNotSigned, at: step.commit.hex, step.refusal ?? "it does not say when it was made"))
            return false
        }
        guard timeline.inForce(at: committed).keys.recorder(forKey: signer, at: committed) == zone else {
            findings.append(
                Finding(
                    .undeclaredRecorder, at: step.commit.hex,
                    "\(SigningKey.shown(signer)) was not declared as a recorder of zone \(zone) then"))
            return false
        }
        if let last = believed?.committed, committed + RecordReader.clockSkew < last {
            findings.append(
                Finding(.timeFalls, at: step.commit.hex, "it is of \(committed), the one before it of \(last)"))
        }
        return true
    }

    private mutating func take(
        _ delta: StatusDelta, of step: StatusStep, _ released: [Release: [SlotKey: SlotBook]]
    ) {
        for error in delta.damaged {
            findings.append(Finding(.statusDamaged, at: step.commit.hex, "\(error.place): \(error.detail)"))
        }
        for path in delta.withdrawn {
            let code: Finding.Code = path.hasPrefix("evidence/") ? .evidenceChanged : .archiveChanged
            findings.append(
                Finding(code, at: path, "commit \(step.commit.short) has changed or removed what is kept for ever"))
        }
        let former = epoch
        if let head = delta.head {
            take(head, of: step)
            takeOver(head, released, of: step)
        }
        take(delta.evidence, of: step)
        checkBytes(delta)
        let ordered = delta.ended.map { ($0, SignedContent($0.content)) }.sorted { left, right in
            func rank(_ pair: (order: ArchivedWorkOrder, content: SignedContent?)) -> (SlotKey, Int64, Int, Timestamp) {
                (
                    pair.order.slot, pair.content?.sequence ?? pair.order.sequence,
                    pair.content?.action == .adopt ? 0 : 1, pair.order.at
                )
            }
            return rank(left) < rank(right)
        }
        for (order, content) in ordered { end(order, content, of: step, epochs: [former, epoch]) }
        for slot in delta.slots { take(slot, of: step) }
        if let head = delta.head { release(head) }
    }

    /// Slots of a device that was taken over go on where the zones before left them.
    private mutating func takeOver(_ head: StatusHead, _ released: [Release: [SlotKey: SlotBook]], of step: StatusStep)
    {
        for (device, succession) in newSuccessions(head) {
            for predecessor in succession.from where predecessor.zone != zone {
                guard let release = release(of: device, by: predecessor) else {
                    guard timeline.latest.set.zones[predecessor.zone] != nil else { continue }
                    findings.append(
                        Finding(
                            .sequenceHole, at: step.commit.hex,
                            "\(device) is said to come from zone \(predecessor.zone), which is not removed"))
                    continue
                }
                guard let left = released[release] else {
                    findings.append(
                        Finding(
                            .sequenceHole, at: step.commit.hex,
                            "\(device) is said to be released by zone \(release.zone) at \(release.at), which tells of no such thing"
                        ))
                    continue
                }
                for (slot, book) in left where book.sequence >= books[slot]?.sequence ?? 0 {
                    books[slot] = book.handedOver
                }
            }
        }
    }

    private mutating func release(_ head: StatusHead) {
        for (device, tenure) in head.tenures where tenures[device] != tenure {
            guard case .released(let at) = tenure else { continue }
            releases[Release(zone: zone, device: device, at: at)] = books.filter { $0.key.device == device }
        }
        tenures = head.tenures
    }

    private mutating func take(_ head: StatusHead, of step: StatusStep) {
        guard head.repository == timeline.latest.set.repository?.spec.id, head.zone == zone else {
            findings.append(Finding(.statusForeign, at: step.commit.hex, "it is of another repository or zone"))
            return
        }
        if let epoch, head.epoch != epoch {
            notices.append(
                "zone \(zone): a new epoch began with \(step.commit.short); what was open had to be signed anew")
        }
        epoch = head.epoch
        guard let claim = head.trustSet else { return }
        let latest = timeline.latest
        guard claim.digest != latest.set.digest else {
            if latest.claim == nil, claim.by != nil || claim.number != 0 {
                findings.append(
                    Finding(
                        .trustSetNotApproved, at: step.commit.hex,
                        "the set that is trusted here was change \(claim.number) there: what came before is not told"))
            }
            return
        }
        guard let set = try? loader.trustSet(claim.commit), set.digest == claim.digest else {
            findings.append(
                Finding(
                    .trustSetNotApproved, at: step.commit.hex,
                    "commit \(claim.commit.short) does not hold the trust set \(claim.digest) that it says is in force")
            )
            return
        }
        let floor = believed?.committed ?? claim.at
        if claim.at + RecordReader.clockSkew < floor || step.committed.map({ claim.at > $0 }) ?? true {
            findings.append(
                Finding(
                    .timeFalls, at: step.commit.hex,
                    "the trust set of commit \(claim.commit.short) is said to be in force since \(claim.at), and the commit before does not know it"
                ))
        }
        timeline.accept(set, claim)
    }

    /// First-seen times only rise: what is new was seen after all that was there, and after the commit before this one was made.
    private mutating func take(_ new: [Evidence], of step: StatusStep) {
        let floor = latestSeen
        for evidence in new {
            var doubt: Finding?
            let path = StatusPath.evidence(evidence.record)
            if let floor, evidence.firstSeen < floor {
                doubt = Finding(
                    .firstSeenFalls, at: path,
                    "it is said to have been seen at \(evidence.firstSeen), and another that the branch told of before at \(floor)"
                )
            } else if let last = believed?.committed, evidence.firstSeen + RecordReader.clockSkew < last {
                doubt = Finding(
                    .firstSeenFalls, at: path,
                    "it is said to have been seen at \(evidence.firstSeen), and the status commit of \(last) did not know it"
                )
            } else if let committed = step.committed, evidence.firstSeen > committed {
                doubt = Finding(
                    .firstSeenFalls, at: path,
                    "it is said to have been seen at \(evidence.firstSeen), after the commit that tells of it")
            }
            if let doubt { findings.append(doubt) }
            latestSeen = max(latestSeen ?? evidence.firstSeen, evidence.firstSeen)
            // The first stays, also where it was taken away and brought again.
            if kept[evidence.record] == nil { kept[evidence.record] = Kept(evidence: evidence, doubt: doubt) }
        }
    }

    private mutating func checkBytes(_ delta: StatusDelta) {
        for commit in delta.requesterCommits where (try? Git.Repository.id(of: commit.raw, as: .commit)) != commit.id {
            findings.append(
                Finding(.evidenceInvalid, at: StatusPath.requester(commit.id), "its bytes are not those of that commit")
            )
        }
        for change in delta.policyChanges where Self.digest(of: change.document) != change.digest {
            findings.append(
                Finding(
                    .evidenceInvalid, at: StatusPath.policyChange(change.digest),
                    "the document in it is another change"))
        }
        for leaf in delta.leaves {
            guard Fingerprint(hashing: leaf.der) != leaf.leaf else {
                leaves[leaf.leaf] = leaf.der
                continue
            }
            findings.append(
                Finding(.evidenceInvalid, at: StatusPath.leaf(leaf.leaf), "its bytes are not those of that certificate")
            )
        }
    }

    private static func digest(of document: JSONValue) -> PolicyChangeDigest {
        PolicyChangeDigest(hashing: PolicyChangeDocument.domain, document.canonicalBytes)
    }

    private mutating func take(_ slot: PublishedSlot, of step: StatusStep) {
        var book = books[slot.slot] ?? SlotBook()
        if let held = slot.observed { book.see(held) }
        if slot.sequence != book.sequence {
            findings.append(
                Finding(
                    .sequenceHole, at: slot.slot.shown,
                    "commit \(step.commit.short) says that \(slot.sequence) pushes have ended there, and tells of \(book.sequence)"
                ))
            book.sequence = slot.sequence
        }
        books[slot.slot] = book
    }
}

extension Replay {
    private mutating func end(
        _ order: ArchivedWorkOrder, _ content: SignedContent?, of step: StatusStep, epochs: [Epoch?]
    ) {
        var book = books[order.slot] ?? SlotBook()
        // What could not be undone was undone after all: the same push, another end.
        if let place = places[order.digest], told[place].order.state == "RollbackFailed", order.state == "RolledBack",
            let content, told[place].order.slot == order.slot
        {
            (told[place].push.outcome, told[place].push.message) = (order.state, order.message)
            told[place].order.state = order.state
            (book.left, book.observed) = (content.holds, [])
            books[order.slot] = book
            return
        }
        var push = AuditedPush(order, content, zone: zone, status: step.commit)
        if places[order.digest] != nil {
            push.reasons.append(
                Finding(.endedTwice, "the branch tells twice that it ended: one signature is good for one push"))
        }
        push.reasons += Self.differences(order, content, epochs: epochs)
        if let began = order.began, began > order.at + RecordReader.clockSkew {
            push.reasons.append(Finding(.timeFalls, "it is said to have begun at \(began) and ended at \(order.at)"))
        }
        if let committed = step.committed, order.at > committed {
            push.reasons.append(
                Finding(.timeFalls, "it is said to have ended at \(order.at), after the commit that tells of it"))
        }
        let after = book.lastCompleted
        let head = book.head(of: order.slot, holding: content?.holds ?? .nothing)
        if let content {
            let (misfits, isDrift) = book.misfits(order, content)
            push.reasons += misfits
            push.replacedUnapproved = isDrift
            book.end(order, content, push: told.count)
        }
        book.pushes.append(told.count)
        books[order.slot] = book
        places[order.digest] = places[order.digest] ?? told.count
        told.append(Told(push: push, order: order, content: content, after: after, head: head))
    }

    /// The archive's own words against the content that was signed.
    private static func differences(
        _ order: ArchivedWorkOrder, _ content: SignedContent?, epochs: [Epoch?]
    ) -> [Finding] {
        var findings: [Finding] = []
        let digest = WorkOrderDocument.digest(of: order.content)
        if digest != order.digest {
            findings.append(
                Finding(
                    .digestMismatch, "the content that lies beside it has the digest \(digest), not \(order.digest)"))
        }
        guard let content else {
            findings.append(Finding(.contentDiffers, "its content is not of the format \(WorkOrderDocument.format)"))
            return findings
        }
        let path = content.document["connector"]?["spec"].flatMap { try? AppConnectorSpec(raw: $0) }?.slot.path
        if content.device != order.slot.device || path != order.slot.path || content.connector != order.connector {
            findings.append(
                Finding(
                    .contentDiffers,
                    "what was signed is for \(content.connector) on \(content.device), \(path ?? "no slot")"))
        }
        if content.holds != order.replaces {
            findings.append(
                Finding(
                    .contentDiffers,
                    "what was signed replaces \(content.holds.shown), the archive says \(order.replaces.shown)"))
        }
        if !epochs.contains(content.epoch) {
            findings.append(
                Finding(.wrongEpoch, "it was signed for epoch \(content.epoch.text), which was not in force"))
        }
        return findings
    }
}

extension AuditedPush {
    fileprivate init(
        _ order: ArchivedWorkOrder, _ content: SignedContent?, zone: ZoneName, status: ObjectID
    ) {
        self.init(
            zone: zone, digest: order.digest, slot: order.slot, connector: order.connector,
            certificate: content?.certificate, action: content?.action, replaces: order.replaces,
            installs: content?.installs?.leaf, sequence: content?.sequence ?? order.sequence, outcome: order.state,
            message: order.message, began: order.began, at: order.at, status: status, tip: order.tip,
            policy: content?.policy, requesters: Requesters(), levels: [], refused: [], replacedUnapproved: false,
            reasons: [])
    }
}
