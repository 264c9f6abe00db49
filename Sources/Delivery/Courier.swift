// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Declarations
package import Journal
package import Planning
package import Vocabulary

/// What deliveries need of the trust set in force.
package struct DeliveryBook: Sendable {
    package var sender: Message.Sender
    package var channels: [ChannelName: ChannelSpec]
    /// Bytes of the files that channels name.
    package var files: [String: [UInt8]]
    /// The first address of everybody who has one.
    package var addresses: [PersonName: String]

    package init(_ inForce: TrustSet, zone: ZoneName) {
        let repository = inForce.repository
        sender = Message.Sender(
            repository: repository?.spec.id ?? "", repositoryName: repository?.name.text ?? "", zone: zone)
        channels = repository?.spec.channels ?? [:]
        files = [:]
        for path in channels.values.flatMap(\.trustRoots) { files[path] = inForce.contents[path]?.bytes }
        addresses = inForce.people.compactMapValues { $0.spec.emails.first }
    }
}

/// Brings what waits in the journal to where it is to go. Never throws: what goes wrong is noted, shown, and tried again.
package struct Courier: Sendable {
    private let journal: SQLiteJournal
    private let time: any TimeSource
    /// At once, of all channels and people.
    private static let width = 8

    package init(_ journal: SQLiteJournal, time: any TimeSource) { (self.journal, self.time) = (journal, time) }

    /// One round over all lines that are due.
    ///
    /// - Parameter gap: how long nothing is sent over a line after something was.
    /// - Throws: where the journal cannot be read or written.
    package func deliver(_ book: DeliveryBook, gap: Seconds = 0) async throws(JournalError) -> [DeliveryOutcome] {
        guard !book.channels.isEmpty else { return [] }
        let now = time.now
        let longest = book.channels.values.map(\.timeout).max() ?? ChannelSpec.patience
        // All of them may have to wait for all the others; then somebody else may try.
        let due = try await journal.claimDispatches(
            Set(book.channels.keys), now: now, until: now + Seconds(longest.count * 4 + 60), gap: gap)
        let results = await withTaskGroup(of: DeliveryOutcome.self) { group in
            var (waiting, results) = (due.makeIterator(), [DeliveryOutcome]())
            for _ in 0..<Self.width {
                if let dispatch = waiting.next() { group.addTask { await deliver(dispatch, book) } }
            }
            while let result = await group.next() {
                results.append(result)
                if let dispatch = waiting.next() { group.addTask { await deliver(dispatch, book) } }
            }
            return results
        }
        for result in results {
            let dispatch = result.dispatch
            if let error = result.error {
                let seed = dispatch.id.utf8.reduce(UInt8(0)) { $0 &* 31 &+ $1 }
                try await journal.notDelivered(
                    dispatch, problem: error.detail, at: time.now,
                    next: time.now + ChannelStanding.pause(after: dispatch.failures + 1, seed: seed))
            } else {
                try await journal.delivered(dispatch, at: time.now)
            }
        }
        return results
    }

    private func deliver(_ dispatch: Dispatch, _ book: DeliveryBook) async -> DeliveryOutcome {
        let clock = ContinuousClock()
        let start = clock.now
        var result = DeliveryOutcome(dispatch)
        do throws(DeliveryError) {
            guard let channel = book.channels[dispatch.channel] else {
                throw DeliveryError(.notAllowed, "the Repository declares no such channel any more")
            }
            let message = Message(dispatch, from: book.sender, at: time.now)
            let limit = Duration.seconds(channel.timeout.count)
            switch channel.target {
            case .webhook(let webhook): try await post(message, webhook, book, limit)
            case .mail(let mail):
                try await MailCourier(mail).send(message, to: recipients(mail, dispatch, book), within: limit)
            case .command(let argv): try await CommandCourier(argv).send(message, within: limit)
            }
        } catch {
            result.error = error
        }
        result.milliseconds = Int64(max(0, (clock.now - start) / .milliseconds(1)))
        return result
    }

    private func recipients(
        _ mail: ChannelSpec.Mail, _ dispatch: Dispatch, _ book: DeliveryBook
    ) throws(DeliveryError) -> [String] {
        switch mail.recipients {
        case .addresses(let all): return all
        case .approvers:
            guard let person = dispatch.recipient, let address = book.addresses[person] else {
                throw DeliveryError(
                    .notReached,
                    "\(dispatch.recipient?.text ?? "nobody") has no e-mail address: declare one in the Person's emails")
            }
            return [address]
        }
    }

    private func post(
        _ message: Message, _ webhook: ChannelSpec.Webhook, _ book: DeliveryBook, _ limit: Duration
    ) async throws(DeliveryError) {
        let address = try webhook.address.read()
        let body: [UInt8]
        switch webhook.body {
        case .json: body = message.json.canonicalBytes
        case .chat(let field): body = message.chat(field: field).canonicalBytes
        }
        var headers = [
            ("Content-Type", "application/json"), ("User-Agent", "countersign"),
            ("Countersign-Delivery", message.dispatch.id),
        ]
        if let path = webhook.secretFile {
            headers += WebhookSignature.headers(of: body, at: message.at, under: try SecretFile.key(path))
        }
        var roots: [UInt8] = []
        for path in webhook.trustRoots {
            guard let file = book.files[path] else {
                throw DeliveryError(.secret, "\(path) is not in the trust set in force")
            }
            roots += file + [0x0a]
        }
        try await HTTPPost(
            address: address, headers: headers, body: body, trustRoots: webhook.trustRoots.isEmpty ? nil : roots
        ).send(within: limit)
    }
}

/// How a receiver tells that a message is ours, and of now.
enum WebhookSignature {
    /// `v1=` and HMAC-SHA256 in hex over the timestamp in seconds, a point, and the body.
    static func headers(of body: [UInt8], at time: Timestamp, under key: SecretBytes) -> [(String, String)] {
        let seconds = String(time.secondsSince1970)
        let code = authenticationCode(of: Array((seconds + ".").utf8) + body, under: key)
        return [("Countersign-Timestamp", seconds), ("Countersign-Signature", "v1=\(code.hex)")]
    }
}
