// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import Planning
internal import StatusBranch
internal import Vocabulary

/// A slot's history as the line has told it so far: what must come next.
struct SlotBook {
    /// Of the next work order: how many pushes have ended with an outcome.
    var sequence: Int64 = 0
    /// What the last end left there; nil: nothing has ended yet, or it could not be told.
    var left: Holding?
    /// What was seen there since, by what status commits say.
    var observed: Set<Holding> = []
    var lastCompleted: SlotHead.CompletedWorkOrder?
    /// What it got before that, by a completed work order: where a restore leads back to.
    private var provenBefore: Fingerprint?
    private var lastEnded: SlotHead.EndedWorkOrder?
    /// What it held before, and what failed to get there.
    private var former: [Fingerprint] = []
    /// Its place among the pushes.
    var broughtBy: Int?
    /// Places of all of its pushes.
    var pushes: [Int] = []

    /// For the line of the zone that goes on with it: there its pushes are counted anew.
    var handedOver: SlotBook {
        var book = self
        (book.broughtBy, book.pushes) = (nil, [])
        return book
    }

    /// How an outcome leaves a slot; nil where nobody could tell.
    static func left(by state: String, _ content: SignedContent) -> Holding? {
        switch state {
        case "Completed":
            if content.action == .adopt { return content.holds }
            return content.installs.map { .certificate(leaf: $0.leaf) } ?? .nothing
        case "RolledBack", "PushFailed": return content.holds
        default: return nil
        }
    }

    static func raisesSequence(_ state: String, _ content: SignedContent) -> Bool {
        content.action != .adopt
            && ["Completed", "RolledBack", "RollbackFailed", "PushFailed", "UnknownEffect"].contains(state)
    }

    /// What is wrong with the place of this work order in the slot's history, and whether it is about what nobody had signed for.
    func misfits(_ order: ArchivedWorkOrder, _ content: SignedContent) -> (findings: [Finding], isDrift: Bool) {
        var findings: [Finding] = []
        if content.sequence != sequence {
            findings.append(
                Finding(
                    .sequenceHole, at: order.slot.shown,
                    "it is push \(content.sequence) of this slot, and the branch tells of \(sequence) before it"))
        }
        let expected = SlotBook.raisesSequence(order.state, content) ? content.sequence + 1 : content.sequence
        if order.sequence != expected {
            findings.append(
                Finding(
                    .contentDiffers,
                    "the archive says that the sequence after it is \(order.sequence); by what was signed it is \(expected)"
                ))
        }
        if content.action == .restore, content.installs?.leaf != provenBefore {
            findings.append(
                Finding(
                    .contentDiffers,
                    "it says that it puts back what the slot got before, which is \(provenBefore?.short ?? "not known")"
                ))
        }
        if content.holds == left { return (findings, false) }
        guard observed.contains(content.holds) else {
            let before = left.map { ": the work order before it left \($0.shown)" } ?? ""
            findings.append(
                Finding(
                    .holdsUnexplained, at: order.slot.shown,
                    "it was signed for a slot that holds \(content.holds.shown), which no status commit before it has seen there\(before)"
                ))
            return (findings, false)
        }
        return (findings, left != nil || content.holds != .nothing)
    }

    mutating func see(_ held: Holding) {
        observed.insert(held)
        if let leaf = held.leaf { former.append(leaf) }
    }

    /// The slot as a standing approval looked at it when this work order began.
    func head(of slot: SlotKey, holding: Holding) -> SlotHead {
        var head = SlotHead()
        head.observed = SlotObservation(slot: slot, holding: holding)
        (head.lastCompleted, head.lastEnded) = (lastCompleted, lastEnded)
        for leaf in former where leaf != holding.leaf { head.remember(former: leaf) }
        return head
    }

    mutating func end(_ order: ArchivedWorkOrder, _ content: SignedContent, push: Int) {
        if SlotBook.raisesSequence(order.state, content) { sequence = content.sequence + 1 }
        (left, observed) = (SlotBook.left(by: order.state, content), [])
        if let held = content.holds.leaf { former.append(held) }
        let failure: Outcome? =
            switch order.state {
            case "PushFailed": .pushFailed(message: "")
            case "RolledBack": .rolledBack(message: "")
            case "RollbackFailed": .rollbackFailed(message: "")
            default: nil
            }
        if let failure, let leaf = content.installs?.leaf {
            former.append(leaf)
            lastEnded = SlotHead.EndedWorkOrder(digest: order.digest, leaf: leaf, outcome: failure, at: order.at)
        }
        guard order.state == "Completed" else { return }
        var completed = SlotHead.CompletedWorkOrder(
            of: order.intent(content), at: order.at, adopted: content.action == .adopt)
        completed.leaf = left?.leaf
        if let leaf = lastCompleted?.leaf, leaf != completed.leaf { provenBefore = leaf }
        (lastCompleted, broughtBy) = (completed, push)
    }
}

extension ArchivedWorkOrder {
    func intent(_ content: SignedContent) -> Intent {
        Intent(
            workOrder: digest, connector: connector, slot: slot, content: self.content,
            installs: content.action == .adopt ? nil : content.installs?.leaf, replaces: content.holds,
            records: records, tip: tip)
    }
}

extension SlotKey {
    var shown: String { "\(device) \(path)" }
}

extension Holding {
    var shown: String {
        switch self {
        case .nothing: "nothing"
        case .certificate(let leaf): leaf.short
        case .other: "neither certificate nor key"
        }
    }
}
