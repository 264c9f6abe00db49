// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Git
internal import Planning
package import Vocabulary

extension StatusReader {
    /// `status.json` of a status tree.
    ///
    /// - Throws: `damaged` (also where there is none), `newerFormat`, `git`.
    package func head(_ tree: ObjectID) throws(StatusError) -> StatusHead {
        let content: BlobContent?
        do throws(GitError) {
            let entry = try repository.entry(StatusPath.head, of: tree)
            content = try entry.flatMap { (entry) throws(GitError) in
                entry.mode == .file ? try repository.blobs([entry.id], limit: 4 << 20).first : nil
            }
        } catch {
            throw StatusError(error, tree.hex)
        }
        guard case .bytes(let bytes)? = content else {
            throw StatusError(.damaged, StatusPath.head, "it cannot be read")
        }
        return StatusHead(try HeadForm(Document(parsing: bytes, path: StatusPath.head)))
    }

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
