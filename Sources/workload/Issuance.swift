// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import Synchronization
internal import Vocabulary

/// The certificates of an estate, issued on all cores.
struct Issuance: Sendable {
    var authority: Authority
    var estate: Estate
    var now: Timestamp

    /// In use for 60 days, good for 30 more.
    func old(_ indices: [Int], withKeys: Bool = false) throws -> [(index: Int, leaf: Authority.Leaf)] {
        try issue(indices, from: now - .days(60), to: now + .days(30), serials: 1_000_000, withKeys: withKeys)
    }

    /// The same names, later dates, another key.
    ///
    /// - Parameter round: of several, one after another, each later than the one before.
    func renewed(
        _ indices: [Int], round: Int = 0, withKeys: Bool = false
    ) throws -> [(index: Int, leaf: Authority.Leaf)] {
        let from = now - .hours(1) + .minutes(Int64(round))
        return try issue(
            indices, from: from, to: now + .days(90), serials: 10_000_000 * (round + 1), withKeys: withKeys)
    }

    func files(_ leaves: [(index: Int, leaf: Authority.Leaf)]) -> [Estate.File] {
        leaves.map { Estate.File(path: estate.chain($0.index), bytes: authority.chain($0.leaf)) }
    }

    private func issue(
        _ indices: [Int], from: Timestamp, to: Timestamp, serials: Int, withKeys: Bool
    ) throws -> [(index: Int, leaf: Authority.Leaf)] {
        let results = Mutex<[(Int, Result<Authority.Leaf, any Error>)]>([])
        let chunk = 64
        DispatchQueue.concurrentPerform(iterations: (indices.count + chunk - 1) / chunk) { part in
            let made = indices[part * chunk..<min(indices.count, (part + 1) * chunk)].map { index in
                (
                    index,
                    Result {
                        try authority.issue(
                            serial: serials + index, names: estate.names(index), from: from, to: to, withKey: withKeys)
                    }
                )
            }
            results.withLock { $0 += made }
        }
        return try results.withLock { $0 }.sorted { $0.0 < $1.0 }.map { ($0.0, try $0.1.get()) }
    }
}
