// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Declarations
package import Vocabulary

/// Who may go now, of all slots that one certificate is bound to in a zone. Nothing of it is remembered: it is what the slots hold,
/// how their last pushes ended, and what people said.
package struct Rollout: Sendable {
    package struct Member: Hashable, Sendable {
        package enum Phase: Hashable, Sendable {
            /// It holds the certificate by a work order that ended then.
            case done(at: Timestamp)
            /// A push has begun and not ended.
            case moving
            /// Fully signed, and in its time.
            case ready
            /// It waits for people or for its time.
            case waiting
            /// It cannot go, and hinders nobody.
            case shut
        }
        /// What went wrong there, and when the push ended after which it was seen.
        package struct Trouble: Hashable, Sendable {
            package var since: Timestamp
            package var message: String
            package init(since: Timestamp, _ message: String) { (self.since, self.message) = (since, message) }
        }
        package var connector: ConnectorName
        package var phase: Phase
        package var trouble: Trouble?
        /// Of the device.
        package var labels: [String: String]
        /// When what it holds ends.
        package var expires: Timestamp
        /// When somebody last said that this one goes on.
        package var resumed: Timestamp?

        package init(
            _ connector: ConnectorName, _ phase: Phase, trouble: Trouble? = nil, labels: [String: String] = [:],
            expires: Timestamp, resumed: Timestamp? = nil
        ) {
            (self.connector, self.phase, self.trouble) = (connector, phase, trouble)
            (self.labels, self.expires, self.resumed) = (labels, expires, resumed)
        }
    }

    fileprivate struct Place {
        var member: Member
        var group: Int
        var number = 1
    }
    private let spec: RolloutSpec
    private let places: [Place]
    /// Of each wave that counts slots: how many are done at its end. With groups, of the canary alone.
    private let bounds: [Int]
    private let count: Int
    private let now: Timestamp
    private let troubled: [Member]
    private let doneTimes: [Timestamp]
    /// What failed and is not done: where it is let pass, it counts as if it were.
    private let passed: Int
    /// Of each group: how many of the groups before it are still to come, and when the last of them was done.
    private let before: [(missing: Int, since: Timestamp?)]

    package init(_ members: [Member], under spec: RolloutSpec, at now: Timestamp) {
        (self.spec, self.now) = (spec, now)
        var places = members.map { member in
            Place(
                member: member,
                group: spec.groups.firstIndex { $0.allSatisfy { member.labels[$0.key] == $0.value } }
                    ?? spec.groups.count)
        }
        places.sort { $0.order < $1.order }
        let isGrouped = !spec.groups.isEmpty
        var ends = [min(spec.canary, places.count)]
        if !isGrouped {
            ends += spec.percentages.map { (places.count * $0 + 99) / 100 }
            ends.append(places.count)
        }
        // A wave that would add nobody is none.
        let bounds: [Int] = ends.reduce(into: []) { if $1 > $0.last ?? 0 { $0.append($1) } }
        let canary = isGrouped ? bounds.first ?? 0 : 0
        let first = canary > 0 ? 2 : 1
        let groups = Set(places.dropFirst(canary).map(\.group)).sorted()
        for rank in places.indices {
            if !isGrouped {
                places[rank].number = 1 + (bounds.firstIndex { rank < $0 } ?? 0)
            } else if rank >= canary {
                places[rank].number = first + (groups.firstIndex(of: places[rank].group) ?? 0)
            }
        }
        count = isGrouped ? first - 1 + groups.count : bounds.count
        (self.places, self.bounds) = (places, bounds)
        troubled = places.map(\.member).filter { $0.trouble != nil }
        doneTimes = places.compactMap(\.member.doneAt).sorted()
        passed = troubled.count { $0.doneAt == nil }
        before = (0...spec.groups.count).map { group in
            let earlier = places.filter { $0.group < group }.map(\.member)
            return (
                missing: earlier.count { $0.doneAt == nil && $0.trouble == nil && $0.phase != .shut },
                since: earlier.compactMap(\.doneAt).max()
            )
        }
    }

    /// Of every slot that is not done.
    package func waves() -> [ConnectorName: Wave] {
        var waves: [ConnectorName: Wave] = [:]
        for place in places where place.member.doneAt == nil {
            let mayWait = place.member.phase == .ready && place.member.trouble == nil
            waves[place.member.connector] = Wave(
                number: place.number, of: count, hold: mayWait ? hold(on: place) : nil)
        }
        return waves
    }

    private func hold(on place: Place) -> WaveHold? {
        let resumed = place.member.resumed
        for failed in troubled {
            guard let trouble = failed.trouble else { continue }
            if let resumed, trouble.since <= resumed { continue }
            return WaveHold(.waveFailed, "\(failed.connector): \(trouble.message)")
        }
        guard place.number > 1 else { return nil }
        var missing = 0
        var since: Timestamp?
        if spec.groups.isEmpty {
            (missing, since) = filled(bounds[place.number - 2])
        } else {
            (missing, since) = filled(bounds.first ?? 0)
            missing = max(missing, before[place.group].missing)
            since = [since, before[place.group].since].compactMap(\.self).max()
        }
        guard missing == 0 else {
            return WaveHold(
                .waveBefore,
                "wave \(place.number - 1) comes first, and \(missing) of its slots \(missing == 1 ? "is" : "are") not done")
        }
        guard let since, since + spec.pause > now, resumed.map({ $0 < since }) ?? true else { return nil }
        return WaveHold(
            .wavePause, "wave \(place.number - 1) was done at \(since), and the next begins at \(since + spec.pause)",
            until: since + spec.pause)
    }

    /// How many are missing until so many are done, else since when they are, where that can be told.
    private func filled(_ bound: Int) -> (missing: Int, since: Timestamp?) {
        let missing = max(0, bound - doneTimes.count - passed)
        return (missing, bound > 0 && bound <= doneTimes.count ? doneTimes[bound - 1] : nil)
    }
}

extension Rollout.Member {
    fileprivate var doneAt: Timestamp? { if case .done(let time) = phase { time } else { nil } }
}

extension Rollout.Place {
    /// What counts already stands before what may go, and what cannot go after all.
    fileprivate var order: (Int, Int, Int, Timestamp, ConnectorName) {
        let rank =
            switch member.phase {
            case .done: 0
            case .moving: 1
            case .shut: 5
            case .ready, .waiting: member.trouble != nil ? 2 : member.phase == .ready ? 3 : 4
            }
        return (rank == 5 ? 1 : 0, group, rank, member.expires, member.connector)
    }
}
