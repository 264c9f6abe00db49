// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Operations
internal import Planning
internal import Synchronization
package import Vocabulary

/// What every request reads: the last picture of the whole, and what the service has been doing since it began. The service writes
/// here between and within its passes; nothing here ever waits for a pass.
package final class Board: Sendable {
    struct Reading: Sendable {
        /// nil until a pass has ended.
        var picture: Picture?
        var vitals: Vitals
        var counters = Counters()
        /// Rises with whatever a page might show.
        var version = 0
    }
    private let reading: Mutex<Reading>

    /// - Parameters:
    ///   - interval: between two passes, in seconds: health is judged by it.
    ///   - version: of this program.
    package init(since start: Timestamp, interval: Seconds, version: String) {
        reading = Mutex(Reading(vitals: Vitals(began: start, interval: interval, program: version)))
    }

    var now: Reading { reading.withLock { $0 } }

    /// At the end of a pass.
    package func show(_ snapshot: Snapshot) {
        // Sorted and indexed before anybody has to wait for it.
        let picture = Picture(snapshot)
        let former = reading.withLock { reading in
            defer { (reading.picture, reading.vitals.snapshotProblem) = (picture, nil) }
            return reading.picture
        }
        withExtendedLifetime(former) {}  // taken apart here, not under the lock
    }

    /// Whatever the service has to tell, when it tells it.
    package func note(_ event: ServiceEvent, at now: Timestamp) {
        reading.withLock { reading in
            reading.vitals.note(event, at: now)
            reading.counters.note(event)
            switch event {
            case .phase: break
            default: reading.version += 1
            }
        }
    }

    /// A snapshot could not be made: the former one stays, and the pages say why.
    package func note(_ error: UserError, at now: Timestamp) {
        reading.withLock { $0.vitals.snapshotProblem = error }
    }
}
