// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
package import Declarations
internal import Vocabulary

extension LimitStanding {
    /// - Parameters:
    ///   - changed: work orders that would change a device and that people must sign.
    ///   - total: all declared slots.
    package init(changed: Int, of total: Int, limits: RepositorySpec.Limits) {
        self.init(
            changed: changed, total: total, limits: limits,
            exceeded: changed > limits.floor
                && (changed > limits.maxChanged || changed * 100 > limits.maxChangedPercent * total))
    }
}

extension WorkOrder {
    /// Whether it counts towards the limits: open, would change a device, not begun, and nothing but the clock in its way.
    ///
    /// One that is fully signed counts as well: else fifty-one signatures would lift the very limit that asks for an
    /// acknowledgement.
    var countsTowardsLimits: Bool {
        guard action != .adopt, digest != nil, judgement.tombstone == nil, !judgement.isWithoutPeople else {
            return false
        }
        switch state {
        case .implementing, .rollbackFailed, .unknownEffect, .completed, .pushFailed, .rolledBack, .superseded:
            return false
        default: return blocks.allSatisfy { $0.code == .outsideWindow }
        }
    }

    func acknowledges(changes: Int) -> Bool { judgement.acknowledges(changes: changes) }
}

extension Judgement {
    /// Somebody of the last level said that they know of this many, or of more.
    func acknowledges(changes: Int) -> Bool {
        lastGiven.contains { given in
            given.acknowledgements.contains { if case .changes(let number) = $0 { number >= changes } else { false } }
        }
    }
}

extension Block {
    static func limitExceeded(_ standing: LimitStanding) -> Block {
        let limits = standing.limits
        return Block(
            .limitExceeded,
            "\(standing.changed) of \(standing.total) slots would change, above the limit of \(limits.maxChanged) or "
                + "\(limits.maxChangedPercent) %; the last level can acknowledge it: --acknowledge \"changes \(standing.changed)\""
        )
    }
}
