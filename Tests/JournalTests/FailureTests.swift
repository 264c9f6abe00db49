// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import Planning
import TestKit
import Testing
import Vocabulary

@testable import Journal

@Suite("A journal that cannot be used") struct FailureTests {
    private func code(opening path: String) -> JournalError.Code? {
        do { _ = try SQLiteJournal(path: path, reading: Sample.reading) } catch { return error.code }
        return nil
    }

    @Test("says that the disk is full, keeps what it had and goes on when there is room") func full() async throws {
        let store = try Store { db in try db.execute(sql: "PRAGMA max_page_count = 60") }
        let tip = Fact.tipAccepted(try Sample.commit("tip"), at: Sample.time(1))
        try await store.journal.append([tip], under: nil, expecting: nil)
        var large = try Sample.observation("leaf")
        large.leafDER = [UInt8](repeating: 7, count: 1 << 20)
        let fact = Fact.observed(
            try Sample.name("edge-1"), token: DeviceStateToken("t"), changed: [large], at: Sample.time(2))
        #expect(await journalCode { try await store.journal.append([fact], under: nil, expecting: nil) } == .full)
        let after = try await store.journal.history()
        #expect(after.head == Revision(1))
        #expect(after.history.slots.isEmpty)
        try await store.journal.append([tip], under: nil, expecting: after.head)
    }

    @Test("because it is no database is corrupt") func garbage() throws {
        let folder = try TemporaryFolder("journal")
        try folder.write(String(repeating: "not a database ", count: 400), to: "journal.sqlite")
        #expect(code(opening: folder.file("journal.sqlite")) == .corrupt)
    }

    @Test("because it is another program's database is corrupt, and left as it is") func foreign() throws {
        let folder = try TemporaryFolder("journal")
        let path = folder.file("journal.sqlite")
        try DatabaseQueue(path: path).write { try $0.execute(sql: "CREATE TABLE theirs (a)") }
        #expect(code(opening: path) == .corrupt)
        #expect(try DatabaseQueue(path: path).read { try $0.tableExists("theirs") && !$0.tableExists("fact") })
    }

    @Test("because a later version wrote it says so") func newer() throws {
        let store = try Store()
        try DatabaseQueue(path: store.path).inDatabase { try $0.execute(sql: "PRAGMA user_version = 2") }
        #expect(code(opening: store.path) == .newerFormat)
    }

    @Test("because there is a folder, a link or nothing to write into is not writable") func notWritable() throws {
        let folder = try TemporaryFolder("journal")
        try folder.makeFolder("journal.sqlite")
        #expect(code(opening: folder.file("journal.sqlite")) == .notWritable)
        #expect(code(opening: folder.file("absent/journal.sqlite")) == .notWritable)
        try FileManager.default.createSymbolicLink(
            atPath: folder.file("link.sqlite"), withDestinationPath: folder.file("elsewhere.sqlite"))
        #expect(code(opening: folder.file("link.sqlite")) == .notWritable)
        #expect(!folder.exists("elsewhere.sqlite"))
    }

    @Test("because a row was damaged is corrupt, and says of what") func damaged() async throws {
        let store = try Store()
        try await store.journal.append(
            [
                .observed(
                    try Sample.name("edge-1"), token: DeviceStateToken("t"), changed: [try Sample.observation("leaf")],
                    at: Sample.time(1))
            ],
            under: nil, expecting: nil)
        try DatabaseQueue(path: store.path).inDatabase {
            try $0.execute(sql: "UPDATE slot SET body = substr(body, 1, length(body) - 3)")
        }
        #expect(await journalCode { _ = try await store.reopened().history() } == .corrupt)
    }

    @Test("because another process is in the middle of a write is busy") func busy() async throws {
        let store = try Store { try $0.execute(sql: "PRAGMA busy_timeout = 50") }
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: store.path, configuration: configuration)
        try other.inDatabase { try $0.execute(sql: "BEGIN IMMEDIATE") }
        let fact = Fact.tipAccepted(try Sample.commit("tip"), at: Sample.time(1))
        #expect(await journalCode { try await store.journal.append([fact], under: nil, expecting: nil) } == .busy)
        try other.inDatabase { try $0.execute(sql: "ROLLBACK") }
        try await store.journal.append([fact], under: nil, expecting: nil)
    }

    @Test("for a fact that does not fit takes none of its append") func misfit() async throws {
        let store = try Store()
        let tip = Fact.tipAccepted(try Sample.commit("tip"), at: Sample.time(1))
        #expect(
            await journalCode {
                try await store.journal.append([tip, .switching(BatchID("b"))], under: nil, expecting: nil)
            } == .conflict)
        #expect(try await store.journal.history().head == Revision(0))
    }
}
