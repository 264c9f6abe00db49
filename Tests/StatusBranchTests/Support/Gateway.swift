// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Approvals
import Declarations
import Git
import Planning
import Signatures
import StatusBranch
import TestKit
import Vocabulary

/// A remote, a reconciler's own clone of it, and a recorder's key that is declared.
struct Gateway {
    static let repositoryID = "6f1c2a0e-1234-4abc-8def-000000000001"
    static let start = Timestamp(secondsSince1970: 1_767_225_600)

    let origin: GitFixture
    let clone: GitFixture
    let repository: Git.Repository
    let key: SSHPrivateKey
    let zone: ZoneName
    let recorders: KeyRing

    init() async throws {
        origin = try await GitFixture.make("origin.git", bare: true)
        clone = try await GitFixture.clone(of: origin, to: "state.git", "--bare")
        repository = try Git.Repository(at: clone.path, userGit: UserGit(environment: clone.environment))
        key = try SSHPrivateKey.generate(comment: "recorder")
        zone = try Sample.name("default")
        recorders = try Self.ring(["default": [key.publicKey.line]])
    }

    static func ring(_ zones: [String: [String]]) throws -> KeyRing {
        var set = DeclarationSet()
        for (name, lines) in zones {
            let name: ZoneName = try Sample.name(name)
            set.zones[name] = Zone(
                name: name, spec: ZoneSpec(recorders: lines.map { DeclaredKey(material: .ssh($0)) }), raw: [:],
                position: SourcePosition(file: "countersign.yaml"))
        }
        return KeyRing(of: TrustSet(of: set))
    }

    func publisher(signingWith other: SSHPrivateKey? = nil) -> StatusPublisher {
        StatusPublisher(
            repository: repository, remote: "origin", zone: zone, key: other ?? key, recorders: recorders)
    }

    /// One write-back as the reconciler does it; the commit that the remote has afterwards.
    @discardableResult
    func publish(
        _ content: StatusContent, known: ObjectID?, at minutes: Int64 = 0
    ) async throws -> StatusPublisher.Prepared? {
        let publisher = publisher()
        let prepared = try publisher.prepare(
            StatusFiles(content), message: "Status of zone default\n", known: known,
            remoteTip: try await publisher.remoteTip(), now: Self.start + .minutes(minutes))
        if let prepared { try await publisher.push(prepared) }
        return prepared
    }

    func content(
        _ history: History, plan: Plan = .nothing, finished: [FinishedWorkOrder] = [], evidence: [Evidence] = [],
        notices: [String] = []
    ) -> StatusContent {
        StatusContent(
            repository: Self.repositoryID, zone: zone, history: history, plan: plan, finished: finished,
            evidence: evidence, notices: notices)
    }

    var branch: String { StatusPath.branch(of: zone) }
    func remoteTip() async throws -> String { try await origin.git("rev-parse", branch) }

    func history(of commit: ObjectID) throws -> History {
        let reader = StatusReader(repository)
        let tip = try reader.verified(commit, zone: zone, recorders: recorders, now: Self.start)
        return try reader.history(of: tip, repository: Self.repositoryID, zone: zone)
    }

    /// A commit on the branch by somebody who is no recorder.
    func intrude(parents: [String], signedBy key: SSHKey? = nil) async throws -> ObjectID {
        let blob = try await origin.store(Array("hello".utf8), type: "blob")
        let tree = try await origin.git("mktree", input: "100644 blob \(blob)\thello\n")
        let commit = try await origin.commitTree(tree, parents: parents, message: "Hello", signedBy: key)
        try await origin.git("update-ref", branch, commit)
        return try required(ObjectID(hex: commit))
    }
}

func required<Value>(_ value: Value?) throws -> Value {
    guard let value else { throw FixtureError("a sample could not be made") }
    return value
}

/// The code that a call throws; nil where it throws none.
func statusCode(_ body: () async throws -> Void) async -> StatusError.Code? {
    do { try await body() } catch { return (error as? StatusError)?.code }
    return nil
}
