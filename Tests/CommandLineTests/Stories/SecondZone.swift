// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import TestKit
import Vocabulary

/// An arena with a second zone, `dmz`, whose gateway is mallory's host.
extension Arena {
    /// - Parameter declare: what else the trusted commit declares.
    static func withSecondZone(
        declaring declare: (Arena) async throws -> Void = { _ in }, _ change: (inout Setting) -> Void = { _ in }
    ) async throws -> Arena {
        let arena = try await Arena.made {
            change(&$0)
            $0.isTrusted = false
        }
        let recorder = try await arena.countersign(
            ["recorder", "--state", arena.state(of: .mallory)], as: .mallory, exits: 0
        ).line
        try arena.write(zoneDMZ(recorder, keys: arena.folder.file("private")), to: "dmz.yaml")
        try await declare(arena)
        let commit = try await arena.commit("Declare another zone")
        try await arena.trust(commit)
        try await arena.dmz("trust", commit, exits: 0)
        return arena
    }

    static func zoneDMZ(_ recorder: String, keys: String) -> String {
        """
        apiVersion: countersign/v1
        kind: Zone
        metadata: {name: dmz}
        spec:
          recorders: [{ssh: "\(recorder)"}]
          keyRoots: ["\(keys)"]

        """
    }

    /// `countersign ARGUMENTS` on the gateway of zone dmz.
    @discardableResult
    func dmz(_ arguments: String..., exits code: Int32?) async throws -> Answer {
        try await countersign(
            ["--repo", clone(of: .mallory), "--state", state(of: .mallory)] + arguments, as: .mallory, exits: code)
    }

    /// One pass there; what it reports.
    @discardableResult
    func dmzPass(exits code: Int32? = nil) async throws -> JSONValue {
        try await dmz("reconcile", "--zone", "dmz", "--format", "json", exits: code).json
    }

    /// What somebody sees of zone dmz.
    func dmzPlan(as actor: Actor = .bob) async throws -> JSONValue {
        try await countersign(as: actor, "plan", "--zone", "dmz", "--format", "json").json
    }

    func sign(_ digest: String, inZone zone: String) async throws {
        try await countersign(as: .bob, "approve", digest, "--zone", zone, "--yes", exits: 0)
        try await countersign(as: .dave, "implement", digest, "--zone", zone, "--yes", exits: 0)
    }
}
