// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Processes
import Rendering
import TestKit
import Testing
import Vocabulary

@Suite("Alerts") struct AlertTests {
    private static let policy = """
        kind: AlertPolicy
        metadata: {name: all}
        spec:
          alerts:
            - {expiresWithin: 30d}
            - {pushFailed: true, severity: critical}
            - {drift: true}
            - {validationFailed: true, severity: critical}
            - {waits: true, severity: info}
          notify: [ops]
        """

    /// An arena whose gateway tells a program, which keeps each message as a line.
    private static func arena(
        _ policy: String = Self.policy, _ more: (inout Arena.Setting) -> Void = { _ in }
    ) async throws -> Arena {
        let arena = try await Arena.made { setting in
            setting.repository = ["channels: {ops: {command: [FOLDER/page]}}"]
            setting.documents = [policy]
            more(&setting)
        }
        try arena.folder.write(
            "#!/bin/sh\nif [ -e '\(arena.folder.file("broken"))' ]; then echo 'no way' >&2; exit 3; fi\ncat >>'\(arena.folder.file("pages"))'\n",
            to: "page", mode: 0o755)
        return arena
    }

    /// What was told so far: `raised expiry shop-example-com`, message by message.
    private static func told(_ arena: Arena) throws -> [[String]] {
        guard arena.folder.exists("pages") else { return [] }
        return try arena.folder.readText("pages").split(separator: "\n").map { line in
            let message = try JSONValue(parsing: Array(line.utf8))
            return (message["alerts"]?.array ?? []).map {
                "\($0["event"]?.string ?? "") \($0["kind"]?.string ?? "") \($0["level"]?.string ?? "")"
                    .trimmingCharacters(in: .whitespaces)
            }
        }
    }

    @Test(
        "are told once for each transition of a change's life, from the expiry to the push and to what is done by hand")
    func life() async throws {
        let arena = try await Self.arena()
        try await arena.reconcile(exits: 0)
        #expect(try Self.told(arena) == [["raised expiry"]])
        try await arena.reconcile(exits: 0)
        #expect(try Self.told(arena).count == 1, "nothing has changed")
        let here = try await arena.countersign(as: .gateway, "alerts", exits: 0).output
        #expect(here.contains("warning  expiry  \(Arena.certificate) (\(arena.old.leaf.prefix(8))) ends"))
        #expect(here.contains("told ") && here.contains("next: countersign topology \(Arena.certificate)"))
        let there = try await arena.countersign(as: .dave, "alerts", exits: 0).output
        #expect(there.contains("warning  expiry") && !there.contains("told yet"))

        let renewed = try await arena.renew()
        let dry = try await arena.countersign(as: .gateway, "alerts", "--dry-run", "--format", "json", exits: 0).json
        let due = try #require(dry["due"]?.array?.first)
        #expect(due["alert"]?["kind"] == "waiting" && due["channel"] == "ops" && due["event"] == "raised")
        #expect(due["alert"]?["people"]?.array?.map(\.string) == ["bob"], "alice asked for it")
        #expect(try Self.told(arena).count == 1, "a dry run tells nobody")

        try await arena.reconcile(exits: 2)
        #expect(try Self.told(arena).last == ["raised waiting approve"])
        let digest = try await arena.digest()
        try await arena.approve(digest)
        try await arena.reconcile(exits: 2)
        #expect(try Self.told(arena).last == ["raised waiting implement"])
        try await arena.implement(digest)
        try await arena.reconcile(exits: 0)
        #expect(try await arena.served() == renewed.leaf)
        #expect(try Self.told(arena).last == ["resolved expiry", "resolved waiting implement"])

        let byHand = try await arena.authority.issue("by-hand", days: 40)
        try arena.folder.write(byHand.chain, to: "slot/shop.crt")
        try arena.folder.write(byHand.key, to: "slot/shop.key", mode: 0o600)
        try await run(arena.nginx.reload)
        try await eventually(within: .seconds(60), "nginx serves it") { try await arena.served() == byHand.leaf }
        try await arena.reconcile(exits: 2)
        let last = try Self.told(arena).last ?? []
        #expect(last.contains("raised drift") && last.contains("raised validationFailed"), "\(last)")
        for (document, answer) in [
            (
                "alerts",
                try await arena.countersign(as: .gateway, "alerts", "--dry-run", "--format", "json", exits: 0).json
            ),
            (
                "… (what a webhook or a command gets)",
                try JSONValue(
                    parsing: Array(
                        try arena.folder.readText("pages").split(separator: "\n").last.map { $0.utf8 } ?? "".utf8[...]))
            ),
        ] {
            let shape = try #require(JSONDocuments.all.first { $0.command == document }?.shape)
            #expect(JSONForm.object(shape).differences(from: answer, at: document) == [])
        }
    }

    @Test("that do not arrive change no exit code, are shown, and arrive later")
    func broken() async throws {
        let arena = try await Self.arena()
        try arena.folder.write("", to: "broken")
        let answer = try await arena.countersign(as: .gateway, "reconcile", exits: 0)
        #expect(answer.errors.contains("not told ops: 1 alert:") && answer.errors.contains("exit status 3: no way"))
        let status = try await arena.countersign(as: .gateway, "status", exits: 0).output
        #expect(status.contains("channel ops has failed since") && status.contains("1 alert waits"))
        let alerts = try await arena.countersign(as: .gateway, "alerts", exits: 0).output
        #expect(alerts.contains("ops  failing since") && alerts.contains("runs: \(arena.folder.file("page"))"))
        #expect(try Self.told(arena).isEmpty)
    }

    @Test("tell of a push that failed, and that it was put right")
    func failed() async throws {
        let arena = try await Self.arena { $0.reload = ["false"] }
        try await arena.reconcile(exits: 0)
        try await arena.renew()
        let digest = try await arena.digest()
        try await arena.approve(digest)
        try await arena.implement(digest)
        try await arena.reconcile(exits: 4)
        let last = try Self.told(arena).last ?? []
        #expect(last.contains("raised pushFailed"), "\(last)")
    }

    @Test("tell of a scheduled work order that has lost a signature, and that it is given anew")
    func lost() async throws {
        let arena = try await Self.arena(
            """
            kind: AlertPolicy
            metadata: {name: all}
            spec: {alerts: [{signatureLost: true, severity: critical}], notify: [ops]}
            """)
        try await arena.reconcile(exits: 0)
        try await arena.renew()
        let digest = try await arena.digest()
        try await arena.approve(digest)
        let start = ISO8601DateFormatter().string(from: Date() + 3600)
        try await arena.countersign(as: .dave, "implement", digest, "--at", start, "--yes", exits: 0)
        try await arena.reconcile(exits: 2)
        #expect(try Self.told(arena).isEmpty)
        try await arena.countersign(as: .bob, "revoke", digest, "--level", "approve", "--yes", exits: 0)
        try await arena.reconcile(exits: 2)
        #expect(try Self.told(arena) == [["raised signatureLost approve"]])
        // At once, where it may still be the second of the revoke and of the pass that saw it.
        try await arena.approve(digest)
        try await arena.reconcile(exits: 2)
        #expect(try Self.told(arena) == [["raised signatureLost approve"], ["resolved signatureLost approve"]])

        try await arena.countersign(as: .bob, "revoke", digest, "--level", "approve", "--yes", exits: 0)
        try await arena.approve(digest)
        try await arena.reconcile(exits: 2)
        let order = try await arena.plan()["workOrders"]?.array?.first
        #expect(order?["state"] == "Scheduled", "taken back and given anew between two passes: \(order ?? .null)")
        #expect(try Self.told(arena).count == 2)
    }

    @Test("tell whoever could review it of an emergency that nobody has reviewed, and that somebody has")
    func unreviewed() async throws {
        let arena = try await Self.arena(
            """
            kind: AlertPolicy
            metadata: {name: all}
            spec: {alerts: [{unreviewedFor: 1s, severity: critical}], notify: [ops]}
            """
        ) { $0.policy = ["emergency: {approvers: [group:netops], count: 1, ignores: [limits]}"] }
        try await arena.reconcile(exits: 0)
        let renewed = try await arena.renew()
        let digest = try await arena.digest()
        try await arena.countersign(
            as: .dave, "approve", digest, "--yes", "--emergency", "-m", "The key leaked", exits: 0)
        try await eventually(within: .seconds(60), "that it stands without a review") {
            try await arena.reconcile(exits: 0)
            return try Self.told(arena) == [["raised unreviewed"]]
        }
        #expect(try await arena.served() == renewed.leaf)
        let listed = try await arena.countersign(as: .gateway, "alerts", "--format", "json", exits: 0).json
        let alert = try #require(listed["alerts"]?.array?.first)
        #expect(alert["people"] == ["alice", "bob"], "not dave, whose emergency it was: \(alert)")
        #expect(alert["next"]?.string == "countersign review \(alert["workOrder"]?.string ?? "")")
        #expect(alert["headline"]?.string?.contains("to \(Arena.connector), by dave at") == true, "\(alert)")
        try await arena.countersign(as: .alice, "review", digest, "--yes", "-m", "Right so", exits: 0)
        try await arena.reconcile(exits: 0)
        #expect(try Self.told(arena) == [["raised unreviewed"], ["resolved unreviewed"]])
    }

    @Test(
        "tell each approver by mail what waits for them alone, level by level",
        .enabled(if: OwnServer.program("/usr/sbin/postfix") != nil, "postfix is not installed"))
    func approvers() async throws {
        let folder = try TemporaryFolder("mail")
        let postfix = try await OwnServer.mailbox(in: folder)
        let mailer = postfix.mailer.map { "\"\($0)\"" }.joined(separator: ", ")
        let arena = try await Self.arena(Self.policy.replacing("notify: [ops]", with: "notify: [signers]")) {
            $0.repository = [
                "channels: {signers: {mail: {approvers: true, from: gateway@example.com, sendmail: [\(mailer)]}}}"
            ]
        }
        func received(_ count: Int) async throws -> [String] {
            try await eventually(within: .seconds(60), "\(count) mails") { postfix.mails.count >= count }
            return postfix.mails.compactMap { mail in
                mail.split(separator: "\n").first { $0.hasPrefix("To: ") }.map { String($0.dropFirst(4)) }
            }.sorted()
        }
        try await arena.reconcile(exits: 0)
        try await arena.renew()
        try await arena.reconcile(exits: 2)
        #expect(try await received(1) == ["bob@example.com"], "alice asked for it, and the expiry is nobody's errand")
        let digest = try await arena.digest()
        try await arena.approve(digest)
        try await arena.reconcile(exits: 2)
        #expect(try await received(2) == ["bob@example.com", "dave@example.com"])
        let text = try #require(postfix.mails.first { $0.contains("To: dave@") })
        #expect(
            text.contains("waits for implement by group:netops (dave)")
                && text.contains("next: countersign implement REQ-"))
        try await arena.implement(digest)
        try await arena.reconcile(exits: 0)
        #expect(try await received(2).count == 2, "that it is done is no errand")
    }

    @Test("go to no name that leads to this machine, where only an address of the web was approved")
    func loopback() async throws {
        let folder = try TemporaryFolder("hooks")
        let hooks = try await HookServer(in: folder)
        let arena = try await Arena.made {
            $0.repository = ["channels: {ops: {webhook: {url: \"https://hooks.example.com:\(hooks.port)/in\"}}}"]
            $0.documents = [Self.policy]
        }
        // In a mount namespace of its own, where /etc/hosts says that the name is this machine.
        let names = try folder.write("127.0.0.1 localhost\n127.0.0.1 hooks.example.com\n", to: "hosts")
        let answer = try await outcome(
            of: [
                "unshare", "-m", "--propagation", "private", "sh", "-c",
                "mount --bind \"$0\" /etc/hosts && exec \"$@\"", names,
            ]
                + [arena.binary] + arena.globals(of: .gateway) + ["reconcile"],
            environment: arena.environment(of: .gateway))
        #expect(answer.status == .exited(0), "\(answer.errorText)")
        #expect(
            answer.errorText.contains(
                "not told ops: 1 alert: hooks.example.com is 127.0.0.1: nothing is sent to loopback"),
            "\(answer.errorText)")
        #expect(hooks.requests.isEmpty)
    }

    @Test("are of the trust set: a plain commit can neither add a channel nor silence a policy")
    func trustSet() async throws {
        let arena = try await Self.arena()
        try await arena.reconcile(exits: 0)
        try arena.edit("countersign.yaml") {
            $0.replacing("channels: {ops:", with: "channels: {evil: {command: [/bin/false]}, ops:")
        }
        try arena.edit("policy.yaml") {
            $0.replacing("notify: [ops]", with: "notify: [evil]").replacing(
                "expiresWithin: 30d", with: "expiresWithin: 1d")
        }
        try await arena.commit("Tell me alone")
        try await arena.reconcile(exits: 2)
        let told = try Self.told(arena)
        #expect(told.last == ["raised waiting policyChange"], "\(told)")
        let plan = try await arena.countersign(as: .bob, "plan", exits: 2).output
        #expect(plan.contains("new channel evil runs: /bin/false"))
        let alerts = try await arena.countersign(as: .gateway, "alerts", exits: 0).output
        #expect(alerts.contains("warning  expiry") && !alerts.contains("evil"))
    }

    @Test("of the service go to a webhook beside its passes: one that hangs holds nothing up, and metrics show it")
    func service() async throws {
        let folder = try TemporaryFolder("hooks")
        let hooks = try await HookServer(in: folder)
        let arena = try await Self.arena {
            $0.repository = [
                "channels:", "  ops: {webhook: {url: \"http://127.0.0.1:\(hooks.port)/in\"}}",
                "  slow: {command: [/bin/sleep, \"600\"], timeout: 60s}",
            ]
            $0.documents = [Self.policy.replacing("notify: [ops]", with: "notify: [ops, slow]")]
        }
        let place = try freePort()
        let running = try await Running(arena, interval: 1, options: ["--listen", String(place)])
        try await eventually(within: .seconds(60), "the message") { !hooks.requests.isEmpty }
        let message = try JSONValue(parsing: hooks.requests[0].body)
        #expect(message["alerts"]?.array?.first?["kind"] == "expiry" && message["repositoryName"] == "shop")
        let before = try running.events().count { $0["event"] == "passed" }
        try await eventually(within: .seconds(60), "further passes while one channel hangs") {
            try running.events().count { $0["event"] == "passed" } >= before + 3
        }
        let metrics = try await run("curl", "-sS", "http://127.0.0.1:\(place)/metrics").outputText
        #expect(metrics.contains("countersign_alerts{severity=\"warning\"} 1.0"))
        let stopped = try await running.stop()
        #expect(stopped.status == .exited(0))
        #expect(stopped.events.last?["event"] == "stopped")
    }
}
