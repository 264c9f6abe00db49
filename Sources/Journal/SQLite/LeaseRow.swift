// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import GRDB
internal import Planning
internal import Vocabulary

/// One scope's lease as it lies in the store. The row stays when a lease is given back, so that the epoch only rises.
struct LeaseRow {
    var epoch: UInt64
    var holder: HolderID?
    var process: ProcessIdentity?
    /// On the boot clock of `process.boot`, in milliseconds.
    var expires: Int64

    static func read(_ scope: Lease.Scope, from db: Database) throws -> LeaseRow? {
        let sql = "SELECT epoch, holder, process, expires FROM lease WHERE scope = ?"
        let row = try Row.fetchOne(db, sql: sql, arguments: [scope.key])
        return try row.map { row in
            LeaseRow(
                epoch: row[0], holder: (row[1] as String?).map(HolderID.init),
                process: try (row[2] as Data?).map { try JSONDecoder().decode(ProcessIdentity.self, from: $0) },
                expires: row[3])
        }
    }

    func write(_ scope: Lease.Scope, to db: Database) throws {
        let process = try process.map { try JSONEncoder().encode($0) }
        try db.execute(
            literal: """
                INSERT OR REPLACE INTO lease (scope, epoch, holder, process, expires)
                VALUES (\(scope.key), \(epoch), \(holder?.text), \(process), \(expires))
                """)
    }

    /// Whether somebody has it: given, not over, and by a process that may still run.
    func isHeld(at now: Duration, seenBy observer: ProcessIdentity) -> Bool {
        guard holder != nil, let process else { return false }
        // A boot clock of another boot says nothing; its processes are gone with it.
        return process.boot == observer.boot && expires > now.milliseconds
            && process.standing(seenBy: observer) != .gone
    }
}

extension Lease.Scope {
    var key: String {
        switch self {
        case .leader: "leader"
        case .device(let name): "device/\(name)"
        }
    }
}

extension Duration {
    var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
