// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import Foundation
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

/// `transform` of each slice of `elements`, in order, by several workers; each has equipment of its own.
func inParallel<Element: Sendable, Equipment, Result: Sendable>(
    _ elements: [Element], equip: @Sendable () -> Equipment,
    transform: @Sendable (Equipment, ArraySlice<Element>) -> [Result]
) -> [Result] {
    let width = 256
    let slices = (elements.count + width - 1) / width
    let workers = min(slices, max(1, ProcessInfo.processInfo.activeProcessorCount))
    let next = Mutex(0)
    let results = Mutex([Int: [Result]]())
    DispatchQueue.concurrentPerform(iterations: workers) { _ in
        let equipment = equip()
        while true {
            let slice = next.withLock { next in
                defer { next += 1 }
                return next
            }
            guard slice < slices else { return }
            let range = slice * width..<min(elements.count, (slice + 1) * width)
            let part = transform(equipment, elements[range])
            results.withLock { $0[slice] = part }
        }
    }
    return results.withLock { parts in (0..<slices).flatMap { parts[$0] ?? [] } }
}
