// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Approvals
package import Git
package import Signatures
package import Vocabulary

/// Writes a zone's status branch from the reconciler's own clone.
///
/// In two steps, so that a crash leaves no commit of ours that the journal does not know: `prepare` makes the commit here, the
/// caller journals `published`, `push` brings it to the remote.
package struct StatusPublisher: Sendable {
    package let repository: Repository
    package let remote: String
    package let zone: ZoneName
    private let key: SSHPrivateKey
    private let recorders: KeyRing
    private let commits: StatusCommits
    private let derived: DerivedBlobs?

    /// - Parameter recorders: declared ones, to know a commit of ours that another process or an earlier key made.
    package init(
        repository: Repository, remote: String, zone: ZoneName, key: SSHPrivateKey, recorders: KeyRing,
        commits: StatusCommits? = nil, derived: DerivedBlobs? = nil
    ) {
        (self.repository, self.remote, self.zone) = (repository, remote, zone)
        (self.key, self.recorders) = (key, recorders)
        self.commits = commits ?? StatusCommits(repository)
        self.derived = derived
    }

    /// A status commit that is here and not yet on the remote.
    package struct Prepared: Hashable, Sendable {
        package var commit: ObjectID
        /// Where the remote's branch is, for the compare-and-swap.
        package var expected: ObjectID?
        /// False: it was made earlier, and only has to be pushed (again).
        package var isNew: Bool
        /// A stranger's commit that it answers.
        package var answers: ObjectID?
    }

    package var branch: String { StatusPath.branch(of: zone) }

    /// Where the remote's branch is now, its commits fetched.
    package func remoteTip() async throws(StatusError) -> ObjectID? {
        do {
            let found = try await repository.remoteReferences(remote, [branch]).first { $0.name == branch }
            guard let found else { return nil }
            if try repository.kind(of: found.id) == nil {
                try await repository.fetch(remote, ["+\(branch):refs/countersign/fetched/\(zone)"])
            }
            return found.id
        } catch {
            throw StatusError(error, branch)
        }
    }

    /// Which of these records have no evidence on the branch yet.
    package func withoutEvidence(_ records: [RecordKey], at known: ObjectID?) throws(StatusError) -> [RecordKey] {
        guard let known else { return records }
        do {
            let tree = try repository.commit(known).tree
            var missing: [RecordKey] = []
            for record in records where try repository.entry(StatusPath.evidence(record), of: tree) == nil {
                missing.append(record)
            }
            return missing
        } catch {
            throw StatusError(error, known.hex)
        }
    }

    /// Which of these paths the branch does not have yet.
    package func absent(_ paths: [String], at known: ObjectID?) throws(StatusError) -> [String] {
        guard let known else { return paths }
        do throws(GitError) {
            let tree = try repository.commit(known).tree
            var absent: [String] = []
            for path in paths where try repository.entry(path, of: tree) == nil { absent.append(path) }
            return absent
        } catch {
            throw StatusError(error, known.hex)
        }
    }

    /// Makes the next status commit; nil where nothing has changed and the remote has it.
    ///
    /// - Parameters:
    ///   - known: the last status commit that the journal knows.
    ///   - remoteTip: from `remoteTip()`.
    ///   - heartbeat: where the last commit is this old, one is made all the same: that nothing was heard then says something.
    /// - Throws: `unknownOwnCommit`, `git`.
    package func prepare(
        _ files: StatusFiles, message: String, known: ObjectID?, remoteTip: ObjectID?, now: Timestamp,
        heartbeat: Seconds? = nil
    ) throws(StatusError) -> Prepared? {
        let stranger = try stranger(at: remoteTip, known: known)
        do throws(GitError) {
            let base = try known.map { (id) throws(GitError) in try repository.commit(id).tree }
            let updates = try changes(of: files, from: base, now: now)
            if updates.isEmpty, stranger == nil, let known, try !isSilent(since: known, heartbeat, now) {
                guard remoteTip != known else { return nil }
                return Prepared(commit: known, expected: remoteTip, isNew: false, answers: nil)
            }
            let commit = try repository.write { (writer) throws(GitError) in
                var blobs: [TreeUpdate] = []
                for (path, bytes) in updates {
                    blobs.append(TreeUpdate(path, try bytes.map { (bytes) throws(GitError) in try writer.blob(bytes) }))
                }
                let tree = try writer.tree(basedOn: base, blobs)
                // Readers follow first parents: the first one is ours, always.
                var first = known
                if first == nil, stranger != nil {
                    first = try writer.commit(try signed(tree, parents: [], message: message, now: now))
                }
                let parents = [first, stranger].compactMap(\.self)
                return try writer.commit(try signed(tree, parents: parents, message: message, now: now))
            }
            return Prepared(commit: commit, expected: remoteTip, isNew: true, answers: stranger)
        } catch {
            throw StatusError(error, branch)
        }
    }

    private func isSilent(since known: ObjectID, _ heartbeat: Seconds?, _ now: Timestamp) throws(GitError) -> Bool {
        guard let heartbeat else { return false }
        let commit = try? CommitObject(parsing: try repository.commit(known).bytes)
        return commit?.committer.map { $0.time + heartbeat <= now } ?? false
    }

    /// Brings it to the remote, if the branch there is still where it was.
    ///
    /// - Throws: `moved`, `notPushed`.
    package func push(_ prepared: Prepared) async throws(StatusError) {
        do {
            try await repository.push(
                [PushedReference(id: prepared.commit, name: branch, expected: prepared.expected)], to: remote)
            let local = try repository.reference(branch)
            try repository.update(branch, to: prepared.commit, expecting: local)
        } catch {
            throw StatusError(error, branch)
        }
    }

    private func signed(
        _ tree: ObjectID, parents: [ObjectID], message: String, now: Timestamp
    ) throws(GitError) -> [UInt8] {
        guard let identity = Identity(name: "Countersign \(zone)", email: "recorder@countersign.invalid", time: now)
        else {
            throw GitError(code: .invalid, operation: "write a status commit", detail: "no such identity")
        }
        let builder = CommitBuilder(
            tree: tree, parents: parents, author: identity, committer: identity, message: message)
        do {
            return try builder.signed(by: key)
        } catch {
            throw GitError(code: .failed, operation: "sign a status commit", detail: "OpenSSL did not sign")
        }
    }
}

// What somebody else did to the branch.
extension StatusPublisher {
    /// Whether the state of this gateway is what it published: asked before anything is pushed to a device.
    ///
    /// - Returns: somebody else's commit on the branch, which the next one of ours will answer.
    /// - Throws: `unknownOwnCommit` where our own recorder has signed what the journal does not know: it was set back, or cloned.
    package func check(remoteTip: ObjectID?, known: ObjectID?) throws(StatusError) -> ObjectID? {
        try stranger(at: remoteTip, known: known)
    }

    /// The stranger's commit that has to be answered; nil where the remote has ours, an older one of ours, or none.
    private func stranger(at remoteTip: ObjectID?, known: ObjectID?) throws(StatusError) -> ObjectID? {
        guard let remoteTip, remoteTip != known else { return nil }
        for commit in try unknown(at: remoteTip, known: known) where try isOurs(commit) {
            throw StatusError(
                .unknownOwnCommit, commit.hex, "this zone's recorder has signed it, and the journal does not know it")
        }
        // What we made, or have answered already, before a crash between journal and push.
        if let known {
            do {
                if try repository.isAncestor(remoteTip, of: known) { return nil }
            } catch {
                throw StatusError(error, branch)
            }
        }
        return remoteTip
    }

    private func unknown(at remoteTip: ObjectID, known: ObjectID?) throws(StatusError) -> [ObjectID] {
        do {
            return try repository.commits(
                reachableFrom: remoteTip, butNotFrom: known.map { [$0] } ?? [], limit: 10_000
            ).map(\.id)
        } catch  where error.code == .tooLarge {
            return [remoteTip]  // somebody's whole history: a stranger's
        } catch {
            throw StatusError(error, branch)
        }
    }

    private func isOurs(_ commit: ObjectID) throws(StatusError) -> Bool {
        guard let signer = try commits.signer(of: commit) else { return false }
        return signer == SigningKey.identity(of: key.publicKey) || recorders[signer]?.holder == .recorder(zone)
    }
}

// What a commit has to change.
extension StatusPublisher {
    private func changes(
        of files: StatusFiles, from base: ObjectID?, now: Timestamp
    ) throws(GitError) -> [(path: String, bytes: [UInt8]?)] {
        var updates: [(path: String, bytes: [UInt8]?)] = []
        var there: [String: ObjectID] = [:]
        if let base { there = try present(in: base) }
        let paths = files.present.map { (path: $0.key, bytes: $0.value, there: there[$0.key]) }
        let areThere = inParallel(paths) { file in file.there.map { isBlob($0, file.bytes) } ?? false }
        for (file, isThere) in zip(paths, areThere) where !isThere { updates.append((file.path, file.bytes)) }
        for (path, bytes) in files.added {
            let old = try base.flatMap { (tree) throws(GitError) in try repository.entry(path, of: tree) }
            // Evidence stays as it was first written.
            if old == nil || path.hasPrefix(StatusPath.archive) { updates.append((path, bytes)) }
        }
        let ended = Set(files.added.keys.compactMap { $0.split(separator: "/").last })
        for (path, blob) in there where files.present[path] == nil {
            updates.append((path, nil))
            guard path.hasPrefix(StatusPath.workOrders + "/"), let name = path.split(separator: "/").last,
                !ended.contains(name)
            else { continue }
            if let (archive, bytes) = try superseded(blob, path: path, now: now) { updates.append((archive, bytes)) }
        }
        return updates.sorted { $0.path < $1.path }
    }

    private func isBlob(_ blob: ObjectID, _ bytes: [UInt8]) -> Bool {
        let digest = FileDigest(hashing: bytes).bytes
        if let known = derived?.find(.digest, blob, { Array($0) }) { return known == digest }
        guard let id = try? Repository.id(of: bytes, as: .blob), id == blob else { return false }
        derived?.keep(.digest, blob, digest)
        return true
    }

    private func present(in base: ObjectID) throws(GitError) -> [String: ObjectID] {
        var there: [String: ObjectID] = [:]
        for file in [StatusPath.head, StatusPath.readme] {
            if let entry = try repository.entry(file, of: base) { there[file] = entry.id }
        }
        for folder in StatusPath.present {
            guard let entry = try repository.entry(folder, of: base), entry.mode == .tree else { continue }
            for file in try repository.files(of: entry.id) { there[folder + "/" + file.path] = file.id }
        }
        return there
    }

    /// An open work order that is neither open nor ended now goes to the archive as what it is.
    private func superseded(
        _ blob: ObjectID, path: String, now: Timestamp
    ) throws(GitError) -> (String, [UInt8])? {
        guard case .bytes(let bytes)? = try repository.blobs([blob], limit: 4 << 20).first,
            let last = try? Document(parsing: bytes, path: path),
            let digest = last.value["digest"]?.string.flatMap({ WorkOrderDigest(text: $0) }),
            let document = try? WorkOrderForm.superseded(last, at: now)
        else { return nil }
        return (StatusPath.archived(digest, at: now), document.prettyBytes)
    }
}
