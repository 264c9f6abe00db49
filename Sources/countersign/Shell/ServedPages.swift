// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Dashboard
internal import Operations
internal import Reconciler
internal import Synchronization
internal import Vocabulary

/// The dashboard beside the service: what the one does, the other shows.
final class ServedPages: Sendable {
    private let board: Board
    private let server: DashboardServer
    private let time: any TimeSource
    private let memory = Mutex(ArchiveMemory())
    /// Ends once the service has its state directory to itself: nobody else's pages are shown until then.
    private let beginning = AsyncStream<Void>.makeStream()

    init(_ listening: Listening, interval: Seconds, time: any TimeSource, wake: @escaping @Sendable () -> Void) {
        board = Board(since: time.now, interval: interval, version: Version.text)
        server = DashboardServer(board, at: listening, time: time, wake: wake)
        self.time = time
    }

    func note(_ event: ServiceEvent) {
        board.note(event, at: time.now)
        if case .began = event { beginning.continuation.finish() }
    }

    /// Shown at the end of each pass.
    @Sendable func watch(_ overview: Overview) {
        do throws(UserError) {
            board.show(try memory.withLock { (memory) throws(UserError) in try overview.snapshot(&memory) })
        } catch {
            board.note(error, at: time.now)
        }
    }

    /// Until the service ends. Where the pages cannot be served, it does not go on without them.
    static func run(
        _ service: Service, with pages: ServedPages?, _ mailbox: Mailbox,
        _ tell: @escaping @Sendable (ServiceEvent) -> Void
    ) async throws {
        guard let pages else { return try await service.run() }
        enum Part { case pages, service }
        try await withTaskGroup(of: (Part, Result<Void, any Error>).self) { group in
            group.addTask {
                for await _ in pages.beginning.stream {}
                guard !Task.isCancelled else { return (.pages, .success(())) }
                do throws(UserError) {
                    try await pages.server.run { tell(.listening(url: $0)) }
                    return (.pages, .success(()))
                } catch {
                    return (.pages, .failure(error))
                }
            }
            group.addTask {
                do throws(UserError) {
                    try await service.run()
                    return (.service, .success(()))
                } catch {
                    return (.service, .failure(error))
                }
            }
            var results: [Result<Void, any Error>] = []
            for await (part, result) in group {
                results.append(result)
                switch part {
                case .pages: mailbox.stop()  // the push in hand ends first
                case .service: group.cancelAll()
                }
            }
            return results
        }.forEach { try $0.get() }
    }
}
