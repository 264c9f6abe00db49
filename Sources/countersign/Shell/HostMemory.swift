// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import CLinux

/// How a service that runs for months asks glibc to keep house (mallopt(3), malloc_trim(3)).
enum HostMemory {
    /// One arena: each of the many threads that passes and readers run on would otherwise keep what it freed to itself. Large pieces come
    /// from the system and go back to it, and a heap grows by what is needed: a pass has more time than a command. To be called before
    /// there are threads.
    static func keepTogether() {
        mallopt(M_ARENA_MAX, 1)
        mallopt(M_MMAP_THRESHOLD, 1 << 16)
        mallopt(M_TOP_PAD, 1 << 20)
    }

    /// Gives back to the system what a pass has left behind.
    static func giveBack() { _ = malloc_trim(0) }
}
