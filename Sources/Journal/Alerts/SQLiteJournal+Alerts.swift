// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import Foundation
internal import GRDB
package import Planning
package import Vocabulary

extension SQLiteJournal {
    package func alertMemory() async throws(JournalError) -> AlertMemory {
        try await perform("read what was told") { _, db in try AlertMemoryRows.read(from: db) }
    }

    /// Remembers that these notices are to be told, and puts them where they wait: both or none.
    ///
    /// Of one alert only the latest notice waits: what came and went a hundred times while a channel was down is one line.
    /// - Parameters:
    ///   - old: the memory that `new` was made from.
    ///   - channels: those in force; what waits for others is dropped.
    package func keep(
        _ new: AlertMemory, replacing old: AlertMemory, _ notices: [AlertNotice], channels: Set<ChannelName>
    ) async throws(JournalError) {
        try await perform("keep what is to be told", writing: true) { _, db in
            try AlertMemoryRows.write(new, replacing: old, to: db)
            for notice in notices { try Self.post(notice, to: db) }
            let known = Set(channels.map(\.text))
            let waiting = try String.fetchAll(
                db, sql: "SELECT channel FROM outbox UNION SELECT channel FROM outbox_line")
            for channel in waiting where !known.contains(channel) {
                try db.execute(literal: "DELETE FROM outbox WHERE channel = \(channel)")
                try db.execute(literal: "DELETE FROM outbox_line WHERE channel = \(channel)")
            }
        }
    }

    private static func post(_ notice: AlertNotice, to db: Database) throws {
        var notice = notice
        let (channel, recipient, alert) = (notice.channel.text, notice.recipient?.text ?? "", notice.alert.id.text)
        let waiting = try Data.fetchOne(
            db.cachedStatement(
                sql: "SELECT body FROM outbox WHERE channel = ? AND recipient = ? AND batch = '' AND alert = ?"),
            arguments: [channel, recipient, alert])
        if notice.event == .repeated, let waiting,
            try Unpacker.unpack(AlertNotice.self, from: Array(waiting)).event == .raised
        {
            // Nobody has heard of it yet: it is still news.
            notice.event = .raised
        }
        let urgency = AlertPolicySpec.Severity.allCases.firstIndex(of: notice.alert.severity) ?? 0
        try db.cachedStatement(
            sql:
                "INSERT OR REPLACE INTO outbox (channel, recipient, batch, alert, urgency, body) VALUES (?, ?, '', ?, ?, ?)"
        ).execute(arguments: [channel, recipient, alert, urgency, Data(Packer.pack(notice))])
    }

    /// What is due on these channels, each for this caller alone until `until`: whoever dies with it in hand loses nothing.
    ///
    /// - Parameter gap: how long nothing is sent over a line after something was.
    package func claimDispatches(
        _ channels: Set<ChannelName>, now: Timestamp, until: Timestamp, gap: Seconds
    ) async throws(JournalError) -> [Dispatch] {
        try await perform("take what is to be told", writing: true) { _, db in
            let lines = try Row.fetchAll(db, sql: "SELECT DISTINCT channel, recipient FROM outbox ORDER BY 1, 2")
            var dispatches: [Dispatch] = []
            for row in lines {
                let (channel, recipient): (String, String) = (row[0], row[1])
                guard let name = ChannelName(channel), channels.contains(name) else { continue }
                var line =
                    try OutboxLine.read(channel, recipient, from: db)
                    ?? OutboxLine(channel: channel, recipient: recipient)
                guard line.claimedUntil <= now.secondsSince1970, line.nextTry <= now.secondsSince1970 else { continue }
                if line.batch.isEmpty {
                    if let delivered = line.delivered, delivered + gap.count > now.secondsSince1970 { continue }
                    line.batch = HolderID.random().text
                    try db.execute(
                        literal:
                            "UPDATE outbox SET batch = \(line.batch) WHERE channel = \(channel) AND recipient = \(recipient) AND batch = ''"
                    )
                }
                line.claimedUntil = until.secondsSince1970
                try line.write(to: db)
                dispatches.append(try Self.dispatch(name, line, from: db))
            }
            return dispatches
        }
    }

    private static func dispatch(_ channel: ChannelName, _ line: OutboxLine, from db: Database) throws -> Dispatch {
        let place: StatementArguments = [line.channel, line.recipient, line.batch]
        let count = try Int.fetchOne(
            db, sql: "SELECT count(*) FROM outbox WHERE channel = ? AND recipient = ? AND batch = ?", arguments: place)
        let bodies = try Data.fetchAll(
            db,
            sql: """
                SELECT body FROM outbox WHERE channel = ? AND recipient = ? AND batch = ?
                ORDER BY urgency DESC, alert LIMIT \(Dispatch.most)
                """, arguments: place)
        return Dispatch(
            channel: channel, recipient: PersonName(line.recipient), id: line.batch,
            notices: try bodies.map { try Unpacker.unpack(AlertNotice.self, from: Array($0)) }, count: count ?? 0,
            failures: line.failures)
    }

    /// It has arrived.
    package func delivered(_ dispatch: Dispatch, at now: Timestamp) async throws(JournalError) {
        try await perform("note what was told", writing: true) { _, db in
            let (channel, recipient) = (dispatch.channel.text, dispatch.recipient?.text ?? "")
            try db.execute(
                literal:
                    "DELETE FROM outbox WHERE channel = \(channel) AND recipient = \(recipient) AND batch = \(dispatch.id)"
            )
            var line = OutboxLine(channel: channel, recipient: recipient)
            line.delivered = now.secondsSince1970
            try line.write(to: db)
        }
    }

    /// It has not; it is tried again at `next`.
    package func notDelivered(
        _ dispatch: Dispatch, problem: String, at now: Timestamp, next: Timestamp
    ) async throws(JournalError) {
        try await perform("note what was not told", writing: true) { _, db in
            let (channel, recipient) = (dispatch.channel.text, dispatch.recipient?.text ?? "")
            guard var line = try OutboxLine.read(channel, recipient, from: db), line.batch == dispatch.id else {
                return
            }
            line.failures += 1
            line.failingSince = line.failingSince ?? now.secondsSince1970
            (line.problem, line.nextTry, line.claimedUntil) = (problem, next.secondsSince1970, 0)
            try line.write(to: db)
        }
    }

    /// Of every channel over which something was told or waits, by name.
    package func channelStandings() async throws(JournalError) -> [ChannelStanding] {
        try await perform("read how channels fare") { _, db in
            var standings: [String: ChannelStanding] = [:]
            for row in try Row.fetchAll(db, sql: "SELECT channel, count(*) FROM outbox GROUP BY channel") {
                let text: String = row[0]
                guard let name = ChannelName(text) else { continue }
                standings[text] = ChannelStanding(channel: name, waiting: row[1])
            }
            for line in try OutboxLine.all(from: db) {
                guard let name = ChannelName(line.channel) else { continue }
                var standing = standings[line.channel] ?? ChannelStanding(channel: name)
                if let delivered = line.delivered {
                    let time = Timestamp(secondsSince1970: delivered)
                    standing.deliveredAt = max(time, standing.deliveredAt ?? time)
                }
                // Of many people the one who has waited longest.
                if let failure = line.failure, failure.since < standing.failure?.since ?? failure.since + 1 {
                    standing.failure = failure
                }
                standings[line.channel] = standing
            }
            return standings.values.sorted { $0.channel < $1.channel }
        }
    }
}
