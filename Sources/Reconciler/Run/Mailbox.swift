// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// What a running reconciler is told from outside: to look now, or to stop. Any number of wakes before it looks are one.
package final class Mailbox: Sendable {
    private struct Content {
        var wakes: [String] = []
        var isStopped = false
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter: UInt64 = 0
    }
    private let content = Mutex(Content())

    /// The reason of a wake that also asks for the configuration to be read again.
    package static let reload = "SIGHUP"

    package init() {}

    /// - Parameter reason: for the log: who woke it.
    package func wake(_ reason: String) {
        tell { if !$0.wakes.contains(reason) && $0.wakes.count < 16 { $0.wakes.append(reason) } }
    }

    package func stop() { tell { $0.isStopped = true } }

    package var isStopped: Bool { content.withLock { $0.isStopped } }

    /// What it was woken for since this was asked last.
    func takeWakes() -> [String] {
        content.withLock { content in
            defer { content.wakes = [] }
            return content.wakes
        }
    }

    /// Returns once it is stopped, or the task is cancelled.
    func stopped() async { await wait { $0.isStopped } }

    /// Returns once it is stopped or woken, or the task is cancelled.
    func nudged() async { await wait { $0.isStopped || !$0.wakes.isEmpty } }

    private func tell(_ change: (inout Content) -> Void) {
        let waiters = content.withLock { content in
            change(&content)
            defer { content.waiters = [:] }
            return content.waiters
        }
        for waiter in waiters.values { waiter.resume() }
    }

    private func wait(_ isDone: @Sendable (borrowing Content) -> Bool) async {
        while !Task.isCancelled, !content.withLock({ isDone($0) }) { await change(unless: isDone) }
    }

    /// Returns at the next change, or at cancellation.
    private func change(unless isDone: @Sendable (borrowing Content) -> Bool) async {
        let id = content.withLock { content in
            content.nextWaiter += 1
            return content.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // Between the question and this there may have been a change, or the cancellation.
                let isOver = content.withLock { content in
                    if Task.isCancelled || isDone(content) { return true }
                    content.waiters[id] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            content.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
        }
    }
}
