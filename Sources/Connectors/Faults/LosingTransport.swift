// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// Cuts a connection by ssh in front of one step, on the device itself: the process of sshd that serves it is killed.
///
/// Steps of one call stay one call, as they are on their way to a device.
package final class LosingTransport: Transport {
    private let wrapped: any Transport
    private let counter: Counter

    /// Steps over all calls of one device, whatever transport does them.
    package final class Counter: Sendable {
        private struct State {
            var left: Int
            var lostBefore: String?
        }
        private let state: Mutex<State>

        /// - Parameter step: the connection is cut in front of it; the first is number 0.
        package init(before step: Int) { state = Mutex(State(left: step)) }

        /// The step in front of which it was cut; nil: there were not so many.
        package var lostBefore: String? { state.withLock { $0.lostBefore } }

        fileprivate func index(in steps: [Step]) -> Int? {
            state.withLock { state in
                let index = state.left
                state.left -= steps.count
                guard steps.indices.contains(index) else { return nil }
                state.lostBefore = steps[index].words
                return index
            }
        }
    }

    package init(wrapping wrapped: any Transport, _ counter: Counter) {
        (self.wrapped, self.counter) = (wrapped, counter)
    }

    package func perform(_ steps: [Step], within limit: Duration) async throws(DeviceError) -> [StepResult] {
        guard let index = counter.index(in: steps) else { return try await wrapped.perform(steps, within: limit) }
        // The parent is our program's own parent where nothing stands in between: sudo may.
        let cut =
            "pid=$PPID; while [ \"$(cat /proc/$pid/comm)\" != sshd ]; do pid=$(cut -d' ' -f4 /proc/$pid/stat); done; "
            + "kill -9 \"$pid\"; sleep 600"
        return try await wrapped.perform(
            steps[..<index] + [.run(["sh", "-c", cut], input: nil, outputLimit: 100)] + steps[index...], within: limit)
    }
}
