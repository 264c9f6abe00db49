// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Vocabulary

/// The host's own clock.
struct HostClock: TimeSource {
    var now: Timestamp { Timestamp(secondsSince1970: Int64(time(nil))) }

    func sleep(for duration: Duration) async throws(CancellationError) {
        do { try await Task.sleep(for: duration) } catch { throw CancellationError() }
    }
}
