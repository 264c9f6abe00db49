// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Approvals
package import Planning
package import Vocabulary

/// A call of the journal that is no `append`: what it reads, or what it does with a lease.
package enum JournalCall: Sendable, Hashable, CustomStringConvertible {
    case read(String)
    case acquire(Lease.Scope)
    case renew(Lease.Scope)
    case release(Lease.Scope)

    package var description: String {
        switch self {
        case .read(let what): "read \(what)"
        case .acquire(let scope): "acquire \(scope.key)"
        case .renew(let scope): "renew \(scope.key)"
        case .release(let scope): "release \(scope.key)"
        }
    }
}

/// A journal with hooks around each call, for the places where a process may be killed or a disk may fill up.
///
/// What `before` throws is thrown and nothing is appended; what `after` throws is thrown although it is. `call` is asked before
/// every other call; a lease that it refuses to give back stays taken.
package struct InterruptingJournal: JournalStore {
    package typealias Hook = @Sendable ([Fact]) async throws(JournalError) -> Void
    package typealias CallHook = @Sendable (JournalCall) async throws(JournalError) -> Void

    private let journal: any JournalStore
    private let before: Hook
    private let after: Hook
    private let call: CallHook

    package init(
        _ journal: any JournalStore, before: @escaping Hook = { _ in }, after: @escaping Hook = { _ in },
        call: @escaping CallHook = { _ in }
    ) {
        (self.journal, self.before, self.after, self.call) = (journal, before, after, call)
    }

    @discardableResult
    package func append(
        _ facts: [Fact], under lease: Lease?, expecting: Revision?
    ) async throws(JournalError) -> Revision {
        try await before(facts)
        let revision = try await journal.append(facts, under: lease, expecting: expecting)
        try await after(facts)
        return revision
    }

    package func history() async throws(JournalError) -> (history: History, head: Revision) {
        try await call(.read("history"))
        return try await journal.history()
    }
    package func ended(after revision: Revision) async throws(JournalError) -> [EndedFact] {
        try await call(.read("what ended"))
        return try await journal.ended(after: revision)
    }
    package func evidence(of records: [RecordKey]) async throws(JournalError) -> [RecordEvidence] {
        try await call(.read("evidence"))
        return try await journal.evidence(of: records)
    }
    package func firstSeen(of records: [RecordKey]) async throws(JournalError) -> [RecordKey: Timestamp] {
        try await call(.read("first-seen times"))
        return try await journal.firstSeen(of: records)
    }
    package func unseen(_ commits: [ObjectID]) async throws(JournalError) -> Set<ObjectID> {
        try await call(.read("seen commits"))
        return try await journal.unseen(commits)
    }
    package func published() async throws(JournalError) -> (status: ObjectID, upTo: Revision)? {
        try await call(.read("what was published"))
        return try await journal.published()
    }
    package func acquire(
        _ scope: Lease.Scope, for holder: HolderID, lasting: Duration
    ) async throws(JournalError) -> Lease? {
        try await call(.acquire(scope))
        return try await journal.acquire(scope, for: holder, lasting: lasting)
    }
    package func renew(_ lease: Lease, lasting: Duration) async throws(JournalError) -> Lease {
        try await call(.renew(lease.scope))
        return try await journal.renew(lease, lasting: lasting)
    }
    package func release(_ lease: Lease) async {
        do throws(JournalError) { try await call(.release(lease.scope)) } catch { return }
        await journal.release(lease)
    }
    package func holder(of scope: Lease.Scope) async throws(JournalError) -> LeaseHolder? {
        try await call(.read("holder"))
        return try await journal.holder(of: scope)
    }
}
