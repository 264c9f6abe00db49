// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import Synchronization

/// `transform` of each element, in order, on as many threads as there are cores. For pure work: ten thousand files are made and
/// read at each pass.
func inParallel<Element: Sendable, Result: Sendable>(
    _ elements: [Element], _ transform: @Sendable (Element) -> Result
) -> [Result] {
    let width = 256
    guard elements.count > width else { return elements.map(transform) }
    let slices = (elements.count + width - 1) / width
    let results = Mutex([Int: [Result]]())
    DispatchQueue.concurrentPerform(iterations: slices) { slice in
        let range = slice * width..<min(elements.count, (slice + 1) * width)
        let part = elements[range].map(transform)
        results.withLock { $0[slice] = part }
    }
    return results.withLock { parts in (0..<slices).flatMap { parts[$0] ?? [] } }
}
