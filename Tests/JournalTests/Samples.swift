// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Approvals
import Declarations
import GRDB
import Planning
import TestKit
import Vocabulary

@testable import Journal

/// Values to tell the journal, each a function of a number or a name.
enum Sample {
    static func time(_ minute: Int64) -> Timestamp { Timestamp(secondsSince1970: 1_767_225_600 + minute * 60) }
    static func digest<Subject>(_ text: String) -> Digest<Subject> { Digest(hashing: Array(text.utf8)) }
    static func commit(_ text: String) throws -> ObjectID {
        try required(ObjectID(bytes: Digest<FileContent>(hashing: Array(text.utf8)).bytes.prefix(20)))
    }
    static func name<Kind>(_ text: String) throws -> Name<Kind> { try required(Name<Kind>(text)) }
    static func epoch(_ digit: Character = "a") throws -> Epoch {
        try required(Epoch(String(repeating: digit, count: 32)))
    }
    static func slot(_ path: String = "/etc/tls/shop.crt", on device: String = "edge-1") throws -> SlotKey {
        SlotKey(device: try name(device), path: path)
    }

    static func intent(
        _ workOrder: String = "order", slot: SlotKey? = nil, installs: String? = "new leaf",
        replaces: Holding = .nothing, records: [RecordKey] = []
    ) throws -> Intent {
        Intent(
            workOrder: digest(workOrder), connector: try name("edge-1-shop"), slot: try slot ?? Sample.slot(),
            content: Array("{}".utf8), installs: installs.map { digest($0) }, replaces: replaces, records: records,
            tip: try commit("tip"))
    }

    static func observation(_ leaf: String, of slot: SlotKey? = nil) throws -> SlotObservation {
        SlotObservation(
            slot: try slot ?? Sample.slot(), holding: .certificate(leaf: digest(leaf)), chain: [digest("issuer")],
            key: digest("key of \(leaf)"), leafDER: Array(leaf.utf8))
    }

    static func answer(_ leaf: String) -> EndpointObservation {
        EndpointObservation(
            endpoint: Endpoint(address: "10.0.0.5", port: 443, serverName: "shop.example.com", keyType: .ecdsa),
            address: "10.0.0.5", answer: .served(leaf: digest(leaf), chain: [digest("issuer")]))
    }

    /// A record whose commit bytes are the work orders that it decides on, a line each: the real reader is the caller's affair.
    static func record(on workOrders: String..., comment: String = "") throws -> Fact {
        let raw = Array((workOrders + ["", comment]).joined(separator: "\n").utf8)
        return .recordSeen(
            RecordKey(hashing: raw), commit: try commit(workOrders.joined() + comment), raw: raw, placement: nil,
            at: time(1))
    }

    static let reading: RecordReading = { key, commit, raw in
        let lines = String(decoding: raw, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        guard let end = lines.firstIndex(of: ""), end > 0 else { return nil }
        return SignedRecord(
            key: key, commit: commit,
            record: ApprovalRecord(
                repository: "6f1c2a0e-0000-4000-8000-000000000000", level: "approve", decision: .approve,
                subject: .workOrders(lines[..<end].map { digest(String($0)) }), implementation: .manual,
                comment: String(lines.last ?? ""), tree: commit, parent: commit, committed: time(0)),
            signingKey: "ssh-ed25519 AAAA")
    }

    static func key(of fact: Fact) throws -> RecordKey {
        guard case .recordSeen(let key, _, _, _, _) = fact else { throw FixtureError("not a record") }
        return key
    }
}

/// The value, or an error that says what was missing.
func required<Value>(_ value: Value?) throws -> Value {
    guard let value else { throw FixtureError("a sample could not be made") }
    return value
}

/// A journal in a folder of its own.
struct Store {
    let folder: TemporaryFolder
    let journal: SQLiteJournal
    var path: String { folder.file("journal.sqlite") }

    init(
        clock: BootClock = .host, process: ProcessIdentity = .current(),
        prepare: @escaping @Sendable (Database) throws -> Void = { _ in }
    ) throws {
        folder = try TemporaryFolder("journal")
        journal = try SQLiteJournal(
            path: folder.file("journal.sqlite"), reading: Sample.reading, clock: clock, process: process,
            prepare: prepare)
    }

    /// The same file, opened anew.
    func reopened() throws -> SQLiteJournal { try SQLiteJournal(path: path, reading: Sample.reading) }
}

/// The code that a journal's call throws; nil where it throws none.
func journalCode(_ body: () async throws -> Void) async -> JournalError.Code? {
    do { try await body() } catch { return (error as? JournalError)?.code }
    return nil
}
