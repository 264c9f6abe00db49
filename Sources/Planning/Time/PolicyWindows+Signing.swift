// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Approvals
package import Declarations
package import Vocabulary

extension WorkOrder {
    /// Why a signature would never let anything be pushed: the policy's windows do not open in the time that it leaves
    /// (8-engine.md, "Window"). nil: they do, or others decide on that time.
    ///
    /// - Parameters:
    ///   - policy: the one that decides, as in force.
    ///   - level: the level that is signed.
    package func neverOpens(
        _ policy: ApprovalPolicy, for implementation: ApprovalRecord.Implementation, at level: String, now: Timestamp
    ) -> Block? {
        let isPassedOver =
            level == ApprovalPolicySpec.emergencyLevelName && policy.spec.emergency?.ignores.contains(.windows) ?? false
        guard !isPassedOver, policy.spec.hasClosedTimes, action != .adopt,
            let left = timeLeft(by: implementation, at: level, attendedFor: policy.spec.attendedFor, now: now)
        else { return nil }
        let windows = PolicyWindows(policy.spec, around: left.start)
        guard !windows.opens(within: left) else { return nil }
        let next =
            windows.nextOpening(after: left.start).map {
                "the next one opens at \($0.start): sign for it with --at \($0.start)"
            } ?? "none opens within two weeks of it: ask for another window in policy \(policy.name) by a policy change"
        if let freeze = windows.freeze(at: left.start) {
            return Block(
                .outsideWindow,
                "policy \(policy.name) lets nothing through until \(freeze.until) (\(Shown.text(freeze.reason))), so it would never be "
                    + "pushed between \(left.start) and \(left.end); \(next)")
        }
        return Block(
            .outsideWindow,
            "no window of policy \(policy.name) opens between \(left.start) and \(left.end), so it would never be pushed; \(next)"
        )
    }

    /// nil: any time, or none at all, which the count of the levels refuses in its own words.
    private func timeLeft(
        by implementation: ApprovalRecord.Implementation, at level: String, attendedFor: Seconds, now: Timestamp
    ) -> Window? {
        var left: Window?
        switch implementation {
        case .scheduled(let window): left = window
        case .manual:
            // Attended from when the level is complete: somebody else's later signature may say when that is.
            guard let last = judgement.levels.last, last.name == level, last.missing <= 1 else { return nil }
            left = Window(start: now, end: now + attendedFor)
        }
        for given in judgement.levels.prefix(while: { $0.name != level }).flatMap(\.given) {
            if case .scheduled(let approved) = given.implementation { left = left?.intersection(approved) }
        }
        return left.flatMap { $0.end > now ? Window(start: max($0.start, now), end: $0.end) : nil }
    }
}
