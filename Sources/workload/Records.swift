// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Git
internal import Journal
internal import Planning
internal import Signatures
internal import Vocabulary

/// Records that a person signs, each on a work order of its own, as `approve` makes them.
struct Records {
    struct Signed {
        var key: RecordKey
        var commit: ObjectID
        var raw: [UInt8]
        var digest: WorkOrderDigest
        var reference: (name: String, id: ObjectID) {
            ("refs/heads/approvals/\(digest.id)-\(digest.short)/bob-1", commit)
        }
    }
    var signer: SSHPrivateKey
    /// A status commit.
    var parent: ObjectID
    var tree: ObjectID
    var now: Timestamp

    static func digest(_ number: Int) -> WorkOrderDigest {
        WorkOrderDigest(hashing: Array("countersign benchmark \(number)".utf8))
    }

    /// Stores them, all in one pack.
    func write(_ count: Int, in repository: Repository) throws -> [Signed] {
        guard let identity = Identity(name: "bob", email: "bob@example.com", time: now) else {
            throw WorkloadError("no identity")
        }
        let raws = try (0..<count).map { number in
            let record = ApprovalRecord(
                repository: Cast.repositoryID, level: "approve", decision: .approve,
                subject: .workOrders([Self.digest(number)]),
                implementation: .manual, title: "Approve certificate-\(number) on connector-\(number)",
                comment: "Agreed.", tree: tree,
                parent: parent, committed: now)
            return try CommitBuilder(
                tree: tree, parents: [parent], author: identity, committer: identity,
                message: RecordWriter.message(for: record)
            ).signed(by: signer)
        }
        let ids = try repository.write { (writer) throws(GitError) in
            var ids: [ObjectID] = []
            for raw in raws { ids.append(try writer.commit(raw)) }
            return ids
        }
        return try zip(raws, ids).enumerated().map { number, made in
            guard let key = RecordReader.presumedKey(of: made.0) else { throw WorkloadError("a record that is none") }
            return Signed(key: key, commit: made.1, raw: made.0, digest: Self.digest(number))
        }
    }
}

/// Work orders that were pushed before, again and again, by records whose refs are there still.
struct Past {
    private let intents: [Intent]
    private let finished: Int
    private let records: Int
    private let at: Timestamp
    private let isTold: Bool

    /// - Parameters:
    ///   - adoptions: what is adopted now; the same contents had other digests before.
    ///   - isTold: the next pass is to tell of them: they are pushes, each with the digest of its content.
    init(_ adoptions: [Fact], finished: Int, records: Int, isTold: Bool) throws {
        let adopted = adoptions.compactMap { fact -> (Intent, Timestamp)? in
            if case .adopted(_, let intent, let at) = fact { (intent, at) } else { nil }
        }
        intents = adopted.map(\.0)
        guard let last = adopted.last?.1 else { throw WorkloadError("nothing to adopt") }
        (self.finished, self.records, at, self.isTold) = (finished, records, last, isTold)
    }

    func write(in repository: Repository, on status: RawCommit) throws -> (
        facts: [Fact], references: [(name: String, id: ObjectID)]
    ) {
        let signed = try Records(
            signer: try SSHPrivateKey.generate(comment: "bob"), parent: status.id, tree: status.tree, now: at
        )
        .write(records, in: repository)
        var facts: [Fact] = signed.map { .recordSeen($0.key, commit: $0.commit, raw: $0.raw, placement: nil, at: at) }
        for number in 0..<finished {
            var intent = intents[number % intents.count]
            if isTold {
                try push(&intent, number / intents.count)
            } else {
                intent.workOrder = Records.digest(number)
            }
            intent.records = number < signed.count ? [signed[number].key] : []
            let digits = String(number, radix: 16)
            let batch = BatchID(String(repeating: "0", count: 16 - digits.count) + digits)
            facts += [
                .intended(batch, intent.slot.device, [intent], at: at), .switching(batch),
                .ended(batch, [intent.workOrder: .completed], at: at),
            ]
        }
        return (facts, signed.map(\.reference))
    }

    /// What is adopted now was pushed here before, as the slot's push number so and so.
    private func push(_ intent: inout Intent, _ sequence: Int) throws {
        guard var document = try JSONValue(parsing: intent.content).object else { throw WorkloadError("no content") }
        document["action"] = "replace"
        document["sequence"] = .integer(Int64(sequence))
        intent.content = JSONValue.object(document).canonicalBytes
        intent.workOrder = WorkOrderDocument.digest(of: intent.content)
    }
}
