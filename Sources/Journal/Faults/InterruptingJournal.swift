// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Approvals
package import Planning
package import Vocabulary

/// A journal with a hook around each append, for the places where a process may be killed or a disk may fill up.
///
/// What `before` throws is thrown and nothing is appended; what `after` throws is thrown although it is.
package struct InterruptingJournal: JournalStore {
    package typealias Hook = @Sendable ([Fact]) async throws(JournalError) -> Void

    private let journal: any JournalStore
    private let before: Hook
    private let after: Hook

    package init(_ journal: any JournalStore, before: @escaping Hook = { _ in }, after: @escaping Hook = { _ in }) {
        (self.journal, self.before, self.after) = (journal, before, after)
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
        try await journal.history()
    }
    package func ended(after revision: Revision) async throws(JournalError) -> [EndedFact] {
        try await journal.ended(after: revision)
    }
    package func evidence(of records: [RecordKey]) async throws(JournalError) -> [RecordEvidence] {
        try await journal.evidence(of: records)
    }
    package func firstSeen(of records: [RecordKey]) async throws(JournalError) -> [RecordKey: Timestamp] {
        try await journal.firstSeen(of: records)
    }
    package func published() async throws(JournalError) -> (status: ObjectID, upTo: Revision)? {
        try await journal.published()
    }
    package func acquire(
        _ scope: Lease.Scope, for holder: HolderID, lasting: Duration
    ) async throws(JournalError) -> Lease? {
        try await journal.acquire(scope, for: holder, lasting: lasting)
    }
    package func renew(_ lease: Lease, lasting: Duration) async throws(JournalError) -> Lease {
        try await journal.renew(lease, lasting: lasting)
    }
    package func release(_ lease: Lease) async { await journal.release(lease) }
    package func holder(of scope: Lease.Scope) async throws(JournalError) -> LeaseHolder? {
        try await journal.holder(of: scope)
    }
}
