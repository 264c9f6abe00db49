// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Connectors
import Declarations
import Foundation
import Planning
import Processes
import TestKit
import Testing
import Vocabulary

@testable import Reconciler

/// One after another: each makes a load of its own.
@Suite(
    "A real server is observed, refuses bad candidates, is renewed under load, undone and installed first", .serialized)
struct ServerTests {
    static func has(_ programs: String...) -> Bool {
        programs.allSatisfy { FileManager.default.isExecutableFile(atPath: $0) } && geteuid() == 0
    }

    private func endpoint(
        _ server: OwnServer, _ port: String, _ spoken: Endpoint.ServedProtocol = .tls
    ) -> Endpoint {
        Endpoint(
            address: "127.0.0.1", port: Int(server.ports[port] ?? 0), serverName: Arena.host, servedProtocol: spoken)
    }

    @Test(
        "haproxy, by reload or hitless by its runtime socket",
        .enabled(if: has("/usr/sbin/haproxy", "/usr/bin/socat"), "needs haproxy and socat, as root"),
        arguments: [false, true])
    func haproxy(bySocket: Bool) async throws {
        let story = try await ServerStory(
            bundle: true, start: { try await OwnServer.haproxy(in: $0) },
            declared: { server in
                .haproxy(
                    .init(
                        config: server.configuration, reload: server.reload,
                        socket: bySocket ? server.folder.file("haproxy.sock") : nil))
            }, endpoints: { [endpoint($0, "shop")] })
        try await story.isObserved()
        try await story.refusesBadCandidates()
        let reloads = story.server.reloads
        try await story.renewsUnderLoad()
        #expect(story.server.reloads == reloads + (bySocket ? 0 : 1))
        if !bySocket { try await story.undoesWhatIsNotServed() }
        // The file is kept equal: what starts anew serves the same.
        try await run(story.server.reload)
        try await eventually(within: .seconds(30)) { try await story.serves(story.new) }
        let folder = story.server.folder
        let port = try freePort()
        try story.server.edit("haproxy.cfg") { $0 + OwnServer.haproxySite("other", port, folder) }
        try await story.installsFirst(
            in: ServerStory.slot("other", in: folder, bundle: true),
            at: [Endpoint(address: "127.0.0.1", port: Int(port), serverName: Arena.host)])
    }

    @Test(
        "haproxy, with somebody else's transaction open: nothing is mixed up, and the push is undone",
        .enabled(if: has("/usr/sbin/haproxy", "/usr/bin/socat"), "needs haproxy and socat, as root"))
    func openTransaction() async throws {
        let story = try await ServerStory(
            bundle: true,
            start: { folder in
                try folder.write(try folder.readText("tls/shop.pem"), to: "tls/other.pem")
                return try await OwnServer.haproxy(in: folder, serving: ["other", "shop"])
            },
            declared: {
                .haproxy(.init(config: $0.configuration, reload: $0.reload, socket: $0.folder.file("haproxy.sock")))
            }, endpoints: { [endpoint($0, "shop")] })
        let folder = story.server.folder
        let others = [endpoint(story.server, "other")]
        func say(_ text: String) async throws -> String {
            try await run(["socat", "-", "UNIX-CONNECT:\(folder.file("haproxy.sock"))"], input: Array(text.utf8))
                .outputText
        }
        let pem = try folder.readText("tls/other.pem")
        let begun = try await say("set ssl cert \(folder.file("tls/other.pem")) <<\n\(pem)\n\n")
        #expect(begun.contains("Transaction created"))
        let files = try story.contents()
        let outcome = try await story.push("mixed", story.new, over: story.old)
        guard case .rolledBack(message: let message) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(message.contains("a transaction of somebody else's was open"))
        #expect(try story.contents() == files)
        #expect(try await story.serves(story.old))
        #expect(try await story.serves(story.old, at: others))
        #expect(try await story.push("again", story.new, over: story.old) == .completed)
        #expect(try await story.serves(story.old, at: others))
        #expect(story.server.reloads == 0)
    }

    @Test(
        "any daemon, by what is declared to check and to reload it",
        .enabled(if: has("/usr/sbin/haproxy"), "needs haproxy, as root"))
    func anyDaemon() async throws {
        let story = try await ServerStory(
            bundle: true, start: { try await OwnServer.haproxy(in: $0) },
            declared: {
                .files(
                    .init(
                        check: ["haproxy", "-c", "-q", "-f", $0.configuration], reload: $0.reload,
                        configs: [$0.configuration]))
            }, endpoints: { [endpoint($0, "shop")] })
        try await story.isObserved()
        try await story.refusesBadCandidates()
        try await story.renewsUnderLoad()
        try await story.undoesWhatIsNotServed()
    }

    @Test("apache", .enabled(if: has("/usr/sbin/apache2"), "needs apache2, as root"))
    func apache() async throws {
        let story = try await ServerStory(
            start: { try await OwnServer.apache(in: $0) },
            declared: { .apache(.init(config: $0.configuration, reload: $0.reload, binary: "apache2")) },
            endpoints: { [endpoint($0, "shop")] })
        try await story.isObserved()
        try await story.refusesBadCandidates()
        try await story.renewsUnderLoad()
        try await story.undoesWhatIsNotServed()
        let port = try freePort()
        try story.server.folder.write(OwnServer.apacheSite("other", port), to: "sites/other.conf")
        try await story.installsFirst(
            in: ServerStory.slot("other", in: story.server.folder, bundle: false),
            at: [Endpoint(address: "127.0.0.1", port: Int(port), serverName: Arena.host)])
    }

    @Test(
        "apache, where the device gives no namespace: nothing is touched, and why is known before anybody signs",
        .enabled(if: has("/usr/sbin/apache2", "/usr/bin/setpriv"), "needs apache2, as root"))
    func noNamespace() async throws {
        var story = try await ServerStory(
            start: { try await OwnServer.apache(in: $0) },
            declared: { .apache(.init(config: $0.configuration, reload: $0.reload, binary: "apache2")) },
            endpoints: { [endpoint($0, "shop")] })
        #expect(try await story.bench.driver().observe([story.slot], unlessStill: nil).token.lacksShadow == false)
        story.bench.around = .init(transport: { transport, _ in Unprivileged(wrapped: transport) })
        let (files, reloads) = (try story.contents(), story.server.reloads)
        #expect(try await story.bench.driver().observe([story.slot], unlessStill: nil).token.lacksShadow)
        guard case .candidateRefused(let message, _) = try await story.push("unchecked", story.new, over: story.old)
        else {
            Issue.record("it was pushed, or failed")
            return
        }
        #expect(message.contains("mount namespace"))
        #expect(try story.contents() == files && story.server.reloads == reloads)
        #expect(try story.bench.ownKeys() == [])
    }

    /// A device on which programs have no CAP_SYS_ADMIN, as in most containers.
    private struct Unprivileged: Transport {
        var wrapped: any Transport
        func perform(_ steps: [Step], within limit: Duration) async throws(DeviceError) -> [StepResult] {
            let steps = steps.map { step -> Step in
                guard case .run(let argv, let input, let limit) = step else { return step }
                let dropped = ["setpriv", "--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin"]
                return .run(dropped + argv, input: input, outputLimit: limit)
            }
            return try await wrapped.perform(steps, within: limit)
        }
    }

    @Test(
        "postfix, by SMTP with STARTTLS and from the first byte",
        .enabled(if: has("/usr/sbin/postfix"), "needs postfix, as root"))
    func postfix() async throws {
        let story = try await ServerStory(
            start: { try await OwnServer.postfix(in: $0) },
            declared: { .postfix(.init(config: $0.configuration, reload: $0.reload)) },
            endpoints: { [endpoint($0, "smtp", .smtp), endpoint($0, "tls")] })
        try await story.isObserved()
        try await story.refusesBadCandidates(weakToo: false)
        try await story.renewsUnderLoad()
        // Its processes come and go, and each new one reads the file: it has no need of a reload that does something.
        try await story.undoesWhatIsNotServed([.fail])
    }

    @Test(
        "dovecot, by IMAP and POP3, each with STARTTLS and from the first byte",
        .enabled(if: has("/usr/sbin/dovecot"), "needs dovecot, as root"))
    func dovecot() async throws {
        let story = try await ServerStory(
            start: { try await OwnServer.dovecot(in: $0) },
            declared: { .dovecot(.init(config: $0.configuration, reload: $0.reload)) },
            endpoints: {
                [
                    endpoint($0, "imap", .imap), endpoint($0, "imaps"), endpoint($0, "pop3", .pop3),
                    endpoint($0, "pop3s"),
                ]
            })
        try await story.isObserved()
        try await story.refusesBadCandidates()
        try await story.renewsUnderLoad(saysGoodbye: ["BYE Shutting down", "Auth process broken"])
        try await story.undoesWhatIsNotServed()
    }

    @Test(
        "postgresql, by its SSLRequest",
        .enabled(if: OwnServer.postgresBinaries != nil && geteuid() == 0, "needs PostgreSQL, as root"))
    func postgresql() async throws {
        let binaries = try required(OwnServer.postgresBinaries)
        let story = try await ServerStory(
            owner: "postgres:postgres", start: { try await OwnServer.postgresql(in: $0) },
            declared: { .postgresql(.init(config: $0.configuration, reload: $0.reload, binaries: binaries)) },
            endpoints: { [endpoint($0, "postgres", .postgres)] })
        try await story.isObserved()
        try await story.refusesBadCandidates()
        try await story.renewsUnderLoad()
        try await story.undoesWhatIsNotServed()
    }
}
