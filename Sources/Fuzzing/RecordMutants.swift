// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Signatures
internal import Vocabulary

/// Good records, each changed at one place, place after place: what is accepted after that must say what was signed, by who signed it.
package struct RecordMutants {
    package struct Report: Sendable {
        package var records = 0
        /// Mutants whose change was none (a byte put in the place of itself), or only another text of the same signature.
        package var accepted = 0
        package var finding: String?
    }
    private let cast: Cast
    private let electorate: Electorate
    private var random: SplitMix
    private var place = 0

    package init(seed: UInt64) throws {
        cast = try Cast()
        electorate = Electorate(inForce: cast.inForce, tip: cast.tip)
        random = SplitMix(state: seed)
    }

    package mutating func run(_ count: Int) throws -> Report {
        var report = Report()
        while report.records < count, report.finding == nil {
            let author = (Cast.people + Cast.others)[random.below(Cast.people.count + Cast.others.count)]
            let raw = try record(by: author)
            report.records += 1
            guard let original = try? RecordReader.read(commit: Self.id(1), raw: raw).get() else {
                report.finding = "a good record was refused: \(Hex.encode(raw))"
                break
            }
            if isInForce(original) == Cast.others.contains(author) {
                report.finding = "a key of \(author) was judged otherwise than it is"
            }
            let mutant = changed(raw)
            guard case .success(let read) = RecordReader.read(commit: Self.id(2), raw: mutant) else { continue }
            report.accepted += 1
            if read.record != original.record || read.key != original.key || read.signingKey != original.signingKey {
                report.finding = "other words were accepted: \(Hex.encode(mutant))"
            } else if isInForce(read), Cast.others.contains(author) {
                report.finding = "a key that is not in force was accepted: \(Hex.encode(mutant))"
            }
        }
        return report
    }

    private func isInForce(_ record: SignedRecord) -> Bool {
        if case .success = electorate.signer(record.signingKey, at: Cast.start) { true } else { false }
    }

    private mutating func record(by author: String) throws -> [UInt8] {
        let digests = (0...random.below(3)).map { _ in
            WorkOrderDigest(hashing: (0..<8).map { _ in UInt8(random.below(256)) })
        }
        let decision = ApprovalRecord.Decision.allCases[random.below(ApprovalRecord.Decision.allCases.count)]
        let isScheduled = (decision == .approve || decision == .review) && random.below(2) == 0
        let record = ApprovalRecord(
            repository: Cast.repository, level: ["approve", "implement"][random.below(2)], decision: decision,
            subject: .workOrders(Set(digests).sorted()),
            implementation: isScheduled ? .scheduled(Window(start: Cast.start, end: Cast.start + .hours(4))) : .manual,
            acknowledgements: random.below(2) == 0 ? [.changes(1 + random.below(99)), .holdsOther] : [],
            title: "Approve",
            comment: ["", "Agreed.", "Zwei Zeilen,\nmit ümlaut."][random.below(3)], tree: Self.id(3),
            parent: Self.id(4),
            committed: Cast.start)
        guard let key = cast.keys[author],
            let identity = Identity(name: author, email: "\(author)@example.com", time: Cast.start)
        else {
            return []
        }
        return try CommitBuilder(
            tree: record.tree, parents: [record.parent], author: identity, committer: identity,
            message: RecordWriter.message(for: record)
        ).signed(by: key)
    }

    /// One byte turned, replaced, put in, taken out or doubled, or a line; every place in its turn.
    private mutating func changed(_ raw: [UInt8]) -> [UInt8] {
        var bytes = raw
        place = (place + 1) % bytes.count
        switch random.below(6) {
        case 0: bytes[place] ^= 1 << UInt8(random.below(8))
        case 1: bytes[place] = UInt8(random.below(256))
        case 2: bytes.insert(UInt8(random.below(256)), at: place)
        case 3: bytes.remove(at: place)
        case 4: bytes.insert(bytes[place], at: place)
        default:
            let end = bytes[place...].firstIndex(of: 0x0a) ?? bytes.count - 1
            let start = bytes[..<place].lastIndex(of: 0x0a).map { $0 + 1 } ?? 0
            let line = Array(bytes[start...end])
            if random.below(2) == 0 {
                bytes.removeSubrange(start...end)
            } else {
                bytes.insert(contentsOf: line, at: start)
            }
        }
        return bytes
    }

    private static func id(_ byte: UInt8) -> ObjectID {
        guard let id = ObjectID(bytes: [UInt8](repeating: byte, count: 20)) else {
            preconditionFailure("20 bytes are an id")
        }
        return id
    }
}
