// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import Planning
import TestKit
import Testing
import Vocabulary

@testable import Journal

@Suite("What the journal has taken") struct DurabilityTests {
    @Test("is on disk: write-ahead log with FULL, set after opening") func synchronous() async throws {
        let store = try Store { db in
            let synchronous = try Int.fetchOne(db, sql: "PRAGMA synchronous")
            let mode = try String.fetchOne(db, sql: "PRAGMA journal_mode")
            #expect(synchronous == 2)
            #expect(mode == "wal")
        }
        try await store.journal.append(
            [.tipAccepted(try Sample.commit("tip"), at: Sample.time(1))], under: nil, expecting: nil)
    }

    @Test("is nobody else's to read") func modes() async throws {
        let store = try Store()
        try await store.journal.append(
            [.tipAccepted(try Sample.commit("tip"), at: Sample.time(1))], under: nil, expecting: nil)
        for name in ["journal.sqlite", "journal.sqlite-wal", "journal.sqlite-shm"] {
            let mode = try FileManager.default.attributesOfItem(atPath: store.folder.file(name))[.posixPermissions]
            #expect(mode as? Int == 0o600, "\(name)")
        }
    }

    @Test("outlives the process that is killed right after it, and what it was about to take is not there")
    func killedBetweenAppends() async throws {
        let folder = try TemporaryFolder("journal")
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = folder.file("journal.sqlite") as String] in
            let journal = InterruptingJournal(
                try SQLiteJournal(path: path, reading: Sample.reading),
                before: { facts in if facts.count == 2 { kill(getpid(), SIGKILL) } })
            _ = try await journal.acquire(.leader, for: HolderID("killed"), lasting: .seconds(3600))
            try await journal.append(
                [.tipAccepted(try Sample.commit("one"), at: Sample.time(1))], under: nil, expecting: nil)
            try await journal.append(
                [
                    .tipAccepted(try Sample.commit("two"), at: Sample.time(2)),
                    .tipAccepted(try Sample.commit("three"), at: Sample.time(3)),
                ], under: nil, expecting: nil)
        }
        let journal = try SQLiteJournal(path: folder.file("journal.sqlite"), reading: Sample.reading)
        #expect(try await journal.history().history.acceptedTip == (try Sample.commit("one")))
        // And the next process goes on at once: the killed one's lease is nobody's.
        #expect(try await journal.acquire(.leader, for: HolderID("next"), lasting: .seconds(60)) != nil)
    }

    @Test(
        "in one append is all there or none of it, wherever the process is killed",
        arguments: ["fact", "slot", "ended"])
    func killedWithin(table: String) async throws {
        let folder = try TemporaryFolder("journal")
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [path = folder.file("journal.sqlite") as String, table = table as String] in
            let journal = try SQLiteJournal(
                path: path, reading: Sample.reading, clock: .host,
                prepare: { db in
                    // SQLite itself calls this in the middle of the transaction that is to be torn.
                    db.add(
                        function: DatabaseFunction("die", argumentCount: 1) { values in
                            if Int.fromDatabaseValue(values[0]) == 1 { kill(getpid(), SIGKILL) }
                            return nil
                        })
                    try db.execute(
                        sql: """
                            CREATE TEMP TRIGGER die AFTER INSERT ON main.\(table) BEGIN
                                SELECT die((SELECT count(*) FROM main.fact) > 2 AND '\(table)' <> 'fact'
                                    OR (SELECT count(*) FROM main.fact) > 4); END
                            """)
                })
            try await journal.append(DurabilityTests.pushed("first", at: 1), under: nil, expecting: nil)
        }
        let journal = try SQLiteJournal(path: folder.file("journal.sqlite"), reading: Sample.reading)
        let before = try await journal.history()
        #expect(before.head == Revision(0))
        #expect(before.history.slots.isEmpty)
        #expect(try await journal.ended(after: Revision(0)).isEmpty)
        try await journal.append(Self.pushed("first", at: 1), under: nil, expecting: before.head)
        #expect(try await journal.history().history.slots[Sample.slot()]?.sequence == 1)
    }

    static func pushed(_ name: String, at minute: Int64) throws -> [Fact] {
        let batch = BatchID("00000000000000b1"), intent = try Sample.intent(name)
        return [
            .epochBegun(try Sample.epoch(), at: Sample.time(minute)),
            .tipAccepted(try Sample.commit("tip"), at: Sample.time(minute)),
            .intended(batch, try Sample.name("edge-1"), [intent], at: Sample.time(minute)), .switching(batch),
            .ended(batch, [intent.workOrder: .completed], at: Sample.time(minute)),
        ]
    }

    @Test("is what the hooks around an append say it is") func hooks() async throws {
        let store = try Store()
        let failure = JournalError(.full, operation: "append", detail: "injected")
        let fact = Fact.tipAccepted(try Sample.commit("tip"), at: Sample.time(1))
        let refusing = InterruptingJournal(store.journal, before: { (_) throws(JournalError) in throw failure })
        await #expect(throws: failure) { try await refusing.append([fact], under: nil, expecting: nil) }
        #expect(try await refusing.history().head == Revision(0))
        let forgetting = InterruptingJournal(store.journal, after: { (_) throws(JournalError) in throw failure })
        await #expect(throws: failure) { try await forgetting.append([fact], under: nil, expecting: nil) }
        #expect(try await forgetting.history().head == Revision(1))
    }
}
