// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Foundation
internal import GRDB
internal import Planning
internal import Vocabulary

// The fold's heads as rows: read at a start, and written where a fact moved them.

extension Heads {
    static func read(from db: Database, reading: RecordReading) throws -> Heads {
        var heads = Heads()
        if let meta = try MetaRow.read(from: db) { meta.put(into: &heads) }
        heads.history.epochBegunAt = try EpochRow.read(from: db)
        heads.history.stood = try StoodRow.read(from: db)
        heads.history.emergencies = try EmergencyRow.read(from: db)
        heads.history.revocations = try RevocationRow.read(from: db)
        (heads.history.tenures, heads.history.removedZones) = try TenureRow.read(from: db)
        try db.forEachBody("SELECT body FROM device") { unpacker in
            let name = try unpacker.value(DeviceName.self)
            heads.history.tokens[name] = try unpacker.optional()
            heads.history.unreachable[name] = try unpacker.optional()
            heads.observedAt[name] = try unpacker.optional()
        }
        let slots = try Int.fetchOne(db, sql: "SELECT count(*) FROM slot") ?? 0
        heads.history.slots.reserveCapacity(slots)
        try db.forEachBody("SELECT body FROM slot") { unpacker in
            let slot = try unpacker.value(SlotKey.self)
            var head = try unpacker.value(SlotHead.self)
            if head.observed != nil, let time = heads.observedAt[slot.device] {
                head.observedAt = max(head.observedAt ?? time, time)
            }
            heads.add(head, of: slot)
        }
        try db.forEachBody("SELECT body FROM batch") { unpacker in
            let batch = try unpacker.value(OpenBatch.self)
            heads.history.openBatches[batch.id] = batch
        }
        // The highest row is no count, but a count reads them all once more.
        let orders = try Int.fetchOne(db, sql: "SELECT max(rowid) FROM work_order") ?? 0
        heads.history.workOrders.reserveCapacity(min(orders, max(slots, 1 << 17)))
        try db.forEachBody("SELECT body FROM work_order") { unpacker in
            let (digest, slot) = (try unpacker.value(WorkOrderDigest.self), try unpacker.value(SlotKey.self))
            heads.add(try unpacker.value(WorkOrderFacts.self), of: digest, slot: slot)
        }
        try heads.readRecords(from: db, reading: reading)
        return heads
    }

    private mutating func readRecords(from db: Database, reading: RecordReading) throws {
        var subjects: [String: Set<ApprovalCase.Subject>] = [:]
        let lines = try Row.fetchCursor(db, sql: "SELECT subject, record FROM record_line")
        while let row = try lines.next() {
            let subject = try Unpacker.unpack(ApprovalCase.Subject.self, from: Array(row[0] as Data))
            subjects[row[1], default: []].insert(subject)
        }
        let records = try Row.fetchCursor(
            db,
            sql: """
                SELECT evidence.key, commit_id, raw, placement, first_seen
                FROM record JOIN evidence ON evidence.key = record.key
                """)
        while let row = try records.next() {
            let evidence = try EvidenceRow(row)
            guard let signed = reading(evidence.key, evidence.commit, evidence.raw) else {
                throw UnpackError(detail: "record \(evidence.key) cannot be read any more")
            }
            add(
                SeenRecord(signed: signed, firstSeen: evidence.firstSeen, placement: evidence.placement),
                decidesOn: subjects[evidence.key.hex] ?? [])
        }
    }

    func write(_ changes: HeadChanges, to db: Database) throws {
        for slot in changes.slots {
            try db.put("slot", ["device", "path"], [slot.device.text, slot.path], history.slots[slot]) { packer, head in
                packer.add(slot)
                packer.add(head)
            }
        }
        for id in changes.batches {
            try db.put("batch", ["id"], [id.text], history.openBatches[id]) { $0.add($1) }
        }
        for (digest, slot) in changes.workOrders {
            try db.put("work_order", ["digest"], [digest.hex], history.workOrders[digest]) { packer, facts in
                packer.add(digest)
                packer.add(slot)
                packer.add(facts)
            }
        }
        for device in changes.devices {
            let known = history.tokens[device] != nil || history.unreachable[device] != nil || observedAt[device] != nil
            try db.put("device", ["name"], [device.text], known ? device : nil) { packer, device in
                packer.add(device)
                packer.add(history.tokens[device])
                packer.add(history.unreachable[device])
                packer.add(observedAt[device])
            }
        }
        try writeRecords(changes, to: db)
        if changes.emergencies { try EmergencyRow.write(history.emergencies, to: db) }
        for leaf in changes.revocations { try RevocationRow.write(leaf, history.revocations[leaf], to: db) }
        if changes.tenures { try TenureRow.write(history.tenures, history.removedZones, to: db) }
        if changes.stood { try StoodRow.write(history.stood, to: db) }
        if changes.epochBegun, let begun = history.epochBegunAt { try EpochRow.write(begun, to: db) }
        try MetaRow(of: self).write(to: db)
    }

    private func writeRecords(_ changes: HeadChanges, to db: Database) throws {
        if changes.recordsCleared { try db.execute(sql: "DELETE FROM record") }
        for key in changes.records {
            guard let record = history.records[key] else {
                try db.execute(literal: "DELETE FROM record WHERE key = \(key.hex)")
                continue
            }
            try db.execute(literal: "INSERT OR IGNORE INTO record (key) VALUES (\(key.hex))")
            for subject in record.signed.record.subjects where lines[subject]?.contains(key) == true {
                let bytes = Data(Packer.pack(subject))
                try db.execute(
                    literal: "INSERT OR IGNORE INTO record_line (subject, record) VALUES (\(bytes), \(key.hex))")
            }
        }
        for subject in changes.subjectsEnded {
            try db.execute(literal: "DELETE FROM record_line WHERE subject = \(Data(Packer.pack(subject)))")
        }
    }
}

/// What there is one of.
private struct MetaRow: Packed {
    var epoch: Epoch?
    var tip: ObjectID?
    var trustSet: History.AcceptedTrustSet?
    var beginning: History.Beginning?
    var latest: Timestamp?
    var published: ObjectID?
    var publishedUpTo: Revision?

    init(of heads: Heads) {
        (epoch, tip, trustSet) = (heads.history.epoch, heads.history.acceptedTip, heads.history.trustSet)
        (latest, published) = (heads.history.latest, heads.history.published)
        publishedUpTo = heads.publishedUpTo
        beginning = heads.history.beginning
    }

    func put(into heads: inout Heads) {
        (heads.history.epoch, heads.history.acceptedTip, heads.history.trustSet) = (epoch, tip, trustSet)
        (heads.history.latest, heads.history.published) = (latest, published)
        heads.publishedUpTo = publishedUpTo
        heads.history.beginning = beginning
    }

    func pack(into packer: inout Packer) {
        packer.add(epoch)
        packer.add(tip)
        packer.add(trustSet)
        packer.add(latest)
        packer.add(published)
        packer.add(publishedUpTo) { $0.add($1.value) }
        packer.add(beginning)
    }

    init(from unpacker: inout Unpacker) throws(UnpackError) {
        epoch = try unpacker.optional()
        tip = try unpacker.optional()
        trustSet = try unpacker.optional()
        latest = try unpacker.optional()
        published = try unpacker.optional()
        publishedUpTo = try unpacker.optional { (unpacker) throws(UnpackError) in Revision(try unpacker.unsigned()) }
        beginning = try unpacker.optional()
    }

    static func read(from db: Database) throws -> MetaRow? {
        guard let body = try Data.fetchOne(db, sql: "SELECT body FROM meta WHERE key = 'heads'") else { return nil }
        return try Unpacker.unpack(MetaRow.self, from: Array(body))
    }

    func write(to db: Database) throws {
        let body = Data(Packer.pack(self))
        try db.execute(literal: "INSERT OR REPLACE INTO meta (key, body) VALUES ('heads', \(body))")
    }
}

/// When the epoch began.
private enum EpochRow {
    static func read(from db: Database) throws -> Timestamp? {
        if let body = try Data.fetchOne(db, sql: "SELECT body FROM meta WHERE key = 'epochBegun'") {
            return try Unpacker.unpack(Timestamp.self, from: Array(body))
        }
        // A journal from before there was this row: once, until the next epoch.
        let last = "SELECT at FROM fact WHERE kind = 'epochBegun' ORDER BY revision DESC LIMIT 1"
        return try Int64.fetchOne(db, sql: last).map(Timestamp.init(secondsSince1970:))
    }

    static func write(_ begun: Timestamp, to db: Database) throws {
        let body = Data(Packer.pack(begun))
        try db.execute(literal: "INSERT OR REPLACE INTO meta (key, body) VALUES ('epochBegun', \(body))")
    }
}

/// What began of the last day without people.
private enum StoodRow {
    struct Use: Packed {
        var digest: WorkOrderDigest
        var stood: History.Stood

        init(digest: WorkOrderDigest, stood: History.Stood) { (self.digest, self.stood) = (digest, stood) }
        func pack(into packer: inout Packer) {
            packer.add(digest)
            packer.add(stood)
        }
        init(from unpacker: inout Unpacker) throws(UnpackError) {
            self.init(digest: try unpacker.value(), stood: try unpacker.value())
        }
    }
    struct Uses: Packed {
        var uses: [Use]

        init(uses: [Use]) { self.uses = uses }
        func pack(into packer: inout Packer) { packer.add(uses) }
        init(from unpacker: inout Unpacker) throws(UnpackError) { uses = try unpacker.list() }
    }

    static func read(from db: Database) throws -> [WorkOrderDigest: History.Stood] {
        guard let body = try Data.fetchOne(db, sql: "SELECT body FROM meta WHERE key = 'stood'") else { return [:] }
        let uses = try Unpacker.unpack(Uses.self, from: Array(body)).uses
        return Dictionary(uses.map { ($0.digest, $0.stood) }) { first, _ in first }
    }

    static func write(_ stood: [WorkOrderDigest: History.Stood], to db: Database) throws {
        let uses = stood.sorted { $0.key < $1.key }.map { Use(digest: $0.key, stood: $0.value) }
        let body = Data(Packer.pack(Uses(uses: uses)))
        try db.execute(literal: "INSERT OR REPLACE INTO meta (key, body) VALUES ('stood', \(body))")
    }
}

/// Every emergency: there are few.
private enum EmergencyRow {
    struct One: Packed {
        var digest: WorkOrderDigest
        var emergency: History.Emergency

        init(digest: WorkOrderDigest, emergency: History.Emergency) {
            (self.digest, self.emergency) = (digest, emergency)
        }
        func pack(into packer: inout Packer) {
            packer.add(digest)
            packer.add(emergency)
        }
        init(from unpacker: inout Unpacker) throws(UnpackError) {
            self.init(digest: try unpacker.value(), emergency: try unpacker.value())
        }
    }
    struct All: Packed {
        var all: [One]

        init(all: [One]) { self.all = all }
        func pack(into packer: inout Packer) { packer.add(all) }
        init(from unpacker: inout Unpacker) throws(UnpackError) { all = try unpacker.list() }
    }

    static func read(from db: Database) throws -> [WorkOrderDigest: History.Emergency] {
        guard let body = try Data.fetchOne(db, sql: "SELECT body FROM meta WHERE key = 'emergencies'") else {
            return [:]
        }
        let all = try Unpacker.unpack(All.self, from: Array(body)).all
        return Dictionary(all.map { ($0.digest, $0.emergency) }) { first, _ in first }
    }

    static func write(_ emergencies: [WorkOrderDigest: History.Emergency], to db: Database) throws {
        let all = emergencies.sorted { $0.key < $1.key }.map { One(digest: $0.key, emergency: $0.value) }
        let body = Data(Packer.pack(All(all: all)))
        try db.execute(literal: "INSERT OR REPLACE INTO meta (key, body) VALUES ('emergencies', \(body))")
    }
}

/// What is known of one certificate's revocation.
private enum RevocationRow {
    private static let prefix = "revocation "

    static func read(from db: Database) throws -> [Fingerprint: Revocation] {
        var all: [Fingerprint: Revocation] = [:]
        let rows = try Row.fetchCursor(
            db, sql: "SELECT key, body FROM meta WHERE key >= ? AND key < ?", arguments: [prefix, "revocation!"])
        while let row = try rows.next() {
            guard let leaf = Fingerprint(hex: String((row[0] as String).dropFirst(prefix.count))) else { continue }
            all[leaf] = try Unpacker.unpack(Revocation.self, from: Array(row[1] as Data))
        }
        return all
    }

    static func write(_ leaf: Fingerprint, _ known: Revocation?, to db: Database) throws {
        let key = prefix + leaf.hex
        guard let known else { return try db.execute(literal: "DELETE FROM meta WHERE key = \(key)") }
        let body = Data(Packer.pack(known))
        try db.execute(literal: "INSERT OR REPLACE INTO meta (key, body) VALUES (\(key), \(body))")
    }
}

/// Which zones answer for devices that have changed theirs: there are few.
private enum TenureRow {
    struct One: Packed {
        var device: DeviceName
        var tenure: Tenure

        init(device: DeviceName, tenure: Tenure) { (self.device, self.tenure) = (device, tenure) }
        func pack(into packer: inout Packer) {
            packer.add(device)
            packer.add(tenure)
        }
        init(from unpacker: inout Unpacker) throws(UnpackError) {
            self.init(device: try unpacker.value(), tenure: try unpacker.value())
        }
    }
    struct All: Packed {
        var all: [One]
        var removed: [ZoneName]

        init(all: [One], removed: [ZoneName]) { (self.all, self.removed) = (all, removed) }
        func pack(into packer: inout Packer) {
            packer.add(all)
            packer.add(removed)
        }
        init(from unpacker: inout Unpacker) throws(UnpackError) {
            self.init(all: try unpacker.list(), removed: try unpacker.list())
        }
    }

    static func read(from db: Database) throws -> ([DeviceName: Tenure], Set<ZoneName>) {
        guard let body = try Data.fetchOne(db, sql: "SELECT body FROM meta WHERE key = 'tenures'") else {
            return ([:], [])
        }
        let row = try Unpacker.unpack(All.self, from: Array(body))
        return (Dictionary(row.all.map { ($0.device, $0.tenure) }) { first, _ in first }, Set(row.removed))
    }

    static func write(_ tenures: [DeviceName: Tenure], _ removed: Set<ZoneName>, to db: Database) throws {
        let all = tenures.sorted { $0.key < $1.key }.map { One(device: $0.key, tenure: $0.value) }
        let body = Data(Packer.pack(All(all: all, removed: removed.sorted())))
        try db.execute(literal: "INSERT OR REPLACE INTO meta (key, body) VALUES ('tenures', \(body))")
    }
}

/// A record's commit as it was first seen.
struct EvidenceRow {
    var key: RecordKey
    var commit: ObjectID
    var raw: [UInt8]
    var placement: Refusal?
    var firstSeen: Timestamp

    /// From `key, commit_id, raw, placement, first_seen`.
    init(_ row: Row) throws {
        guard let key = RecordKey(hex: row[0] as String), let commit = ObjectID(hex: row[1] as String) else {
            throw UnpackError(detail: "evidence under no record's name")
        }
        (self.key, self.commit, raw) = (key, commit, Array(row[2] as Data))
        placement = try (row[3] as Data?).map { try Unpacker.unpack(Refusal.self, from: Array($0)) }
        firstSeen = Timestamp(secondsSince1970: row[4])
    }

    static func write(
        _ key: RecordKey, commit: ObjectID, raw: [UInt8], placement: Refusal?, firstSeen: Timestamp, to db: Database
    ) throws {
        let refusal = placement.map { Data(Packer.pack($0)) }
        try db.execute(
            literal: """
                INSERT INTO evidence (key, commit_id, raw, placement, first_seen)
                VALUES (\(key.hex), \(commit.hex), \(Data(raw)), \(refusal), \(firstSeen.secondsSince1970))
                """)
    }
}

extension Database {
    /// Each row's `body`, borrowed for the call: ten thousand copies cost more than reading them.
    fileprivate func forEachBody(_ sql: String, _ body: (inout Unpacker) throws -> Void) throws {
        let rows = try Row.fetchCursor(self, sql: sql)
        while let row = try rows.next() {
            try row.withUnsafeData(atIndex: 0) { data in
                guard let data else { throw UnpackError(detail: "a row without a body") }
                try data.withUnsafeBytes { bytes in
                    var unpacker = Unpacker(bytes)
                    try body(&unpacker)
                    guard unpacker.isAtEnd else { throw UnpackError(detail: "bytes are left over") }
                }
            }
        }
    }

    /// Writes the row, or deletes it where there is no value.
    fileprivate func put<Value>(
        _ table: String, _ columns: [String], _ key: [String], _ value: Value?,
        _ pack: (inout Packer, Value) -> Void
    ) throws {
        let arguments = StatementArguments(key)
        guard let value else {
            let condition = columns.map { "\($0) = ?" }.joined(separator: " AND ")
            return try cachedStatement(sql: "DELETE FROM \(table) WHERE \(condition)").execute(arguments: arguments)
        }
        var packer = Packer()
        pack(&packer, value)
        let names = (columns + ["body"]).joined(separator: ", ")
        let marks = repeatElement("?", count: columns.count + 1).joined(separator: ", ")
        let statement = try cachedStatement(sql: "INSERT OR REPLACE INTO \(table) (\(names)) VALUES (\(marks))")
        try statement.execute(arguments: arguments + [Data(packer.bytes)])
    }
}
