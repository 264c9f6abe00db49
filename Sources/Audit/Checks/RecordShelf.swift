// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Git
internal import Signatures
internal import StatusBranch
internal import Vocabulary

/// The records of a line, read and verified again from their bytes: nothing that the branch says of them is believed but when
/// they were first seen.
struct RecordShelf {
    struct Book: Sendable {
        var seen: SeenRecord
        var doubt: Finding?
    }
    private(set) var records: [RecordKey: Book] = [:]
    private(set) var findings: [Finding] = []
    private var bySubject: [ApprovalCase.Subject: [RecordKey]] = [:]

    init(_ kept: [RecordKey: Replay.Kept], timeline: TrustTimeline, git: Git.Repository) {
        let openpgp = timeline.openpgp
        for (key, kept) in kept.sorted(by: { $0.key < $1.key }) {
            let evidence = kept.evidence
            func refuse(_ why: String) { findings.append(Finding(.evidenceInvalid, at: StatusPath.evidence(key), why)) }
            guard Self.hasItsID(evidence.commit) else {
                refuse("its bytes are not those of commit \(evidence.commit.id.short)")
                continue
            }
            let signed: SignedRecord
            switch RecordReader.read(commit: evidence.commit.id, raw: evidence.commit.raw, openpgp: openpgp) {
            case .success(let record): signed = record
            // By an OpenPGP key that no set in force ever declared: nobody's word, and nobody's fault.
            case .failure(let refusal) where refusal.code == .unknownKey: continue
            case .failure(let refusal):
                refuse("\(refusal.code.rawValue): \(refusal.message)")
                continue
            }
            guard signed.key == key else {
                refuse("its bytes are those of another record, \(signed.key.short)")
                continue
            }
            var parent = evidence.parent
            if let raw = parent, raw.id != signed.record.parent || !Self.hasItsID(raw) {
                refuse("the parent beside it is not the record's")
                parent = nil
            }
            let raw = parent?.raw ?? (try? git.commit(signed.record.parent))?.bytes
            let refusals = timeline.judging(at: evidence.firstSeen).map { entry in
                Placement.refusal(
                    of: signed.record,
                    on: Placement.finding(raw: raw, recorders: entry.keys, at: evidence.firstSeen))
            }
            var doubt = kept.doubt
            if doubt == nil, let made = raw.flatMap({ try? CommitObject(parsing: $0) })?.committer?.time,
                evidence.firstSeen + RecordReader.clockSkew < made
            {
                let early = Finding(
                    .firstSeenFalls, at: StatusPath.evidence(key),
                    "it is said to have been seen at \(evidence.firstSeen), and stands on a status commit of \(made)")
                findings.append(early)
                doubt = early
            }
            records[key] = Book(
                seen: SeenRecord(
                    signed: signed, firstSeen: evidence.firstSeen,
                    placement: refusals.contains(nil) ? nil : refusals.first ?? nil), doubt: doubt)
            for subject in signed.record.subjects { bySubject[subject, default: []].append(key) }
        }
    }

    /// What had been seen of a subject by then, withdrawals too.
    func records(on subject: ApprovalCase.Subject, by time: Timestamp) -> [SeenRecord] {
        (bySubject[subject] ?? []).compactMap { records[$0]?.seen }.filter { seen in
            seen.firstSeen.map { $0 <= time } ?? false
        }
    }

    private static func hasItsID(_ commit: Evidence.Commit) -> Bool {
        (try? Git.Repository.id(of: commit.raw, as: .commit)) == commit.id
    }
}
