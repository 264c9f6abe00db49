extension Sequence {
    /// Each once, in the order of their first appearance.
    package func distinct() -> [Element] where Element: Hashable {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}

extension Collection where Self: Sendable, Element: Sendable {
    /// What becomes of each, in the order of the collection, with so many in hand at a time.
    ///
    /// - Parameter progress: called with how many are done, of how many: at first with none.
    package func concurrentMap<Output: Sendable>(
        atMost width: Int, progress: (Int, Int) -> Void = { _, _ in },
        _ transform: @escaping @Sendable (Element) async -> Output
    ) async -> [Output] {
        await withTaskGroup(of: (Int, Output).self) { group in
            var outputs = [Output?](repeating: nil, count: count)
            var (waiting, done) = (enumerated().makeIterator(), 0)
            func enqueue() {
                guard let (index, element) = waiting.next() else { return }
                group.addTask { (index, await transform(element)) }
            }
            for _ in 0..<width { enqueue() }
            progress(0, count)
            while let (index, output) = await group.next() {
                outputs[index] = output
                done += 1
                progress(done, count)
                enqueue()
            }
            return outputs.compactMap(\.self)
        }
    }
}
