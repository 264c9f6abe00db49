// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

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
    package static func decodeEach(_ files: [SourceFile], width: Int = 4) -> [DecodedFile] {
        Parallel.map(files, width: width) { DecodedFile($0) }
    }
}
