// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Declarations
internal import Planning
internal import Signatures
internal import Vocabulary

/// Which trust set was in force when, as a zone's status branch tells: it begins with the one that is trusted here, and each
/// further one must have been signed for by the people of the one before.
struct TrustTimeline: Sendable {
    struct Entry: Sendable {
        var set: TrustSet
        var keys: KeyRing
        var commit: ObjectID
        /// nil for the first: it was in force from the beginning.
        var at: Timestamp?
        /// How it is said to have come into force.
        var claim: History.AcceptedTrustSet?
    }
    private(set) var entries: [Entry]

    init(trusted set: TrustSet, commit: ObjectID) {
        entries = [Entry(set: set, keys: KeyRing(of: set), commit: commit, at: nil, claim: nil)]
    }

    /// The one that the branch names last.
    var latest: Entry { entries[entries.count - 1] }

    /// All that one of its sets declares.
    var zones: Set<ZoneName> { entries.reduce(into: Set()) { $0.formUnion($1.set.zones.keys) } }

    /// Until the first set that declares a zone and is one that is meant; nil: none is.
    func prefix(bringing zone: ZoneName, where isMeant: (TrustSet) -> Bool = { _ in true }) -> TrustTimeline? {
        guard let end = entries.firstIndex(where: { $0.set.zones[zone] != nil && isMeant($0.set) }) else { return nil }
        var timeline = self
        timeline.entries = Array(entries[...end])
        return timeline
    }

    mutating func accept(_ set: TrustSet, _ claim: History.AcceptedTrustSet) {
        entries.append(Entry(set: set, keys: KeyRing(of: set), commit: claim.commit, at: claim.at, claim: claim))
    }

    /// What OpenPGP records verify with: the keys of every set that was in force. Whether a key counted then is decided by that set.
    var openpgp: OpenPGPKeys { entries.reduce(.none) { $0.union($1.keys.openpgp) } }

    /// Those by which something was judged that was first seen then: in the second in which a set came into force, also the one before it,
    /// whose people signed for it.
    func judging(at time: Timestamp) -> [Entry] {
        let before = entries.last { entry in entry.at.map { $0 < time } ?? true } ?? entries[0]
        let present = inForce(at: time)
        return present.at == before.at ? [present] : [present, before]
    }

    func inForce(at time: Timestamp) -> Entry {
        entries.last { entry in entry.at.map { $0 <= time } ?? true } ?? entries[0]
    }
}
