// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import CLinux

/// How a service that runs for months asks glibc to keep house (mallopt(3), malloc_trim(3)).
enum HostMemory {
    /// Two arenas: each of the many threads that passes and readers run on would otherwise keep what it freed to itself. To be
    /// called before there are threads.
    static func keepTogether() { _ = mallopt(M_ARENA_MAX, 2) }

    /// Gives back to the system what a pass has left behind.
    static func giveBack() { _ = malloc_trim(0) }
}
