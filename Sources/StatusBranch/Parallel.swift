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

/// `transform` of all that `read` gives for each slice of `elements`, in order: one slice is read while others are transformed.
func inParallelWhileReading<Element, Item: Sendable, Result: Sendable, Failure: Error>(
    _ elements: [Element], read: (ArraySlice<Element>) throws(Failure) -> [Item],
    transform: @escaping @Sendable (Item) -> Result
) throws(Failure) -> [Result] {
    let width = 512
    let results = Results<Result>()
    let group = DispatchGroup()
    defer { group.wait() }
    for start in stride(from: 0, to: elements.count, by: width) {
        let items = try read(elements[start..<min(elements.count, start + width)])
        DispatchQueue.global().async(group: group) { results.put(items.map(transform), at: start) }
    }
    group.wait()
    return results.all
}

private final class Results<Result: Sendable>: Sendable {
    private let parts = Mutex([Int: [Result]]())
    func put(_ part: [Result], at start: Int) { parts.withLock { $0[start] = part } }
    var all: [Result] { parts.withLock { parts in parts.keys.sorted().flatMap { parts[$0] ?? [] } } }
}
