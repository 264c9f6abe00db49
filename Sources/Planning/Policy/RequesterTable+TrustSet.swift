// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Approvals
package import Declarations
package import Vocabulary

extension RequesterTable {
    /// Who asked for a change of the trust set: whoever touched what is different in it, after the set before came into force.
    ///
    /// What counts as touching is a changed resource or changed bytes of a file that one names, as for work orders.
    /// - Parameters:
    ///   - before: the commit of the set in force. One that the walk has not numbered counts nothing away.
    ///   - end: the commit that declares the new set.
    package func asking(
        from old: TrustSet, at before: ObjectID, to new: TrustSet, at end: ObjectID
    ) -> Requesters {
        var subjects: [Subject: String] = [:]
        for change in old.changes(to: new) {
            subjects[.resource(change.key)] = "\(change.key.kind.rawValue) \(change.key.name)"
        }
        for path in Set(old.files.keys).union(new.files.keys) where old.files[path] != new.files[path] {
            subjects[.file(path)] = path
        }
        let since = ordinals[before] ?? 0
        let last = ordinals[end] ?? .max
        var touched: [(touch: Touch, what: String)] = []
        for (subject, what) in subjects {
            for touch in touches[subject] ?? [] where touch.ordinal > since && touch.ordinal <= last {
                touched.append((touch, what))
            }
        }
        var found = Requesters()
        for (touch, what) in touched.sorted(by: { ($0.touch.ordinal, $0.what) < ($1.touch.ordinal, $1.what) }) {
            let reason = Requesters.Reason(commit: touch.commit, what: what)
            for person in touch.named.union([touch.signer].compactMap(\.self)) { found.people[person] = reason }
            if touch.unknown { found.unknown = reason }
        }
        return found
    }
}
