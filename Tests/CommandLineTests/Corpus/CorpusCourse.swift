// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Processes
import TestKit
import Testing
import Vocabulary

/// The corpus is played once for the whole suite; each test then looks at what became of one case.
struct CorpusCourse: SuiteTrait, TestScoping {
    @TaskLocal static var outcome: Outcome?

    /// What was said of the records, by commit.
    struct Verdicts: Sendable {
        var refused: [String: (code: String, message: String)] = [:]
        /// The connector whose work order it is told of with; none for what fits no open one.
        var places: [String: String] = [:]
        /// With the connector whose work order they are given for.
        var given: [String: Set<String>] = [:]
        var states: [String: String] = [:]
        var reasons: [String: String] = [:]

        init(of plan: JSONValue) {
            note(plan["refused"], at: nil)
            for order in plan["workOrders"]?.array ?? [] {
                let name = order["connector"]?.string ?? ""
                states[name] = order["state"]?.string
                reasons[name] = order["reason"]?["code"]?.string
                note(order["refused"], at: name)
                for level in order["levels"]?.array ?? [] {
                    for given in level["given"]?.array ?? [] {
                        self.given[given["commit"]?.string ?? "", default: []].insert(name)
                    }
                }
            }
        }

        private mutating func note(_ list: JSONValue?, at place: String?) {
            for record in list?.array ?? [] {
                let commit = record["commit"]?.string ?? ""
                refused[commit] = (record["code"]?.string ?? "", record["message"]?.string ?? "")
                places[commit] = place
            }
        }
    }

    struct Outcome: Sendable {
        var world: CorpusWorld
        /// The object of each case.
        var made: [String: String] = [:]
        /// As bob's clone, the gateway's, and the gateway's pass saw it, all records side by side.
        var seen: [String: Verdicts] = [:]
        /// `explain` of each slot's work order, as people read it.
        var explained: [String: String] = [:]
        /// `explain` of a digest that is nobody's, and of its ID.
        var explainedStale: [String] = []
        var pass: JSONValue = .null
        /// Files of all slots before and after that pass, and what is served.
        var before: [String: [SlotFile]] = [:]
        var after: [String: [SlotFile]] = [:]
        var served: [String] = []
        var later = Later()
    }

    /// What came of it when the last level was signed for the near misses.
    struct Later: Sendable {
        var pushed: JSONValue = .null
        var files: [String: [SlotFile]] = [:]
        var replayed = Verdicts(of: .null)
        var replayPass: JSONValue = .null
        /// A new signature on a work order that is completed; a used record on another ref.
        var afterwards = "", used = ""
        /// What the second implementation says of each object by itself.
        var records: [String: String] = [:]
        /// What both auditors say of it all.
        var audit: JSONValue = .null
        /// A record as the tip of the status branch itself; the tip after the pass that met it.
        var onStatus = "", answered: [String] = []
        var statusPass: JSONValue = .null
        /// What `plan` and `reconcile` say of a clone with grafts, and of a shallow one.
        var unsound: [String] = []
        /// After the state store was lost and the first commit trusted anew.
        var lost = Verdicts(of: .null)
        var lostPass: JSONValue = .null
        var lostFiles: [String: [SlotFile]] = [:]
    }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        let outcome = try await Self.play()
        try await Self.$outcome.withValue(outcome) { try await function() }
    }

    private static func play() async throws -> Outcome {
        var outcome = Outcome(world: try await CorpusWorld.make())
        let arena = outcome.world.arena
        outcome.made = try await outcome.world.publish(NearMisses.all + NearMisses.before)
        outcome.world.made = outcome.made
        try await arena.reconcile(exits: 2)

        outcome.before = try outcome.world.slotFiles()
        outcome.made.merge(try await outcome.world.publish(FormAttacks.all + MeaningAttacks.all)) { $1 }
        try await outcome.world.replaceReferences(of: outcome.made)
        for actor in [Arena.Actor.bob, .gateway] {
            outcome.seen[actor.rawValue] = Verdicts(of: try await arena.plan(as: actor))
        }
        let attacked = Set((FormAttacks.all + MeaningAttacks.all).map(\.slot))
        for (slot, digest) in outcome.world.digests where attacked.contains(slot) {
            outcome.explained[slot] = try await arena.countersign(as: .bob, "explain", digest, exits: 0).output
        }
        for id in [MeaningAttacks.nobodys, HandmadeRecord.id(of: MeaningAttacks.nobodys)] {
            outcome.explainedStale.append(try await arena.countersign(as: .bob, "explain", id, exits: 0).output)
        }
        outcome.pass = try await arena.reconcile(exits: 2)
        outcome.seen["pass"] = Verdicts(of: outcome.pass["plan"] ?? .null)
        outcome.after = try outcome.world.slotFiles()
        outcome.served = [try await arena.served(), try await arena.served("pay.example.com")]

        outcome.later = try await outcome.world.implement()
        outcome.later.records = try await IndependentAudit.records(outcome.made.values, of: arena.origin, in: arena)
        return outcome
    }
}

extension CorpusWorld {
    static let slots = ["shop", "pay"] + asked + mesh

    func slotFiles() throws -> [String: [SlotFile]] {
        try Self.slots.reduce(into: [:]) { files, slot in
            files[slot] = try ["crt", "key"].map { try SlotFile(arena.folder.file("slot/\(slot).\($0)")) }
        }
    }

    /// In the clones of bob and of the gateway something good stands in the place of what is bad.
    fileprivate func replaceReferences(of made: [String: String]) async throws {
        let good = try await put(try draft(for: "shop"), by: "bob")
        for actor in [Arena.Actor.bob, .gateway] {
            try await arena.git(
                actor, "fetch", "-q", "origin", "+refs/heads/approvals/*:refs/remotes/origin/approvals/*")
            let raw = try await run(
                ["git", "--git-dir", arena.origin, "cat-file", "commit", good],
                environment: arena.environment(of: actor)
            ).output
            try await run(
                ["git", "hash-object", "-t", "commit", "-w", "--stdin"], in: arena.clone(of: actor),
                environment: arena.environment(of: actor), input: raw)
            for name in ["no signature (shop)", "its comment changed (shop)", "by a stranger (shop)"] {
                try await arena.git(actor, "update-ref", "refs/replace/\(made[name] ?? "")", good)
            }
            let main = try await arena.git(actor, "rev-parse", "origin/main")
            try await arena.git(actor, "update-ref", "refs/replace/\(main)", tip.commit)
        }
    }

    /// Dave implements all that bob approved, in one record, and the gateway makes a pass; then what was used is tried again.
    fileprivate func implement() async throws -> CorpusCourse.Later {
        var later = CorpusCourse.Later()
        for actor in [Arena.Actor.bob, .gateway] {
            for ref in try await arena.git(actor, "for-each-ref", "--format=%(refname)", "refs/replace/").split(
                separator: "\n")
            {
                try await arena.git(actor, "update-ref", "-d", String(ref))
            }
        }
        var draft = try draft(for: "n01")
        draft.words.level = "implement"
        draft.words.workOrders = NearMisses.slots.compactMap { digests[$0] }
        let record = try await put(draft, by: "dave")
        _ = try await git(["update-ref", "refs/heads/approvals/near-misses/dave", record])
        later.pushed = try await arena.reconcile(exits: 2)
        later.files = try slotFiles()

        var again = try self.draft(for: "n01")
        again.words.comment = "Once more, please."
        later.afterwards = try await put(again, by: "bob")
        later.used = record
        _ = try await git(["update-ref", "refs/heads/approvals/near-misses/again", later.afterwards])
        _ = try await git(["update-ref", "refs/heads/approvals/near-misses/dave-2", record])
        later.replayPass = try await arena.reconcile(exits: 2)
        later.replayed = CorpusCourse.Verdicts(of: later.replayPass["plan"] ?? .null)
        later.audit = try await arena.audited(exits: 2)
        try await writeOnStatus(&later)
        try await makeUnsound(&later)
        try await loseState(&later)
        return later
    }

    /// Whoever may push to the status branch puts an approval there: it even is a child of a status commit.
    private func writeOnStatus(_ later: inout CorpusCourse.Later) async throws {
        let status = try await status()
        var draft = try draft(for: "shop")
        (draft.parents, draft.tree, draft.words.comment) = ([status.commit], status.tree, "On the status branch.")
        later.onStatus = try await put(draft, by: "bob")
        _ = try await git(["update-ref", "refs/heads/countersign/status/default", later.onStatus])
        later.statusPass = try await arena.reconcile(exits: nil)
        later.answered = try await git(["rev-parse", "countersign/status/default^1", "countersign/status/default^2"])
            .split(separator: "\n").map(String.init)
        later.answered.insert(status.commit, at: 0)
    }

    /// A clone whose history says otherwise than its commits.
    private func makeUnsound(_ later: inout CorpusCourse.Later) async throws {
        let main = try await arena.git(.gateway, "rev-parse", "origin/main")
        for (file, line) in [("info/grafts", "\(main) \(tip.commit)"), ("shallow", main)] {
            try arena.folder.write(line + "\n", to: "clones/gateway/.git/\(file)")
            for command in ["plan", "reconcile"] {
                later.unsound.append(try await arena.refusal(as: .gateway, command).code)
            }
            try FileManager.default.removeItem(atPath: arena.clone(of: .gateway) + "/.git/\(file)")
        }
    }

    /// The gateway's disk is gone; its key was kept elsewhere. All that was ever signed is still there.
    private func loseState(_ later: inout CorpusCourse.Later) async throws {
        let state = arena.state(of: .gateway)
        for file in try FileManager.default.contentsOfDirectory(atPath: state) where !file.hasPrefix("recorder") {
            try FileManager.default.removeItem(atPath: state + "/" + file)
        }
        try await arena.trust(arena.trusted)
        later.lostPass = try await arena.reconcile(exits: nil)
        later.lost = CorpusCourse.Verdicts(of: try await arena.plan(exits: nil))
        later.lostFiles = try slotFiles()
    }
}
