// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import Synchronization

/// Pure work over many small values on a few threads, in order.
package enum Parallel {
    /// Fewer than this are not worth a thread.
    private static let least = 64

    /// `body` of each of a few, which are long.
    package static func each<Element: Sendable, Result: Sendable>(
        _ elements: [Element], isWorthThreads: Bool, _ body: @Sendable (Element) -> Result
    ) -> [Result] {
        guard isWorthThreads else { return elements.map(body) }
        let done = Mutex<[Int: Result]>([:])
        DispatchQueue.concurrentPerform(iterations: elements.count) { index in
            let result = body(elements[index])
            done.withLock { $0[index] = result }
        }
        return done.withLock { done in elements.indices.compactMap { done[$0] } }
    }

    /// Two things that do not need each other.
    package static func both<First: Sendable, Second: Sendable>(
        _ first: @Sendable () -> First, _ second: @Sendable () -> Second
    ) -> (First, Second) {
        let done = Mutex<(First?, Second?)>((nil, nil))
        DispatchQueue.concurrentPerform(iterations: 2) { index in
            if index == 0 {
                let result = first()
                done.withLock { $0.0 = result }
            } else {
                let result = second()
                done.withLock { $0.1 = result }
            }
        }
        let (early, late) = done.withLock { $0 }
        return (early ?? first(), late ?? second())
    }

    package static func map<Element: Sendable, Result: Sendable>(
        _ elements: [Element], width: Int, _ transform: @Sendable (Element) -> Result
    ) -> [Result] {
        let chunk = max(least, elements.count / (max(1, width) * 4) + 1)
        let count = (elements.count + chunk - 1) / chunk
        guard width > 1, count > 1 else { return elements.map(transform) }
        let done = Mutex<[[Result]]>(Array(repeating: [], count: count))
        let next = Atomic<Int>(0)
        DispatchQueue.concurrentPerform(iterations: min(width, count)) { _ in
            while true {
                let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard index < count else { return }
                let results = elements[index * chunk..<min(elements.count, (index + 1) * chunk)].map(transform)
                done.withLock { $0[index] = results }
            }
        }
        return done.withLock { chunks in chunks.flatMap(\.self) }
    }
}
