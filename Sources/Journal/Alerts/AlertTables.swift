// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import GRDB
internal import Planning
internal import Vocabulary

/// What was told, and what is still to be: beside the facts, and no part of what decides over pushes. Losing it tells people twice.
enum AlertTables {
    /// Made where they are missing, also in a file that an earlier version wrote. A row of `outbox` with an empty batch waits to be
    /// put into one; a batch is sent as it is until it has arrived.
    static let statements = """
        CREATE TABLE IF NOT EXISTS alert_memory (key TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT;
        CREATE TABLE IF NOT EXISTS outbox (channel TEXT NOT NULL, recipient TEXT NOT NULL, batch TEXT NOT NULL,
            alert TEXT NOT NULL, urgency INTEGER NOT NULL, body BLOB NOT NULL,
            PRIMARY KEY (channel, recipient, batch, alert)) STRICT;
        CREATE TABLE IF NOT EXISTS outbox_line (channel TEXT NOT NULL, recipient TEXT NOT NULL, batch TEXT NOT NULL,
            failures INTEGER NOT NULL, failing_since INTEGER, problem TEXT, next_try INTEGER NOT NULL,
            claimed_until INTEGER NOT NULL, delivered INTEGER, PRIMARY KEY (channel, recipient)) STRICT;
        """
}

/// The memory as rows: `told …`, `waiting …`, `signed …`, `lost …`.
enum AlertMemoryRows {
    static func rows(_ memory: AlertMemory) -> [String: Data] {
        var rows: [String: Data] = [:]
        for (id, told) in memory.told { rows["told \(id.text)"] = Data(Packer.pack(told)) }
        for (errand, since) in memory.waiting { rows["waiting \(errand)"] = Data(Packer.pack(since)) }
        for digest in memory.signed { rows["signed \(digest)"] = Data() }
        for digest in memory.lost { rows["lost \(digest)"] = Data() }
        return rows
    }

    static func read(from db: Database) throws -> AlertMemory {
        var memory = AlertMemory()
        let rows = try Row.fetchCursor(db, sql: "SELECT key, body FROM alert_memory")
        while let row = try rows.next() {
            let key: String = row[0]
            let name = String(key.drop { $0 != " " }.dropFirst())
            let kind = key.prefix { $0 != " " }
            switch kind {
            case "told":
                let told = try Unpacker.unpack(AlertMemory.Told.self, from: Array(row[1] as Data))
                memory.told[told.alert.id] = told
            case "waiting":
                memory.waiting[name] = try Unpacker.unpack(Timestamp.self, from: Array(row[1] as Data))
            case "signed": memory.signed.insert(name)
            case "lost": memory.lost.insert(name)
            default: break
            }
        }
        return memory
    }

    /// Only what has changed.
    static func write(_ new: AlertMemory, replacing old: AlertMemory, to db: Database) throws {
        guard new != old else { return }
        let (before, after) = (rows(old), rows(new))
        for (key, body) in after where before[key] != body {
            let statement = try db.cachedStatement(sql: "INSERT OR REPLACE INTO alert_memory (key, body) VALUES (?, ?)")
            try statement.execute(arguments: [key, body])
        }
        for key in before.keys where after[key] == nil {
            try db.cachedStatement(sql: "DELETE FROM alert_memory WHERE key = ?").execute(arguments: [key])
        }
    }
}

/// One line of the outbox: a channel, or one person of a channel for approvers.
struct OutboxLine {
    var channel: String
    /// Empty: everybody.
    var recipient: String
    /// What is on its way; empty: nothing.
    var batch = ""
    var failures = 0
    var failingSince: Int64?
    var problem: String?
    var nextTry: Int64 = 0
    var claimedUntil: Int64 = 0
    var delivered: Int64?

    init(channel: String, recipient: String) { (self.channel, self.recipient) = (channel, recipient) }

    init(_ row: Row) {
        channel = row[0]
        recipient = row[1]
        batch = row[2]
        failures = row[3]
        failingSince = row[4]
        problem = row[5]
        nextTry = row[6]
        claimedUntil = row[7]
        delivered = row[8]
    }

    private static let columns =
        "channel, recipient, batch, failures, failing_since, problem, next_try, claimed_until, delivered"

    static func all(from db: Database) throws -> [OutboxLine] {
        try Row.fetchAll(db, sql: "SELECT \(columns) FROM outbox_line ORDER BY channel, recipient").map {
            OutboxLine($0)
        }
    }

    static func read(_ channel: String, _ recipient: String, from db: Database) throws -> OutboxLine? {
        try Row.fetchOne(
            db, sql: "SELECT \(columns) FROM outbox_line WHERE channel = ? AND recipient = ?",
            arguments: [channel, recipient]
        ).map { OutboxLine($0) }
    }

    func write(to db: Database) throws {
        try db.execute(
            sql: "INSERT OR REPLACE INTO outbox_line (\(Self.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            arguments: [
                channel, recipient, batch, failures, failingSince, problem, nextTry, claimedUntil, delivered,
            ])
    }

    var failure: ChannelStanding.Failure? {
        guard failures > 0, let failingSince else { return nil }
        return ChannelStanding.Failure(
            since: Timestamp(secondsSince1970: failingSince), problem: problem ?? "", attempts: failures,
            nextTry: Timestamp(secondsSince1970: nextTry))
    }
}
