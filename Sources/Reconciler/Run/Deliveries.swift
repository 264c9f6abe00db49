// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Delivery
internal import Journal
package import Operations
package import Planning
internal import Synchronization
package import Vocabulary

/// Tells what waits to be told, beside the passes: no pass ever waits for it, and nothing in it ends one.
package struct Deliveries: Sendable {
    private let time: any TimeSource
    /// Nothing is sent over a line for this long after something was: whoever makes passes come fast makes nobody's telephone ring
    /// each time.
    private static let gap = Seconds(60)
    /// How often what has failed is looked at.
    private static let pause = Duration.seconds(10)

    package init(time: any TimeSource) { self.time = time }

    /// One round, for a pass that stands alone.
    ///
    /// - Returns: what was tried, and how all channels fare now; the journal's own trouble comes as an error.
    package func once(
        _ book: DeliveryBook, _ state: State, gap: Seconds = 0
    ) async throws(UserError) -> (results: [DeliveryOutcome], channels: [ChannelStanding]) {
        let (journal, time) = (state.journal, time)
        return try await journaled { () async throws(JournalError) in
            let results = try await Courier(journal, time: time).deliver(book, gap: gap)
            return (results, try await journal.channelStandings())
        }
    }

    /// What `run` hands over after each pass.
    final class Tray: Sendable {
        private let book = Mutex<DeliveryBook?>(nil)
        private let told = Mutex<[ChannelStanding]>([])
        private let nudges = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))

        func put(_ new: DeliveryBook) {
            book.withLock { $0 = new }
            nudges.continuation.yield()
        }
        var current: DeliveryBook? { book.withLock { $0 } }
        var stream: AsyncStream<Void> { nudges.stream }
        func nudge() { nudges.continuation.yield() }
        /// Whether channels fare otherwise than they did when this was asked last.
        func isNews(_ channels: [ChannelStanding]) -> Bool {
            told.withLock { told in
                defer { told = channels }
                return told != channels
            }
        }
    }

    /// Until the task is cancelled. Rounds may overlap: what one channel takes its time for keeps nothing from the others, and what one
    /// round has in hand no other one takes.
    func run(_ tray: Tray, _ state: State, _ tell: @escaping @Sendable (ServiceEvent) -> Void) async {
        await withDiscardingTaskGroup { group in
            group.addTask {
                while !Task.isCancelled {
                    do { try await Task.sleep(for: Self.pause) } catch { return }
                    tray.nudge()
                }
            }
            for await _ in tray.stream {
                guard let book = tray.current else { continue }
                group.addTask { await round(book, tray, state, tell) }
            }
            group.cancelAll()
        }
    }

    private func round(
        _ book: DeliveryBook, _ tray: Tray, _ state: State, _ tell: @Sendable (ServiceEvent) -> Void
    ) async {
        do throws(UserError) {
            let (results, channels) = try await once(book, state, gap: Self.gap)
            let isNews = tray.isNews(channels)
            if !Task.isCancelled, !results.isEmpty || isNews { tell(.delivered(results, channels: channels)) }
        } catch {
            // The next pass has the same journal, and says what is wrong with it.
        }
    }
}
