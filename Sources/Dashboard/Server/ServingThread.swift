// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Dispatch

/// A thread of the dashboard's own for everything that answers requests. A pass works through ten thousand slots without a pause, on
/// all threads that concurrency has; a reader must not wait for one of those.
final class ServingThread: TaskExecutor {
    private let queue = DispatchQueue(label: "countersign.dashboard", qos: .userInteractive)

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { [self] in job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
}
