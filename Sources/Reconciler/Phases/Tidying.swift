// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Connectors
internal import Declarations
internal import Journal
internal import Operations
internal import Planning
internal import Vocabulary

/// Takes away what batches that are over have left on a device: their own cleaning was interrupted, or did not reach it.
///
/// Private keys lie there, the one that was replaced or one that was never installed, and nobody else would ever look for them.
struct Tidying: Sendable {
    var journal: any JournalStore
    var registry: DriverRegistry
    var holder: HolderID

    /// What does not work out now is found again by the next pass: it costs nothing that is live.
    ///
    /// - Parameter lying: from discovery: batches of which something lies on a device.
    func run(_ lying: [DeviceName: [BatchID]], subjects: [Discovery.Subject], history: History) async {
        for subject in subjects where subject.device.spec.sync == .managed {
            // What is open may still have to be undone with what lies there.
            let over = (lying[subject.device.name] ?? []).filter { history.openBatches[$0] == nil }
            if !over.isEmpty { await tidy(over, subject) }
        }
    }

    private func tidy(_ batches: [BatchID], _ subject: Discovery.Subject) async {
        guard let driver = try? registry.driver(for: subject.device),
            let lease = try? await journal.acquire(.device(subject.device.name), for: holder, lasting: .seconds(600))
        else { return }
        for batch in batches {
            try? await driver.clean(batch, slots: subject.connectors.map(\.spec.slot), fence: lease.epoch)
        }
        await journal.release(lease)
    }
}
