// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Approvals
import Declarations
import Signatures
import TestKit
import Vocabulary

/// A real repository with a status commit, and records that stock `git commit-tree -S` makes on it.
struct SigningBench {
    let git: GitFixture
    let bob: SSHKey
    let recorder: SSHKey
    let tree: String
    let status: String

    /// When fixtures are dated: 2026-01-01T00:00:00Z.
    static let now = Timestamp(secondsSince1970: 1_767_225_600)

    static let trailers = """
        Countersign-Record: approval/v1
        Countersign-Repository: \(Stage.repository)
        Countersign-Level: approve
        Countersign-Decision: approve
        Countersign-Work-Order: \(Stage.digest.id) \(Stage.digest)
        Countersign-Implementation: manual
        """
    static let message = "Approve shop-example-com on edge-1-shop\n\nAgreed with netops.\n\n\(trailers)\n"

    static func make() async throws -> SigningBench {
        let git = try await GitFixture.make()
        let bob = try await SSHKey("bob", in: git.folder)
        let recorder = try await SSHKey("recorder", in: git.folder)
        try git.write("# Status\n", to: "README.md")
        let status = try await git.commit("Status", signedBy: recorder)
        let tree = try await git.git("rev-parse", "HEAD^{tree}")
        return SigningBench(git: git, bob: bob, recorder: recorder, tree: tree, status: status)
    }

    func commit(_ message: String = message, parents: [String]? = nil, by key: SSHKey?) async throws -> (
        ObjectID, [UInt8]
    ) {
        let hex = try await git.commitTree(tree, parents: parents ?? [status], message: message, signedBy: key)
        return (try Self.id(hex), try await git.object(hex))
    }

    func read(_ raw: [UInt8]) -> Result<SignedRecord, Refusal> {
        RecordReader.read(commit: Stage.id("of no weight here"), raw: raw, now: Self.now)
    }

    static func id(_ hex: String) throws -> ObjectID {
        guard let id = ObjectID(hex: hex) else { throw FixtureError("not an id: \(hex)") }
        return id
    }
}

extension Result where Success == SignedRecord, Failure == Refusal {
    var code: Refusal.Code? { if case .failure(let refusal) = self { refusal.code } else { nil } }
    var refusalMessage: String { if case .failure(let refusal) = self { refusal.message } else { "" } }
}

/// A commit's bytes without a signature: where a form is wrong, nobody looks at the signature.
func unsignedCommit(
    _ message: String = SigningBench.message, headers: [String]? = nil, parents: [String] = ["status"]
) -> [UInt8] {
    let identity = "Bob <bob@example.com> 1767225600 +0000"
    let standard =
        ["tree \(Stage.id("tree"))"] + parents.map { "parent \(Stage.id($0))" }
        + ["author \(identity)", "committer \(identity)"]
    return Array(((headers ?? standard).joined(separator: "\n") + "\n\n" + message).utf8)
}

func unsignedCommit(_ message: [UInt8]) -> [UInt8] { unsignedCommit("") + message }
