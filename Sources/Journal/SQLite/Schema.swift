// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import GRDB

/// The tables, and the marks by which a file is known to be a journal of this format.
///
/// `fact` is append-only and is the truth; every other table but `lease`, `evidence` and those of alerts is a fold of it, kept so
/// that a start reads what is open and never all that ever finished.
enum Schema {
    /// Rises with any change of a table or of a packed value.
    static let format = 1
    /// "CSJ1" in SQLite's `application_id`.
    static let application = 0x4353_4a31

    static let statements = """
        CREATE TABLE fact (revision INTEGER PRIMARY KEY, kind TEXT NOT NULL, at INTEGER, body BLOB NOT NULL) STRICT;
        CREATE TABLE meta (key TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT;
        CREATE TABLE slot (device TEXT NOT NULL, path TEXT NOT NULL, body BLOB NOT NULL,
            PRIMARY KEY (device, path)) STRICT;
        CREATE TABLE batch (id TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT;
        CREATE TABLE work_order (digest TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT;
        CREATE TABLE device (name TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT;
        CREATE TABLE record (key TEXT PRIMARY KEY) STRICT;
        CREATE TABLE record_line (subject BLOB NOT NULL, record TEXT NOT NULL REFERENCES record(key) ON DELETE CASCADE,
            PRIMARY KEY (subject, record)) STRICT;
        CREATE INDEX record_line_record ON record_line (record);
        CREATE TABLE evidence (key TEXT PRIMARY KEY, commit_id TEXT NOT NULL, raw BLOB NOT NULL, placement BLOB,
            first_seen INTEGER NOT NULL) STRICT;
        CREATE TABLE ended (revision INTEGER NOT NULL, ordinal INTEGER NOT NULL, body BLOB NOT NULL,
            PRIMARY KEY (revision, ordinal)) STRICT;
        CREATE TABLE lease (scope TEXT PRIMARY KEY, epoch INTEGER NOT NULL, holder TEXT, process BLOB,
            expires INTEGER NOT NULL) STRICT;
        """

    /// Not part of the format: made where they are missing, also in a file that an earlier version wrote.
    static let indices = "CREATE INDEX IF NOT EXISTS evidence_commit ON evidence (commit_id)"

    /// Makes the tables in a new file; refuses one that is something else or of a later format.
    static func prepare(_ db: Database) throws {
        let application = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
        let format = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        if application == self.application {
            guard format <= self.format else {
                throw JournalError(
                    .newerFormat, operation: "open the journal",
                    detail: "its format is \(format), this version of countersign knows up to \(self.format)")
            }
            try db.execute(sql: indices)
            try db.execute(sql: AlertTables.statements)
            return
        }
        let tables = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") ?? 0
        guard application == 0, format == 0, tables == 0 else {
            throw JournalError(
                .corrupt, operation: "open the journal", detail: "the file is another program's database")
        }
        try db.execute(sql: statements)
        try db.execute(sql: indices)
        try db.execute(sql: AlertTables.statements)
        try db.execute(sql: "PRAGMA application_id = \(self.application)")
        try db.execute(sql: "PRAGMA user_version = \(self.format)")
    }
}
