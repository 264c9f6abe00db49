// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Git
internal import Planning
package import Vocabulary

extension StatusReader {
    /// The policy changes that a status tree tells of, by number.
    ///
    /// - Throws: `damaged`, `git`.
    package func policyChanges(_ tree: ObjectID) throws(StatusError) -> [PolicyChangeEvidence] {
        var files: [ListedFile] = []
        let contents: [BlobContent]
        do throws(GitError) {
            guard let entry = try repository.entry(StatusPath.policyChanges, of: tree), entry.mode == .tree else {
                return []
            }
            files = try repository.files(of: entry.id).filter { $0.mode == .file }
            contents = try repository.blobs(files.map(\.id), limit: 1 << 20)
        } catch {
            throw StatusError(error, tree.hex)
        }
        var found: [PolicyChangeEvidence] = []
        for (file, content) in zip(files, contents) {
            let path = StatusPath.policyChanges + "/" + file.path
            guard case .bytes(let bytes) = content else { throw StatusError(.damaged, path, "it is too large") }
            found.append(try EvidenceForm.policyChange(Document(parsing: bytes, path: path)))
        }
        return found.sorted { $0.accepted.number < $1.accepted.number }
    }
}
