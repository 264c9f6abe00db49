// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import Foundation
internal import Synchronization
package import Vocabulary

extension Repository {
    /// What `body` makes of each blob, in the order of `ids`. For thousands: inflating and hashing is most of the time, so
    /// several threads do it, each with a handle of its own; and no more than a slice a thread is in memory at once.
    ///
    /// - Parameter limit: bytes; a larger blob is not read.
    /// - Throws: as `blobs`.
    package func eachBlob<Result: Sendable>(
        _ ids: [ObjectID], limit: Int, _ body: @Sendable (Int, BlobContent) -> Result
    ) throws(GitError) -> [Result] {
        let slice = 256
        guard ids.count > slice else { return try blobs(ids, limit: limit).enumerated().map { body($0, $1) } }
        let slices = (ids.count + slice - 1) / slice
        let next = Atomic(0)
        let made = Mutex<(parts: [[Result]], failure: GitError?)>((Array(repeating: [], count: slices), nil))
        DispatchQueue.concurrentPerform(iterations: min(slices, ProcessInfo.processInfo.activeProcessorCount)) { _ in
            let own = (try? Repository(at: directory, userGit: userGit, objectFolders: objectFolders)) ?? self
            while true {
                let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard index < slices else { return }
                let range = index * slice..<min(ids.count, (index + 1) * slice)
                do throws(GitError) {
                    let contents = try own.blobs(Array(ids[range]), limit: limit)
                    let part = zip(range, contents).map { body($0, $1) }
                    made.withLock { $0.parts[index] = part }
                } catch {
                    made.withLock { $0.failure = error }
                    return
                }
            }
        }
        let (parts, failure) = made.withLock { $0 }
        if let failure { throw failure }
        return parts.flatMap(\.self)
    }
}
