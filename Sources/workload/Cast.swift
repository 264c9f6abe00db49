// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Git
internal import Signatures
internal import Vocabulary

/// The people of a generated repository and the zone's recorder, and what the trust set says of them.
struct Cast: Sendable {
    let alice: SSHPrivateKey
    /// Public lines; whose private key is known here stands in `bob`.
    private let others: [(name: String, line: String)]
    private let recorder: String
    /// The first of those who approve and have not asked.
    let bob: SSHPrivateKey
    /// What stands in `devices/known_hosts`.
    var knownHosts: String

    /// - Parameters:
    ///   - recorder: the public line of the key that signs the status branch.
    ///   - approvers: public lines of bob's and dave's keys, where they sign by themselves.
    init(recorder: String, approvers: [String]? = nil) throws {
        alice = try SSHPrivateKey.generate(comment: "alice")
        bob = try SSHPrivateKey.generate(comment: "bob")
        let lines = try approvers ?? [bob.publicKey.line, SSHPrivateKey.generate(comment: "dave").publicKey.line]
        guard lines.count == 2 else { throw WorkloadError("bob's key, and dave's") }
        others = [("bob", lines[0]), ("dave", lines[1])]
        self.recorder = recorder
        knownHosts = "*.example.com \(recorder)\n"
    }

    static let repositoryID = "5b0c2f52-6d63-4c0e-9f6e-2f6a3c5f9d10"

    /// - Parameter issuer: whose certificates a standing approval lets alice renew without anybody's signature; nil: there is none.
    func files(keyRoot: String, standingFor issuer: SPKIFingerprint? = nil) -> [Estate.File] {
        let zone = """
            apiVersion: countersign/v1
            kind: Repository
            metadata: {name: benchmark}
            spec:
              id: \(Self.repositoryID)
              branch: main
              limits: {maxChanged: 1000000, maxChangedPercent: 100}
            ---
            apiVersion: countersign/v1
            kind: Zone
            metadata: {name: default}
            spec:
              recorders: [{ssh: "\(recorder)"}]
              keyRoots: [\(keyRoot)]

            """
        let people = ([("alice", alice.publicKey.line)] + others).map { name, line in
            """
            apiVersion: countersign/v1
            kind: Person
            metadata: {name: \(name)}
            spec: {emails: [\(name)@example.com], keys: [{ssh: "\(line)"}]}

            """
        }
        let policy = """
            apiVersion: countersign/v1
            kind: Group
            metadata: {name: pki}
            spec: {members: [alice, bob]}
            ---
            apiVersion: countersign/v1
            kind: Group
            metadata: {name: netops}
            spec: {members: [dave]}
            ---
            apiVersion: countersign/v1
            kind: ApprovalPolicy
            metadata: {name: default}
            spec:
              levels:
                - {name: approve, approvers: [group:pki], count: 1}
                - {name: implement, approvers: [group:netops], count: 1}

            """
        let standing = issuer.map { issuer in
            """
            ---
            apiVersion: countersign/v1
            kind: StandingApproval
            metadata: {name: renewals}
            spec:
              levels: [approve, implement]
              requesters: [person:alice]
              issuers: [{spki: \(issuer.hex)}]
              changes: [renewal]
              maxPerHour: 1000000
              maxPerDay: 1000000
              notAfter: 2099-01-01T00:00:00Z

            """
        }
        return [
            Estate.File(path: "countersign.yaml", bytes: Array(zone.utf8)),
            Estate.File(path: "people/people.yaml", bytes: Array(people.joined(separator: "---\n").utf8)),
            Estate.File(path: "policies/default.yaml", bytes: Array((policy + (standing ?? "")).utf8)),
            Estate.File(path: "devices/known_hosts", bytes: Array(knownHosts.utf8)),
        ]
    }

    /// A commit by alice.
    func commit(tree: ObjectID, parents: [ObjectID], message: String, at time: Timestamp) throws -> [UInt8] {
        guard let identity = Identity(name: "alice", email: "alice@example.com", time: time) else {
            throw WorkloadError("no identity")
        }
        return try CommitBuilder(tree: tree, parents: parents, author: identity, committer: identity, message: message)
            .signed(by: alice)
    }
}

extension Repository {
    /// Files on top of a tree, all of it in one pack.
    func store(_ files: [Estate.File], on base: ObjectID?) throws -> ObjectID {
        try write { (writer) throws(GitError) in
            var updates: [TreeUpdate] = []
            updates.reserveCapacity(files.count)
            for file in files { updates.append(TreeUpdate(file.path, try writer.blob(file.bytes))) }
            return try writer.tree(basedOn: base, updates)
        }
    }

    func store(commit bytes: [UInt8]) throws -> ObjectID {
        try write { (writer) throws(GitError) in try writer.commit(bytes) }
    }
}
