// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Approvals
internal import Dispatch
internal import Foundation
internal import GRDB
internal import Glibc
package import Planning
internal import Synchronization
package import Vocabulary

/// The embedded store: one SQLite file for one (repository, zone).
///
/// Write-ahead log with `synchronous=FULL`: what `append` has returned from survives a power loss. Every call runs on the
/// connection's own queue, so that no cooperative thread waits for the disk and no cancelled task can break a write in two.
package final class SQLiteJournal: JournalStore {
    private struct Cached {
        var heads: Heads
        var head: Revision
    }

    private let queue: DatabaseQueue
    private let reading: RecordReading
    private let clock: BootClock
    private let process: ProcessIdentity
    /// What was read or folded last; used only on `queue`, and only while the file has no later fact.
    private let cached = Mutex<Cached?>(nil)

    /// Opens the journal file, making it (0600) if there is none.
    /// - Throws: `newerFormat`, `corrupt` (also for another program's file), `notWritable`, `busy`, `full`.
    package convenience init(
        path: String, reading: @escaping RecordReading = RecordReader.reread
    ) throws(JournalError) {
        try self.init(path: path, reading: reading, clock: .host, prepare: { _ in })
    }

    init(
        path: String, reading: @escaping RecordReading, clock: BootClock, process: ProcessIdentity = .current(),
        prepare: @escaping @Sendable (Database) throws -> Void
    ) throws(JournalError) {
        let operation = "open the journal \(path)"
        (self.reading, self.clock, self.process) = (reading, clock, process)
        // SQLite gives its side files the mode of this one.
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else {
            throw JournalError(.notWritable, operation: operation, detail: String(cString: strerror(errno)))
        }
        close(file)
        do {
            var configuration = Configuration()
            configuration.journalMode = .wal
            configuration.busyMode = .timeout(5)
            configuration.foreignKeysEnabled = true
            configuration.label = "journal"
            queue = try DatabaseQueue(path: path, configuration: configuration)
            try queue.inDatabase { db in
                // GRDB sets NORMAL when it opens WAL, so FULL is set after that, and read back.
                try db.execute(sql: "PRAGMA synchronous = FULL")
                let synchronous = try Int.fetchOne(db, sql: "PRAGMA synchronous")
                let mode = try String.fetchOne(db, sql: "PRAGMA journal_mode")
                guard synchronous == 2, mode == "wal" else {
                    throw JournalError(
                        .notWritable, operation: operation, detail: "SQLite took neither WAL nor synchronous=FULL here")
                }
                try db.inTransaction(.immediate) {
                    try Schema.prepare(db)
                    return .commit
                }
                try prepare(db)
            }
        } catch {
            throw JournalError(error, during: operation)
        }
    }

    /// A whole copy as of now, in a new file (0600), also while another process is writing.
    /// - Throws: `notWritable` where there is a file already.
    package func copy(to path: String) async throws(JournalError) {
        let result: Result<Void, JournalError> = await withCheckedContinuation { continuation in
            queue.asyncWriteWithoutTransaction { db in
                let result = Result<Void, any Error> {
                    // SQLite gives a new file the mode that it finds: it must not be readable for a moment.
                    let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
                    guard file >= 0 else {
                        throw JournalError(
                            .notWritable, operation: "copy the journal",
                            detail: "\(path): \(String(cString: strerror(errno)))")
                    }
                    defer { close(file) }
                    try db.execute(sql: "VACUUM INTO ?", arguments: [path])
                    guard fsync(file) == 0 else {
                        throw JournalError(
                            .full, operation: "copy the journal", detail: String(cString: strerror(errno)))
                    }
                }
                continuation.resume(returning: result.mapError { JournalError($0, during: "copy the journal") })
            }
        }
        try result.get()
    }

    package func history() async throws(JournalError) -> (history: History, head: Revision) {
        try await perform("read the journal") { journal, db in
            let current = try journal.current(db)
            return (current.heads.history, current.head)
        }
    }

    @discardableResult
    package func append(
        _ facts: [Fact], under lease: Lease?, expecting: Revision?
    ) async throws(JournalError) -> Revision {
        try await perform("append to the journal", writing: true) { journal, db in
            if let lease { try journal.check(lease, in: db) }
            var current = try journal.current(db)
            if let expecting, expecting != current.head {
                throw JournalError(
                    .conflict, operation: "append to the journal",
                    detail: "it holds \(current.head.value) facts, not \(expecting.value)")
            }
            journal.cached.withLock { $0 = nil }  // stays so if anything below fails
            let known = try journal.alreadySeen(facts, in: db)
            var seen: Set<RecordKey> = []
            var fold = Fold(current.heads, reading: journal.reading)
            current.heads = Heads()  // the fold is the only owner now: no copy on write
            for fact in facts {
                if case .recordSeen(let key, let commit, let raw, let placement, let at) = fact {
                    // The first stays, also when it can no longer count.
                    guard !known.contains(key), seen.insert(key).inserted else { continue }
                    try EvidenceRow.write(key, commit: commit, raw: raw, placement: placement, firstSeen: at, to: db)
                }
                if case .surveyed(let device, let survey, let served, let at) = fact {
                    try SurveyRow(survey: survey, served: served, at: at).write(device, to: db)
                }
                try fold.apply(fact)
                current.head.value += 1
                try journal.write(fact, at: current.head, in: db)
                try journal.write(fold.takeEnded(), at: current.head, in: db)
            }
            try fold.heads.write(fold.changes, to: db)
            return Cached(heads: fold.heads, head: current.head)
        } finally: { journal, cached in
            journal.cached.withLock { $0 = cached }
            return cached.head
        }
    }

    package func ended(after revision: Revision) async throws(JournalError) -> [EndedFact] {
        try await perform("read what ended") { _, db in
            let sql = "SELECT body FROM ended WHERE revision > ? ORDER BY revision, ordinal"
            let after = Int64(clamping: revision.value)
            return try Data.fetchAll(db, sql: sql, arguments: [after]).map {
                try Unpacker.unpack(EndedFact.self, from: Array($0))
            }
        }
    }

    package func evidence(of records: [RecordKey]) async throws(JournalError) -> [RecordEvidence] {
        try await perform("read evidence") { _, db in
            let sql = "SELECT key, commit_id, raw, placement, first_seen FROM evidence WHERE key = ?"
            return try records.compactMap { key in
                let row = try Row.fetchOne(db.cachedStatement(sql: sql), arguments: [key.hex])
                return try row.map(EvidenceRow.init).map {
                    RecordEvidence(key: $0.key, commit: $0.commit, raw: $0.raw, firstSeen: $0.firstSeen)
                }
            }
        }
    }

    package func firstSeen(of records: [RecordKey]) async throws(JournalError) -> [RecordKey: Timestamp] {
        try await perform("read first-seen times") { _, db in
            try db.firstSeen(of: records)
        }
    }

    package func unseen(_ commits: [ObjectID]) async throws(JournalError) -> Set<ObjectID> {
        guard !commits.isEmpty else { return [] }
        return try await perform("look records up") { _, db in
            // One statement for all: twenty thousand take as long as a thousand would one by one.
            let asked = "[" + commits.map { "\"\($0.hex)\"" }.joined(separator: ",") + "]"
            let sql = """
                SELECT value FROM json_each(?) WHERE NOT EXISTS (SELECT 1 FROM evidence WHERE commit_id = value)
                """
            return Set(try String.fetchAll(db, sql: sql, arguments: [asked]).compactMap { ObjectID(hex: $0) })
        }
    }

    package func published() async throws(JournalError) -> (status: ObjectID, upTo: Revision)? {
        try await perform("read the journal") { journal, db in
            let heads = try journal.current(db).heads
            guard let status = heads.history.published, let upTo = heads.publishedUpTo else { return nil }
            return (status, upTo)
        }
    }

    /// What each device's configuration said of certificates when that last changed.
    package func surveys() async throws(JournalError) -> [DeviceName: KeptSurvey] {
        try await perform("read surveys") { _, db in try SurveyRow.read(from: db) }
    }

    /// Every fact, in order: for those who check that the heads are their fold.
    package func facts() async throws(JournalError) -> [Fact] {
        try await perform("read all facts") { _, db in
            try Data.fetchAll(db, sql: "SELECT body FROM fact ORDER BY revision").map {
                try Unpacker.unpack(Fact.self, from: Array($0))
            }
        }
    }
}

// Leases.
extension SQLiteJournal {
    package func acquire(
        _ scope: Lease.Scope, for holder: HolderID, lasting: Duration
    ) async throws(JournalError) -> Lease? {
        let asked = ContinuousClock.now
        return try await perform("take a lease", writing: true) { journal, db in
            let now = journal.clock.now()
            let row = try LeaseRow.read(scope, from: db)
            if let row, row.holder != holder, row.isHeld(at: now, seenBy: journal.process) { return nil }
            let epoch = (row?.epoch ?? 0) + 1
            try LeaseRow(
                epoch: epoch, holder: holder, process: journal.process, expires: (now + lasting).milliseconds
            ).write(scope, to: db)
            return Lease(scope: scope, holder: holder, epoch: epoch, validUntil: asked + lasting)
        }
    }

    package func renew(_ lease: Lease, lasting: Duration) async throws(JournalError) -> Lease {
        let asked = ContinuousClock.now
        return try await perform("renew a lease", writing: true) { journal, db in
            var row = try journal.check(lease, in: db)
            row.expires = (journal.clock.now() + lasting).milliseconds
            try row.write(lease.scope, to: db)
            var renewed = lease
            renewed.validUntil = asked + lasting
            return renewed
        }
    }

    /// Gives it back. Where that fails, it runs out by itself.
    package func release(_ lease: Lease) async {
        _ = try? await perform("give a lease back", writing: true) { journal, db in
            var row = try journal.check(lease, in: db)
            (row.holder, row.process, row.expires) = (nil, nil, 0)
            try row.write(lease.scope, to: db)
        }
    }

    package func holder(of scope: Lease.Scope) async throws(JournalError) -> LeaseHolder? {
        try await perform("read a lease") { journal, db in
            let now = journal.clock.now()
            guard let row = try LeaseRow.read(scope, from: db), row.isHeld(at: now, seenBy: journal.process),
                let holder = row.holder, let process = row.process
            else { return nil }
            return LeaseHolder(
                holder: holder, epoch: row.epoch, processID: process.processID,
                expiresIn: .milliseconds(row.expires) - now)
        }
    }

    /// - Throws: `fenced` if it was given back or taken by another since.
    @discardableResult
    private func check(_ lease: Lease, in db: Database) throws -> LeaseRow {
        guard let row = try LeaseRow.read(lease.scope, from: db), row.epoch == lease.epoch, row.holder == lease.holder
        else {
            throw JournalError(
                .fenced, operation: "use the lease \(lease.scope.key)",
                detail: "epoch \(lease.epoch) is over: another process has taken it, or it was given back")
        }
        return row
    }
}

// Rows and transactions.
extension SQLiteJournal {
    /// The heads as of the transaction's snapshot.
    private func current(_ db: Database) throws -> Cached {
        let head = Revision(UInt64(try Int64.fetchOne(db, sql: "SELECT max(revision) FROM fact") ?? 0))
        if let cached = cached.withLock({ $0 }), cached.head == head { return cached }
        let read = Cached(heads: try Heads.read(from: db, reading: reading), head: head)
        cached.withLock { $0 = read }
        return read
    }

    private func alreadySeen(_ facts: [Fact], in db: Database) throws -> Set<RecordKey> {
        let keys = facts.compactMap { fact in
            if case .recordSeen(let key, _, _, _, _) = fact { key } else { nil }
        }
        return Set(try db.firstSeen(of: keys).keys)
    }

    private func write(_ fact: Fact, at revision: Revision, in db: Database) throws {
        let statement = try db.cachedStatement(sql: "INSERT INTO fact (revision, kind, at, body) VALUES (?, ?, ?, ?)")
        try statement.execute(arguments: [
            Int64(clamping: revision.value), fact.kind, fact.time?.secondsSince1970, Data(Packer.pack(fact)),
        ])
    }

    private func write(_ ended: [EndedFact], at revision: Revision, in db: Database) throws {
        for (ordinal, fact) in ended.enumerated() {
            let statement = try db.cachedStatement(sql: "INSERT INTO ended (revision, ordinal, body) VALUES (?, ?, ?)")
            try statement.execute(arguments: [Int64(clamping: revision.value), ordinal, Data(Packer.pack(fact))])
        }
    }

    func perform<Value: Sendable>(
        _ operation: String, writing: Bool = false,
        _ body: @escaping @Sendable (SQLiteJournal, Database) throws -> Value
    ) async throws(JournalError) -> Value {
        try await perform(operation, writing: writing, body, finally: { $1 })
    }

    /// Runs `body` in one transaction on the connection's queue, and `finally` once it is committed.
    private func perform<Value: Sendable, Outcome: Sendable>(
        _ operation: String, writing: Bool,
        _ body: @escaping @Sendable (SQLiteJournal, Database) throws -> Value,
        finally: @escaping @Sendable (SQLiteJournal, Value) -> Outcome
    ) async throws(JournalError) -> Outcome {
        let result: Result<Outcome, JournalError> = await withCheckedContinuation { continuation in
            queue.asyncWriteWithoutTransaction { db in
                let result = Result<Outcome, any Error> {
                    var value: Value?
                    try db.inTransaction(writing ? .immediate : .deferred) {
                        value = try body(self, db)
                        return .commit
                    }
                    guard let value else { preconditionFailure("a transaction that commits has run") }
                    return finally(self, value)
                }
                continuation.resume(returning: result.mapError { JournalError($0, during: operation) })
            }
        }
        return try result.get()
    }
}

extension Database {
    fileprivate func firstSeen(of records: [RecordKey]) throws -> [RecordKey: Timestamp] {
        var times: [RecordKey: Timestamp] = [:]
        for key in records {
            let statement = try cachedStatement(sql: "SELECT first_seen FROM evidence WHERE key = ?")
            if let time = try Int64.fetchOne(statement, arguments: [key.hex]) {
                times[key] = Timestamp(secondsSince1970: time)
            }
        }
        return times
    }
}
