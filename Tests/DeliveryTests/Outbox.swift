// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Declarations
import Delivery
import Journal
import Planning
import Synchronization
import TestKit
import Testing
import Vocabulary

/// A journal on disk with channels of one's choice, and a clock that is set.
struct Outbox {
    final class SetClock: TimeSource {
        private let time = Mutex(Timestamp(secondsSince1970: 1_795_867_200))
        var now: Timestamp { time.withLock { $0 } }
        func pass(_ span: Seconds) { time.withLock { $0 = $0 + span } }
        func sleep(for duration: Duration) async throws(CancellationError) {}
    }
    let folder: TemporaryFolder
    let clock = SetClock()
    var journal: SQLiteJournal
    var book: DeliveryBook
    private var memory = AlertMemory()

    init(in folder: TemporaryFolder, _ channels: [String: ChannelSpec]) throws {
        self.folder = folder
        journal = try SQLiteJournal(path: folder.file("journal"))
        var set = DeclarationSet()
        let spec = RepositorySpec(
            id: "6f1c2a0e-1111-4222-8333-444455556666", branch: "main",
            channels: Dictionary(
                uniqueKeysWithValues: channels.compactMap { name, spec in ChannelName(name).map { ($0, spec) } }))
        set.repository = Repository(
            name: try #require(Name<RepositoryNamed>("edge-certs")), spec: spec, raw: .null,
            position: SourcePosition(file: "countersign.yaml"))
        for path in spec.channels.values.flatMap(\.trustRoots) {
            set.files[path] = NamedFile(bytes: Array(try folder.readText(path).utf8))
        }
        for name in ["bob", "dave"] {
            let person = try #require(PersonName(name))
            set.people[person] = Person(
                name: person, spec: PersonSpec(emails: name == "bob" ? ["bob@example.com"] : [], keys: []), raw: .null,
                position: SourcePosition(file: "people.yaml"))
        }
        book = DeliveryBook(TrustSet(of: set), zone: try #require(ZoneName("default")))
    }

    /// As a process that begins anew.
    mutating func reopen() throws { journal = try SQLiteJournal(path: folder.file("journal")) }

    mutating func post(
        _ subjects: [String], on channel: String, to recipient: String? = nil, _ event: AlertNotice.Event = .raised,
        severity: AlertPolicySpec.Severity = .warning, headline: String = "something is so"
    ) async throws {
        let notices = try subjects.map { subject in
            AlertNotice(
                event: event,
                alert: Alert(
                    id: Alert.ID(policy: try #require(AlertPolicyName("ops")), kind: .drift, subject: subject),
                    severity: severity, state: "", since: clock.now, headline: "\(subject): \(headline)",
                    next: "countersign adopt \(subject)", certificate: nil,
                    connectors: [ConnectorName(subject)].compactMap(\.self), connectorCount: 1, device: nil,
                    person: nil,
                    workOrder: nil, request: nil, level: nil, approvers: [], people: []),
                channel: try #require(ChannelName(channel)), recipient: recipient.flatMap { PersonName($0) },
                at: clock.now)
        }
        try await journal.keep(memory, replacing: memory, notices, channels: Set(book.channels.keys))
    }

    func deliver(gap: Seconds = 0) async throws -> [DeliveryOutcome] {
        try await Courier(journal, time: clock).deliver(book, gap: gap)
    }

    func standing(_ channel: String) async throws -> ChannelStanding? {
        try await journal.channelStandings().first { $0.channel.text == channel }
    }
}
