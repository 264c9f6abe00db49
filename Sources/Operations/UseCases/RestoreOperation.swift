// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Git
internal import Journal
internal import Planning
package import Vocabulary

/// `restore DIR`: a backup into a state directory that has nothing of it.
///
/// The keys always; the journal only where nothing has been published since it was copied. An older one would take used approvals for
/// unused: then `trust --recover` rebuilds it from what was published.
package struct RestoreOperation: Sendable {
    package struct Report: Sendable {
        package var directory: String
        package var files: [String]
        package var zone: ZoneName
        package var trusted: ObjectID
        /// False: rebuild it with `trust --recover`.
        package var hasJournal: Bool
        package init(directory: String, files: [String], zone: ZoneName, trusted: ObjectID, hasJournal: Bool) {
            (self.directory, self.files, self.zone) = (directory, files, zone)
            (self.trusted, self.hasJournal) = (trusted, hasJournal)
        }
    }
    private let site: Site

    package init(site: Site) { self.site = site }

    /// - Throws: `NotABackup`; `OtherRepository`; `StateExists` where there is a journal, or another key, already.
    package func run(_ path: String) async throws(UserError) -> Report {
        let backup: StateDirectory
        let manifest: BackupOperation.Manifest
        do throws(StateError) {
            backup = try StateDirectory(at: path, create: false)
            guard let bytes = try backup.kept(BackupOperation.Manifest.name), let read = BackupOperation.Manifest(bytes)
            else {
                throw StateError(
                    .absent, path: path, detail: "there is no \(BackupOperation.Manifest.name) in it: this is no backup"
                )
            }
            manifest = read
        } catch {
            throw UserError("NotABackup", "\(path): \(error.detail)", hint: "countersign backup DIR makes one")
        }
        let repository = try site.repositoryID()
        guard manifest.repository == repository else {
            throw UserError(
                "OtherRepository",
                "\(path) is of repository \(manifest.repository), and this is a clone of \(repository)",
                hint: "name a clone of the right one with --repo")
        }
        _ = try await site.fetch()
        let published = try explained { () throws(GitError) in
            try site.git.reference(site.statusRef(of: manifest.zone))
        }
        let isCurrent = published == manifest.published
        let place = try State.path(for: site)
        do throws(StateError) {
            let directory = try StateDirectory(at: place, create: true)
            guard !directory.hasJournal else {
                throw StateError(.notWritable, path: place, detail: "there is a journal already")
            }
            var files = try backup.copyKeys(to: directory)
            if isCurrent {
                try backup.copyJournal(to: directory)
                files.append("journal.sqlite")
            }
            return Report(
                directory: place, files: files.sorted(), zone: manifest.zone, trusted: manifest.trusted,
                hasJournal: isCurrent)
        } catch {
            throw UserError("StateExists", "\(error.path): \(error.detail)", hint: "restore into an empty --state")
        }
    }
}
