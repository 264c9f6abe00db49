// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Journal
internal import Planning
package import Vocabulary

/// `backup DIR`: what of a gateway's state cannot be made again, or not without people.
///
/// The recorder's key (who writes the status branch), the recipient's key (what private keys in git are encrypted to), the secret under
/// which odd slots are shown, and the journal as it stands.
package struct BackupOperation: Sendable {
    package struct Report: Sendable {
        package var directory: String
        package var files: [String]
        package var zone: ZoneName
        package init(directory: String, files: [String], zone: ZoneName) {
            (self.directory, self.files, self.zone) = (directory, files, zone)
        }
    }
    private let site: Site
    private let time: any TimeSource

    package init(site: Site, time: any TimeSource) { (self.site, self.time) = (site, time) }

    /// - Throws: `NotTrusted` where there is nothing to keep; `NotEmpty` for a folder that holds something.
    package func run(_ path: String) async throws(UserError) -> Report {
        guard let state = try State.existing(site) else {
            throw UserError(
                "NotTrusted", "this state trusts no commit yet: there is nothing to keep",
                hint: "countersign trust COMMIT")
        }
        let (history, _) = try await state.history()
        let trust = try site.trust(history)
        let zone = try site.zone(in: trust.set)
        let backup: StateDirectory
        do throws(StateError) { backup = try StateDirectory(at: path, create: true) } catch { throw UserError(error) }
        guard backup.isEmpty else {
            throw UserError(
                "NotEmpty", "\(path) holds something: a backup never overwrites one",
                hint: "name a folder that is not there yet")
        }
        var files: [String] = []
        do throws(StateError) {
            try backup.requirePrivate()
            files = try state.directory.copyKeys(to: backup)
        } catch {
            throw UserError(error)
        }
        do throws(JournalError) { try await state.journal.copy(to: backup.journal) } catch { throw UserError(error) }
        files.append("journal.sqlite")
        let manifest = Manifest(
            repository: try site.repositoryID(), zone: zone, trusted: trust.root, published: history.published,
            at: time.now)
        do throws(StateError) { try backup.keep(Array(manifest.document.prettyBytes), as: Manifest.name) } catch {
            throw UserError(error)
        }
        return Report(directory: path, files: files.sorted() + [Manifest.name], zone: zone)
    }

    /// `backup.json`: of what it is.
    struct Manifest {
        static let name = "backup.json"
        static let format = "countersign.backup/v1"
        var repository: String
        var zone: ZoneName
        /// What somebody trusted on the gateway's host.
        var trusted: ObjectID
        /// The status commit that was the last one; nil: none was written.
        var published: ObjectID?
        var at: Timestamp

        var document: JSONValue {
            [
                "at": .string(at.description), "format": .string(Self.format),
                "published": published.map { .string($0.hex) } ?? .null, "repository": .string(repository),
                "trusted": .string(trusted.hex), "zone": .string(zone.text),
            ]
        }

        init(repository: String, zone: ZoneName, trusted: ObjectID, published: ObjectID?, at: Timestamp) {
            (self.repository, self.zone, self.trusted, self.published, self.at) = (
                repository, zone, trusted, published, at
            )
        }

        /// nil: it is none.
        init?(_ bytes: [UInt8]) {
            guard let value = try? JSONValue(parsing: bytes), value["format"]?.string == Self.format,
                let repository = value["repository"]?.string,
                let zone = value["zone"]?.string.flatMap({ ZoneName($0) }),
                let trusted = value["trusted"]?.string.flatMap({ ObjectID(hex: $0) }),
                let at = value["at"]?.string.flatMap({ Timestamp(rfc3339: $0) })
            else { return nil }
            let published = value["published"]?.string.flatMap { ObjectID(hex: $0) }
            self.init(repository: repository, zone: zone, trusted: trusted, published: published, at: at)
        }
    }
}
