// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
package import Vocabulary

/// The host's own clock.
package struct HostClock: TimeSource {
    package init() {}

    package var now: Timestamp { Timestamp(secondsSince1970: Int64(time(nil))) }

    package func sleep(for duration: Duration) async throws(CancellationError) {
        do { try await Task.sleep(for: duration) } catch { throw CancellationError() }
    }
}
