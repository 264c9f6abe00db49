// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Approvals
import Git
import Planning
import Signatures
import StatusBranch
import TestKit
import Testing
import Vocabulary

@Suite("Status write-back") struct WriteBackTests {
    @Test("is an orphan commit that stock git verifies as the recorder's") func firstCommit() async throws {
        let gateway = try await Gateway()
        let prepared = try #require(
            try await gateway.publish(gateway.content(Sample.history(slots: 0..<3)), known: nil))
        #expect(prepared.isNew && prepared.expected == nil && prepared.answers == nil)
        #expect(try await gateway.remoteTip() == prepared.commit.hex)
        #expect(try await gateway.origin.git("rev-list", "--parents", gateway.branch) == prepared.commit.hex)
        try gateway.origin.folder.write("recorder \(gateway.key.publicKey.line)\n", to: "allowed")
        let allowed = gateway.origin.folder.file("allowed")
        try await gateway.origin.git(
            "-c", "gpg.ssh.allowedSignersFile=\(allowed)", "verify-commit", prepared.commit.hex)
        try await gateway.origin.git("fsck", "--strict")
    }

    @Test("happens on transitions only") func transitionsOnly() async throws {
        let gateway = try await Gateway()
        var history = try Sample.history(slots: 0..<3)
        let views = try (0..<3).map { try Sample.view($0) }
        func content() -> StatusContent { gateway.content(history, plan: Sample.plan(views)) }
        let first = try #require(try await gateway.publish(content(), known: nil)).commit
        // Another pass, which looked at everything again: nothing to say.
        for slot in history.slots.keys { history.slots[slot]?.observedAt = Sample.time(60) }
        history.latest = Sample.time(60)
        #expect(try await gateway.publish(content(), known: first, at: 60) == nil)
        #expect(try await gateway.remoteTip() == first.hex)

        history.slots[try Sample.slot(1)]?.sequence += 1
        let second = try #require(try await gateway.publish(content(), known: first, at: 61)).commit
        let changed = try await gateway.origin.git("diff", "--name-only", first.hex, second.hex)
        #expect(changed == StatusPath.connector(try Sample.name("connector-1")))
        #expect(try await gateway.origin.git("rev-parse", "\(second.hex)^") == first.hex)
    }

    @Test("moves what is no longer open to the archive, and keeps what is kept for ever") func archive() async throws {
        let gateway = try await Gateway()
        let history = try Sample.history(slots: 0..<2)
        let orders = [try Sample.order(0, "done"), try Sample.order(1, "replanned")]
        let evidence = Evidence(
            record: Sample.digest("record"), commit: .init(id: try Sample.commit("record"), raw: [1, 2, 3]),
            parent: nil, firstSeen: Sample.time(1))
        let first = try #require(
            try await gateway.publish(
                gateway.content(history, plan: Sample.plan([], orders: orders), evidence: [evidence]), known: nil)
        ).commit
        #expect(
            try gateway.publisher().withoutEvidence([evidence.record, Sample.digest("new")], at: first) == [
                Sample.digest("new")
            ])
        let finished = FinishedWorkOrder(
            intent: try Sample.intent(0, "done"), outcome: .completed, at: Sample.time(5), sequence: 1)
        var later = evidence
        later.firstSeen = Sample.time(9)
        let second = try #require(
            try await gateway.publish(
                gateway.content(history, finished: [finished], evidence: [later]), known: first, at: 6)
        ).commit
        let tree = try await gateway.origin.git("ls-tree", "-r", "--name-only", second.hex).split(separator: "\n").map(
            String.init)
        let done: WorkOrderDigest = Sample.digest("done"), replanned: WorkOrderDigest = Sample.digest("replanned")
        #expect(!tree.contains(StatusPath.workOrder(done)) && !tree.contains(StatusPath.workOrder(replanned)))
        func state(_ digest: WorkOrderDigest) async throws -> String? {
            let path = StatusPath.archived(digest, at: Sample.time(5))
            let bytes = try await gateway.origin.object("\(second.hex):\(path)", type: "blob")
            return try JSONValue(parsing: bytes)["state"]?.string
        }
        #expect(StatusPath.archived(done, at: Sample.time(5)).hasPrefix("archive/2026/01/"))
        #expect(try await state(done) == "Completed")
        #expect(try await state(replanned) == "Superseded")
        // The first-seen time is what was first written.
        let kept = try await gateway.origin.object(
            "\(second.hex):\(StatusPath.evidence(evidence.record))", type: "blob")
        #expect(try JSONValue(parsing: kept)["firstSeen"]?.string == Sample.time(1).description)
    }

    @Test("after a crash between journal and push brings what was journaled") func crashed() async throws {
        let gateway = try await Gateway()
        let publisher = gateway.publisher()
        let first = try #require(try await gateway.publish(gateway.content(Sample.history(slots: 0..<1)), known: nil))
            .commit
        let content = gateway.content(try Sample.history(slots: 0..<2))
        let lost = try #require(
            try publisher.prepare(
                StatusFiles(content), message: "Status\n", known: first, remoteTip: first, now: Sample.time(1)))
        // Killed here. The next pass has nothing new to say.
        let again = try #require(try await gateway.publish(content, known: lost.commit, at: 2))
        #expect(again.commit == lost.commit)
        #expect(!again.isNew)
        #expect(try await gateway.remoteTip() == lost.commit.hex)
    }

    @Test("loses against another push in between, and says so") func raced() async throws {
        let gateway = try await Gateway()
        let publisher = gateway.publisher()
        let prepared = try #require(
            try publisher.prepare(
                StatusFiles(gateway.content(Sample.history(slots: 0..<1))), message: "Status\n", known: nil,
                remoteTip: try await publisher.remoteTip(), now: Sample.time(0)))
        _ = try await gateway.intrude(parents: [])
        #expect(await statusCode { try await publisher.push(prepared) } == .moved)
    }

    @Test("is the same bytes for the same values") func deterministic() async throws {
        let one = try await Gateway()
        let views = try (0..<600).map { try Sample.view($0) }
        let content = one.content(try Sample.history(slots: 0..<600), plan: Sample.plan(views))
        let (left, right) = (StatusFiles(content), StatusFiles(content))
        #expect(left.present == right.present)
        #expect(left.present.count == 600 + 3)
        #expect(left.present.keys.allSatisfy { $0.split(separator: "/").count == 3 || !$0.contains("/") })
    }
}

@Suite("A stranger's hand on the status branch") struct StrangerTests {
    private func begun() async throws -> (Gateway, StatusContent, ObjectID) {
        let gateway = try await Gateway()
        let content = gateway.content(try Sample.history(slots: 0..<2))
        return (gateway, content, try required(try await gateway.publish(content, known: nil)).commit)
    }

    private func expectAnswered(
        _ gateway: Gateway, _ content: StatusContent, ours: ObjectID, stranger: ObjectID
    ) async throws {
        let answer = try #require(try await gateway.publish(content, known: ours, at: 5))
        #expect(answer.answers == stranger)
        let git = gateway.origin
        #expect(try await git.git("rev-parse", "\(answer.commit.hex)^1") == ours.hex)
        #expect(try await git.git("rev-parse", "\(answer.commit.hex)^2") == stranger.hex)
        #expect(
            try await git.git("rev-parse", "\(answer.commit.hex)^{tree}") == git.git("rev-parse", "\(ours.hex)^{tree}"))
        #expect(try await gateway.remoteTip() == answer.commit.hex)
        #expect(try await gateway.publish(content, known: answer.commit, at: 6) == nil)
        let line = try StatusReader(gateway.repository).line(
            from: answer.commit, zone: gateway.zone, recorders: gateway.recorders, at: Gateway.start, limit: 10)
        #expect(line == [answer.commit, ours])
    }

    @Test("on top of ours is answered with ours as the first parent and our tree") func onTop() async throws {
        let (gateway, content, ours) = try await begun()
        let stranger = try await gateway.intrude(parents: [ours.hex])
        try await expectAnswered(gateway, content, ours: ours, stranger: stranger)
    }

    @Test("that replaced the branch is answered alike") func replaced() async throws {
        let (gateway, content, ours) = try await begun()
        let signer = try await SSHKey("mallory", in: gateway.origin.folder)
        let stranger = try await gateway.intrude(parents: [], signedBy: signer)
        try await expectAnswered(gateway, content, ours: ours, stranger: stranger)
    }

    @Test("that deleted the branch or set it back is undone") func setBack() async throws {
        let (gateway, content, first) = try await begun()
        var history = try Sample.history(slots: 0..<2)
        history.slots[try Sample.slot(0)]?.sequence = 9
        let second = try required(try await gateway.publish(gateway.content(history), known: first)).commit
        try await gateway.origin.git("update-ref", gateway.branch, first.hex)
        #expect(try await gateway.publish(gateway.content(history), known: second)?.isNew == false)
        #expect(try await gateway.remoteTip() == second.hex)
        try await gateway.origin.git("update-ref", "-d", gateway.branch)
        #expect(try await gateway.publish(gateway.content(history), known: second)?.isNew == false)
        #expect(try await gateway.remoteTip() == second.hex)
        _ = content
    }

    @Test("that was there first never becomes the first parent") func thereFirst() async throws {
        let gateway = try await Gateway()
        let stranger = try await gateway.intrude(parents: [])
        let answer = try #require(try await gateway.publish(gateway.content(Sample.history(slots: 0..<1)), known: nil))
        #expect(answer.answers == stranger)
        let parents = try gateway.repository.commit(answer.commit).parents
        #expect(parents.count == 2 && parents[1] == stranger)
        #expect(
            try StatusCommits(gateway.repository).isStatusCommit(
                parents[0], recorders: gateway.recorders, at: Gateway.start))
    }

    @Test(
        "with our own recorder's key stops everything: the journal does not know the commit", arguments: [true, false])
    func unknownOwnCommit(hidden: Bool) async throws {
        let (gateway, content, ours) = try await begun()
        var history = try Sample.history(slots: 0..<2)
        history.slots[try Sample.slot(0)]?.sequence = 9
        // Made by a copy of the state, or by whoever has the key.
        let other = try required(try await gateway.publish(gateway.content(history), known: ours)).commit
        if hidden { _ = try await gateway.intrude(parents: [other.hex]) }
        let before = try await gateway.remoteTip()
        #expect(await statusCode { try await gateway.publish(content, known: ours, at: 7) } == .unknownOwnCommit)
        #expect(try await gateway.remoteTip() == before)
        #expect(await statusCode { try await gateway.publish(content, known: nil, at: 7) } == .unknownOwnCommit)
    }
}
