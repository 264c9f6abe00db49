// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Approvals
internal import Git
package import Planning
package import Signatures
package import Vocabulary

/// What lies on the approval refs, read against what is known already.
package struct ReadApprovals: Sendable {
    /// A record that was not seen before.
    package struct New: Sendable {
        package var seen: SeenRecord
        package var raw: [UInt8]
    }
    /// From the history and from refs, each once.
    package var records: [SeenRecord] = []
    package var new: [New] = []
    /// Commits that are no countable record, with why.
    package var refused: [Judgement.RefusedRecord] = []
    /// How many refs were left for a later pass.
    package var leftOut = 0
    /// Of how many commits a signature was looked at: none where nothing is new.
    package var verified = 0

    package init() {}

    /// What a reader should know of what was not read.
    package var notices: [String] {
        leftOut == 0 ? [] : ["\(leftOut) new approval refs wait for a later pass: \(Self.mostNew) are read in one"]
    }

    /// So many new refs are read in one go; the rest waits its turn, so that a flood starves nobody.
    package static let mostNew = 20_000

    /// - Parameters:
    ///   - history: records that may still count: neither read nor verified again.
    ///   - recorders: the keys of the set in force: who signs status commits.
    ///   - openpgp: what OpenPGP signatures are verified with. Such a record by another key is looked at again at each pass.
    ///   - unseenCommits: which of these were never seen before. Those that were, also where they can no longer count, are not even read.
    ///   - seen: the same by what a record is known by: one of them may lie there under another signature.
    package static func read(
        _ site: Site, history: History, recorders: KeyRing, openpgp: OpenPGPKeys, now: Timestamp,
        unseenCommits: ([ObjectID]) async throws(UserError) -> Set<ObjectID>,
        seen: ([RecordKey]) async throws(UserError) -> Set<RecordKey>
    ) async throws(UserError) -> ReadApprovals {
        var read = ReadApprovals()
        read.records = history.records.values.sorted { $0.signed.key < $1.signed.key }
        let known = Set(read.records.map(\.signed.commit))
        let references = try explained { () throws(GitError) in try site.git.references(under: site.approvals) }
        var distinct = known
        var fresh = references.filter { $0.name != site.approvals + "README" && distinct.insert($0.id).inserted }
        let unseen = try await unseenCommits(fresh.map(\.id))
        fresh.removeAll { !unseen.contains($0.id) }
        if fresh.count > mostNew {
            // In turns, beginning anywhere: whoever floods the refs cannot choose who waits.
            let start = Int.random(in: fresh.indices)
            fresh = Array(fresh[start...] + fresh[..<start])
        }
        var keys = Set(history.records.keys)
        var parents = Parents(git: site.git, recorders: recorders, now: now)
        // Piece by piece, so that a flood takes time and no memory.
        for start in stride(from: 0, to: fresh.count, by: 1_000) {
            let piece = fresh[start..<min(start + 1_000, fresh.count)].map { Candidate($0, site.git) }
            let old = try await seen(piece.compactMap { $0.parsed?.key }).union(history.records.keys)
            for candidate in piece {
                if let key = candidate.parsed?.key, old.contains(key) || keys.contains(key) { continue }
                guard read.verified < mostNew else {
                    read.leftOut += 1
                    continue
                }
                read.verified += 1
                switch record(candidate, site, openpgp: openpgp, now: now, &parents) {
                case .success(let new):
                    // The same record under another signature or another name: the first seen stays.
                    if keys.insert(new.seen.signed.key).inserted {
                        read.records.append(new.seen)
                        read.new.append(new)
                    }
                case .failure(let refusal):
                    read.refused.append(
                        Judgement.RefusedRecord(
                            commit: candidate.reference.id, refusal: refusal, claims: claims(of: candidate, site)))
                }
            }
        }
        return read
    }

    /// What lies on a ref, read and parsed once.
    private struct Candidate {
        let reference: Reference
        /// nil where it cannot be read, or is no commit.
        let raw: [UInt8]?
        let problem: String
        let parsed: RecordReader.Candidate?

        init(_ reference: Reference, _ git: Git.Repository) {
            self.reference = reference
            do throws(GitError) {
                let raw = try git.commit(reference.id).bytes
                (self.raw, problem, parsed) = (raw, "", RecordReader.candidate(raw))
            } catch {
                (raw, problem, parsed) = (nil, error.detail, nil)
            }
        }
    }

    /// By the name of its ref, and by what stands in its message.
    private static func claims(of candidate: Candidate, _ site: Site) -> Set<String> {
        let name = candidate.reference.name.dropFirst(site.approvals.count)
        var claims = Set(name.split(separator: "/").dropLast().prefix(1).map(String.init))
        guard let bytes = candidate.raw, bytes.count <= RecordReader.largest else { return claims }
        let (orders, change) = (Array("Countersign-Work-Order: ".utf8), Array("Countersign-Policy-Change: ".utf8))
        for line in bytes.split(separator: 0x0a) where line.starts(with: orders) || line.starts(with: change) {
            let value = String(decoding: line, as: UTF8.self).split(separator: " ").last ?? ""
            let id = line.starts(with: orders) ? WorkOrderDigest(text: value)?.id : PolicyChangeDigest(text: value)?.id
            if let id { claims.insert(id) }
        }
        return claims
    }

    private static func record(
        _ candidate: Candidate, _ site: Site, openpgp: OpenPGPKeys, now: Timestamp, _ parents: inout Parents
    ) -> Result<New, Refusal> {
        let id = candidate.reference.id
        guard let raw = candidate.raw else {
            let isOther = ((try? site.git.kind(of: id)) ?? .commit) != .commit
            return .failure(
                Refusal(
                    .malformed,
                    isOther
                        ? "\(candidate.reference.name.dropFirst(site.heads.count)) does not point at a commit"
                        : "\(id.short) cannot be read: \(candidate.problem)"))
        }
        let read =
            candidate.parsed.map { RecordReader.read(commit: id, $0, openpgp: openpgp, now: now) }
            ?? RecordReader.read(commit: id, raw: raw, openpgp: openpgp, now: now)
        return read.map { signed in
            let placement = Placement.refusal(of: signed.record, on: parents.finding(signed.record.parent))
            return New(seen: SeenRecord(signed: signed, firstSeen: nil, placement: placement), raw: raw)
        }
    }

    /// What stands in the place of records' parents: many records have one parent, whose signature is verified once.
    private struct Parents {
        let git: Git.Repository
        let recorders: KeyRing
        let now: Timestamp
        var findings: [ObjectID: ParentFinding] = [:]

        mutating func finding(_ id: ObjectID) -> ParentFinding {
            if let known = findings[id] { return known }
            let raw = try? git.commit(id).bytes
            let finding = Placement.finding(raw: raw, recorders: recorders, at: now)
            findings[id] = finding
            return finding
        }
    }
}
