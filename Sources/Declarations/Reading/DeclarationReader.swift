// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import Synchronization

/// Bytes of YAML files to typed resources: the first of two phases. Pure; no file is opened here.
///
/// ```
/// let decoded = DeclarationReader.decode(files)               // phase 1: each file for itself
/// let found = lookUp(decoded.referencedFiles)                 // the caller's: blobs of the same tree
/// let checked = decoded.check(files: found)                   // phase 2: what holds between resources
/// ```
package enum DeclarationReader {
    /// Decodes all files on up to `width` threads. The result does not depend on `width`.
    package static func decode(_ files: [SourceFile], width: Int = 4) -> Decoded {
        Decoded(decodeEach(files, width: width))
    }

    /// Decodes one file. A caller that keeps the results by path and blob id decodes only what has changed.
    package static func decode(_ file: SourceFile) -> DecodedFile { DecodedFile(file) }

    /// Decodes files side by side, in their order.
    package static func decodeEach(_ files: [SourceFile], width: Int) -> [DecodedFile] {
        // Below this a thread costs more than it brings.
        let chunk = max(64, files.count / (max(1, width) * 4) + 1)
        let count = (files.count + chunk - 1) / chunk
        guard width > 1, count > 1 else { return files.map(DecodedFile.init) }
        let done = Mutex<[Int: [DecodedFile]]>([:])
        let next = Atomic<Int>(0)
        DispatchQueue.concurrentPerform(iterations: min(width, count)) { _ in
            while true {
                let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard index < count else { return }
                let decoded = files[index * chunk..<min(files.count, (index + 1) * chunk)].map(DecodedFile.init)
                done.withLock { $0[index] = decoded }
            }
        }
        return done.withLock { chunks in (0..<count).flatMap { chunks[$0] ?? [] } }
    }
}
