// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

/// An approval by somebody who may give it, for one case; what became of it as time went on.
struct Vote {
    var seen: SeenRecord
    var person: PersonName
    var level: Int
    /// When it was first seen; now, where it was not seen yet.
    var at: Timestamp
    /// The first second in which it has expired, were nothing complete.
    var expires: Timestamp
    /// Somebody asked for the change, who may be one of those who approve it and never the only one.
    var isRequester: Bool
    /// When its signer took it back, and by which commit.
    var takenBack: TakenBack?
    /// Why it can never count again.
    var refusal: Refusal?

    struct TakenBack {
        var at: Timestamp
        var by: ObjectID
    }

    var commit: ObjectID { seen.signed.commit }
    var record: ApprovalRecord { seen.signed.record }

    /// Records first seen in one pass are taken by level, then commit id.
    static func precedes(_ left: Self, _ right: Self) -> Bool {
        (left.at, left.level, left.commit) < (right.at, right.level, right.commit)
    }
}

/// The rules of one case, as far as counting needs them.
struct Rules {
    struct Level {
        var name: String
        /// 0 where a standing approval stands for it.
        var needed: Int
    }
    var levels: [Level]
    var distinctAcrossLevels: Bool
    var attendedFor: Seconds
    /// How many who count at a level may have asked for the change.
    var mostRequesters: Int
    /// Until when the last level may be done without people; nil where they decide there.
    var lastStandsUntil: Timestamp?

    var last: Int { levels.count - 1 }

    /// The time that a vote at the last level names by itself: nil for a manual one in good time, whose time begins when all is complete.
    ///
    /// A manual one whose committer date lies further back than `attendedFor` was kept from us until nobody attends any more.
    func ownWindow(of vote: Vote) -> Window? {
        switch vote.record.implementation {
        case .scheduled(let window): return window
        case .manual:
            let attended = Window(start: vote.record.committed, end: vote.record.committed + attendedFor)
            return vote.level == last && attended.end < vote.at ? attended : nil
        }
    }

    func isOver(_ vote: Vote, at time: Timestamp) -> Bool { ownWindow(of: vote).map { $0.end <= time } ?? false }
}
