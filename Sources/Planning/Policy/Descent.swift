// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// Which walked commits others descend from. Asked for the few that take something over: each of these is walked once per
/// plan and kept as one bit for each commit before it.
package struct Descent: Sendable {
    private let parents: [[Int]]
    private var known: [Int: [UInt64]] = [:]

    /// - Parameter parents: by ordinal; a parent's is always lower.
    package init(parents: [[Int]]) { self.parents = parents }

    /// Whether `commit` comes after `other`, of which it then is a descendant. Both by ordinal.
    package mutating func of(_ commit: Int, includes other: Int) -> Bool {
        guard other >= 0, other < commit else { return false }
        let bits = ancestors(of: commit)
        return other / 64 < bits.count && bits[other / 64] >> UInt64(other % 64) & 1 == 1
    }

    private mutating func ancestors(of commit: Int) -> [UInt64] {
        if let found = known[commit] { return found }
        var bits: [UInt64] = []
        if parents.indices.contains(commit) {
            bits = [UInt64](repeating: 0, count: commit / 64 + 1)
            func mark(_ ordinals: [Int], before child: Int) {
                for ordinal in ordinals where ordinal >= 0 && ordinal < child {
                    bits[ordinal / 64] |= 1 << UInt64(ordinal % 64)
                }
            }
            mark(parents[commit], before: commit)
            for ordinal in stride(from: commit - 1, through: 1, by: -1)
            where bits[ordinal / 64] >> UInt64(ordinal % 64) & 1 == 1 {
                mark(parents[ordinal], before: ordinal)
            }
        }
        known[commit] = bits
        return bits
    }
}
