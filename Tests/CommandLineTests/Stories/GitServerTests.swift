// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Processes
import TestKit
import Testing
import Vocabulary

/// The ready hooks, in bare repositories that are reached over ssh and over https.
@Suite("A git server of one's own") struct GitServerTests {
    private static func install(_ hooks: [String], in repository: String) throws {
        for hook in hooks {
            let to = repository + "/hooks/" + hook
            try? FileManager.default.removeItem(atPath: to)
            try FileManager.default.copyItem(
                atPath: ExampleTests.root.appending(path: "examples/bare-server/\(hook)").path, toPath: to)
        }
    }

    private func push(_ arena: Arena, _ actor: Arena.Actor, _ refspecs: String...) async throws -> (
        taken: Bool, said: String
    ) {
        let result = try await outcome(
            of: ["git", "push", "origin"] + refspecs, in: arena.clone(of: actor),
            environment: arena.environment(of: actor))
        return (result.succeeded, result.errorText)
    }

    /// That this push is refused by the hook with one line that says all of `words`, and that nothing of it came in.
    private func refuses(
        _ arena: Arena, _ actor: Arena.Actor, _ refspecs: [String], _ words: String...,
        at place: SourceLocation = #_sourceLocation
    ) async throws {
        let before = try await refs(arena)
        let result = try await outcome(
            of: ["git", "push", "origin"] + refspecs, in: arena.clone(of: actor),
            environment: arena.environment(of: actor))
        let lines = result.errorText.split(separator: "\n").filter { $0.hasPrefix("remote: countersign: ") }
        #expect(
            !result.succeeded && result.errorText.contains("pre-receive hook declined"), "\(result.errorText)",
            sourceLocation: place)
        #expect(lines.count == 1, "\(result.errorText)", sourceLocation: place)
        for word in words {
            #expect(lines.first?.contains(word) == true, "\(word): \(result.errorText)", sourceLocation: place)
        }
        #expect(try await refs(arena) == before, sourceLocation: place)
    }

    private func refs(_ arena: Arena) async throws -> String {
        try await run(["git", "--git-dir", arena.origin, "for-each-ref"], environment: arena.environment(of: .gateway))
            .outputText
    }

    @Test(
        "takes what people and gateways push, and wakes the service for it; refuses all else and says why",
        arguments: GitServer.Way.allCases)
    func fence(over way: GitServer.Way) async throws {
        let arena = try await Arena.made()
        try Self.install(["pre-receive", "post-receive"], in: arena.origin)
        let server = try await GitServer(
            arena, over: way, variables: ["COUNTERSIGN_STATE": arena.state(of: .gateway)])
        try await stranger(arena, way)
        // No service is at work yet: the push is taken all the same, and nothing is said.
        let quiet = try await push(arena, .alice, "HEAD:refs/heads/draft")
        #expect(quiet.taken && !quiet.said.contains("countersign:"), "\(quiet.said)")

        let running = try await Running(arena, interval: 3600)
        try await eventually(within: .seconds(90), "the first status") { try await arena.statusTip() != nil }
        let renewed = try await arena.renew()
        let digest = try await arena.digest()
        try await arena.approve(digest)
        try await arena.implement(digest)
        try await eventually(within: .seconds(90), "the push to the device") {
            try await arena.served() == renewed.leaf
        }
        try await eventually(within: .seconds(90), "its status") {
            try await arena.status()["connectors"]?.array?.first?["sync"] == "InSync"
        }
        #expect(try await running.stop().status == .exited(0))

        try await branchInForce(arena)
        try await statusBranch(arena)
        try await approvals(arena, digest)
        try await large(arena)
        withExtendedLifetime(server) {}
    }

    /// Whom the server does not let in reaches no hook.
    private func stranger(_ arena: Arena, _ way: GitServer.Way) async throws {
        let (setting, value, words) =
            switch way {
            case .ssh:
                (
                    "core.sshCommand",
                    "ssh -F /dev/null -o BatchMode=yes -o IdentitiesOnly=yes -o IdentityFile=none "
                        + "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null",
                    "Permission denied"
                )
            case .https: ("credential.helper", "", "could not read Username")
            }
        let result = try await outcome(
            of: ["git", "-c", "\(setting)=\(value)", "push", "origin", "HEAD:refs/heads/draft"],
            in: arena.clone(of: .mallory), environment: arena.environment(of: .mallory))
        #expect(!result.succeeded && result.errorText.contains(words), "\(result.errorText)")
        #expect(!result.errorText.contains("countersign:"), "\(result.errorText)")
    }

    /// A pull request as a branch: planned and approved there, merged, implemented, pushed by a gateway that has nothing but ssh.
    @Test(
        "carries a pull request that two people sign with two kinds of keys; a third is refused before signing, with the reason"
    )
    func pullRequest() async throws {
        let arena = try await Arena.made { $0.keyTypes = [.dave: "ecdsa"] }
        let server = try await GitServer(arena)
        try await arena.reconcile(exits: 0)
        #expect(arena.keys[.dave]?.key.hasPrefix("ecdsa-sha2-nistp256 ") == true)

        try await eventually("the next second") { Int64(time(nil)) > arena.old.issued }
        let renewed = try await arena.authority.issue("renewed", days: 47)
        try arena.keep(keyOf: renewed)
        try await arena.git(.alice, "switch", "-q", "-c", "renew-shop")
        try arena.write(renewed.chain, to: "certificates/shop.pem")
        try await arena.git(.alice, "commit", "-qam", "Renew shop before the sale")
        try await arena.git(.alice, "push", "-q", "origin", "renew-shop")

        let plan = try await arena.countersign(as: .bob, "plan", "--ref", "renew-shop", "--format", "json", exits: 2)
            .json
        let order = try #require(plan["workOrders"]?.array?.first)
        let digest = try #require(order["digest"]?.string)
        #expect(order["installs"]?["leaf"]?.string == renewed.leaf)
        for (actor, code) in [(Arena.Actor.mallory, "UnknownSigner"), (.alice, "SelfApproval"), (.dave, "NotInGroup")] {
            let refused = try await arena.refusal(
                as: actor, "approve", digest, "--level", "approve", "--ref", "renew-shop", "--yes")
            #expect(refused.code == code)
            #expect(refused.said.count > 20, "the reason: \(refused.said)")
        }
        let refs = try await refs(arena)
        #expect(!refs.contains("approvals/WO-"), "nobody's refused signature was made or pushed")
        try await arena.countersign(as: .bob, "approve", digest, "--ref", "renew-shop", "--yes", exits: 0)

        try await arena.git(.alice, "switch", "-q", "main")
        try await arena.git(.alice, "merge", "-q", "--no-ff", "--no-edit", "renew-shop")
        try await arena.git(.alice, "push", "-q", "origin", "main")
        #expect(try await arena.digest() == digest, "the merge changes no digest")
        try await arena.implement(digest)
        try await arena.reconcile(exits: 0)
        #expect(try await arena.served() == renewed.leaf)
        withExtendedLifetime(server) {}
    }

    private func branchInForce(_ arena: Arena) async throws {
        let tip = try await arena.git(.alice, "rev-parse", "HEAD")
        try arena.edit("shop.yaml") { $0.replacing("kind: AppConnector", with: "kind: AppConector") }
        try await arena.git(.alice, "commit", "-qam", "Misspell")
        try await refuses(arena, .alice, ["HEAD:main"], "main: ", "is not valid: shop.yaml:", "countersign validate")
        // A draft may be anything; a push that brings both brings none.
        try await refuses(arena, .alice, ["HEAD:main", "HEAD:refs/heads/draft2"], "is not valid")
        #expect(try await push(arena, .alice, "HEAD:refs/heads/draft3").taken)
        try await arena.git(.alice, "reset", "-q", "--hard", tip)
        try await arena.git(.alice, "commit", "-q", "--amend", "-m", "Renew shop, said otherwise")
        try await refuses(arena, .alice, ["+HEAD:main"], "does not descend from", "git pull --rebase")
        try await arena.git(.alice, "reset", "-q", "--hard", tip)
        try await refuses(arena, .alice, ["+HEAD~1:main"], "does not descend from")
        try await refuses(arena, .alice, [":main"], "the branch in force is never deleted")
        try await refuses(arena, .alice, ["HEAD:refs/heads/countersign"], "in the place of this branch")
        #expect(try await push(arena, .alice, "HEAD:refs/tags/v1", ":refs/heads/draft").taken)
    }

    private func statusBranch(_ arena: Arena) async throws {
        let status = "refs/heads/countersign/status/default"
        try await arena.git(.bob, "fetch", "-q", "origin")
        let tip = try await arena.git(.bob, "rev-parse", "refs/remotes/origin/countersign/status/default")
        let forged = try await arena.sign("Status", as: .bob)
        try await refuses(
            arena, .bob, ["\(forged):\(status)"], "is not declared as a recorder of zone default", "only the gateway")
        let unsigned = try await arena.sign("Status", as: .bob, isSigned: false)
        try await refuses(arena, .bob, ["\(unsigned):\(status)"], "not signed by a recorder")
        // The recorder's own commit, but an older one: what came after it would be forgotten.
        try await refuses(
            arena, .bob, ["+\(tip)~1:\(status)"], "does not continue \(tip.prefix(7))", "countersign reconcile")
        try await refuses(arena, .bob, [":\(status)"], "never deleted")
        try await refuses(arena, .bob, ["\(tip):refs/heads/countersign/status/dmz"], "no zone \"dmz\" is declared")
    }

    private func approvals(_ arena: Arena, _ digest: String) async throws {
        let folder = "refs/heads/approvals/\(HandmadeRecord.id(of: digest))/"
        let record = arena.record("approve", digest)
        let good = try await arena.sign(record.message, as: .bob)
        #expect(try await push(arena, .bob, "\(good):\(folder)by-hand").taken)
        let other = try await arena.sign(record.message.replacing("Agreed", with: "Agreed again"), as: .bob)
        try await refuses(arena, .bob, ["+\(other):\(folder)by-hand"], "nothing signed is replaced")
        let unsigned = try await arena.sign(record.message, as: .bob, isSigned: false)
        try await refuses(arena, .bob, ["\(unsigned):\(folder)x"], "[Unsigned]", "countersign approve")
        let trailer = try await arena.sign(record.message.replacing("Countersign-Level: approve\n", with: ""), as: .bob)
        try await refuses(arena, .bob, ["\(trailer):\(folder)x"], "[Malformed]")
        let chained = try await arena.sign(record.message, as: .bob, parents: [good])
        try await refuses(arena, .bob, ["\(chained):\(folder)x"], "[NotOnStatus]")
        try await arena.git(.bob, "tag", "-a", "-m", "A tag", "--no-sign", "tagged", good)
        try await refuses(arena, .bob, ["tagged:\(folder)x"], "is no commit")
        try await refuses(arena, .mallory, ["HEAD:refs/heads/approvals/x"], "[Malformed]")
        try await refuses(arena, .mallory, [":refs/heads/approvals/README"], "keeps the place")
        try await refuses(arena, .mallory, ["+HEAD:refs/heads/approvals/README"], "is not a gateway's")
        try await refuses(arena, .mallory, ["HEAD:refs/heads/approvals"], "in the place of this branch")
    }

    /// More than is unpacked, and more than one thread reads.
    private func large(_ arena: Arena) async throws {
        for index in 0..<300 {
            try arena.write(
                "apiVersion: countersign/v1\nkind: Group\nmetadata: {name: team-\(index)}\nspec: {members: [alice]}\n",
                to: "teams/\(index).yaml")
        }
        try await arena.commit("Declare many teams")
        try arena.write(
            "apiVersion: countersign/v1\nkind: Group\nmetadata: {name: team-x}\nspec: {members: [nobody]}\n",
            to: "teams/200.yaml")
        try await arena.git(.alice, "commit", "-qam", "Name somebody who is not there")
        try await refuses(arena, .alice, ["HEAD:main"], "teams/200.yaml")
    }

    @Test("takes a first push if it is valid and to the branch that HEAD names")
    func first() async throws {
        let arena = try await Arena.made()
        let server = try await GitServer(arena)
        let empty = arena.folder.file("empty.git")
        try await run(
            ["git", "init", "-q", "--bare", "-b", "trunk", empty], environment: arena.environment(of: .gateway))
        try Self.install(["pre-receive"], in: empty)
        func push(_ refspec: String) async throws -> (taken: Bool, said: String) {
            let result = try await outcome(
                of: ["git", "push", server.url(of: empty), refspec], in: arena.clone(of: .alice),
                environment: arena.environment(of: .alice))
            return (result.succeeded, result.errorText)
        }
        let lost = try await push("HEAD:refs/heads/main")
        #expect(!lost.taken && lost.said.contains("git symbolic-ref HEAD refs/heads/main"), "\(lost.said)")
        let early = try await push("HEAD:refs/heads/approvals/x")
        #expect(!early.taken && early.said.contains("nobody is declared yet"), "\(early.said)")
        try await run(
            ["git", "--git-dir", empty, "symbolic-ref", "HEAD", "refs/heads/main"],
            environment: arena.environment(of: .gateway))
        try arena.edit("shop.yaml") { $0.replacing("kind: Binding", with: "kind: Bind") }
        try await arena.git(.alice, "commit", "-qam", "Misspell")
        let invalid = try await push("HEAD:refs/heads/main")
        #expect(!invalid.taken && invalid.said.contains("is not valid"), "\(invalid.said)")
        let good = try await push("HEAD~1:refs/heads/main")
        #expect(good.taken, "\(good.said)")
    }

    @Test("takes nothing where the hook cannot look at it")
    func closed() async throws {
        let fixture = try await GitFixture.make()
        let nonsense = try await outcome(
            of: [BuiltBinary.path, "hook", "pre-receive", "--repo", fixture.path],
            input: Array("what git never says\n".utf8))
        #expect(nonsense.status == .exited(1) && nonsense.errorText.contains("OLD NEW REF"), "\(nonsense.errorText)")
        let nowhere = try await outcome(of: [BuiltBinary.path, "hook", "pre-receive", "--repo", "/nonexistent"])
        #expect(nowhere.status == .exited(1))
        let lame = try await outcome(of: [BuiltBinary.path, "hook", "post-receive", "--wake", "/nonexistent"])
        #expect(lame.status == .exited(0))
        let unnamed = try await outcome(of: [BuiltBinary.path, "hook", "post-receive"])
        #expect(unnamed.status == .exited(64) && unnamed.errorText.contains("--wake STATE"), "\(unnamed.errorText)")
    }
}
