// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Processes
import TestKit
import Testing
import Vocabulary

@Suite(
    "A device over ssh, from the commit to the handshake", .enabled(if: geteuid() == 0, "sshd lets root in as root"))
struct RemoteDeviceTests {
    /// On another loopback address; and, where one can be made, in a network of its own.
    static let reaches: [Arena.Reach] = NetworkNamespace.isPossible ? [.ssh, .namespace] : [.ssh]

    @Test("is pushed to as the local one is, in at most six round trips for the whole pass", arguments: reaches)
    func wholeWay(reach: Arena.Reach) async throws {
        let (arena, renewed, digest) = try await Arena.signed { $0.reach = reach }
        let sshd = try #require(arena.sshd)
        let before = sshd.calls
        let pass = try await arena.reconcile(exits: 0)
        // Two looks, staging with the check, the switch with the reload, cleaning up, and the last look.
        #expect(sshd.calls - before == 6)
        #expect(pass["pushes"]?.array?.first?["outcome"] == "Completed")
        #expect(pass["pushes"]?.array?.first?["digest"]?.string == digest)
        #expect(try await arena.served() == renewed.leaf)
        #expect(try arena.slotFiles().map(\.mode) == [0o644, 0o600])
        let idle = sshd.calls
        try await arena.expectAtRest()
        #expect(sshd.calls - idle == 1)
    }

    @Test(
        "shows no private key in arguments, environments, logs, journal or status branch, nor on its way",
        arguments: reaches)
    func keysStayHidden(reach: Arena.Reach) async throws {
        let (arena, renewed, _) = try await Arena.signed { $0.reach = reach }
        let watch = KeyWatch([renewed.key, arena.old.key])
        let (_, seen) = try await watch.found { try await arena.reconcile(exits: 0) }
        #expect(seen == [])
        #expect(watch.rounds > 1)
        #expect(try await arena.served() == renewed.leaf)
        // The journal with its log, sshd's and nginx's logs, every clone and the origin.
        let files = watch.files(below: arena.folder.path).filter { !$0.hasPrefix("ca-") }
        let kept = "slot/.countersign/_previous/\(arena.old.leaf)/privateKey"
        let sources = [arena.old, renewed].map { "private/\($0.spki).key" }
        #expect(Set(files) == Set(["slot/shop.key", kept] + sources))
        // Git's objects are compressed: read as git reads them.
        let all = try await run(
            ["git", "--git-dir", arena.origin, "cat-file", "--batch-all-objects", "--batch", "--buffer"])
        #expect(all.output.count > 1_000)
        #expect(!watch.holdsKey(Data(all.output)))
    }

    @Test("would be caught showing a key in an argument or an environment") func watched() async throws {
        let folder = try TemporaryFolder("watch")
        let key = try await CertificateAuthority(in: folder).issue("shop", days: 1).key
        let line = String(key.split(separator: "\n")[2])
        for (arguments, environment) in [(["sleep", "2", line], [:]), (["sleep", "2"], ["KEY": line])]
            as [([String], [String: String?])]
        {
            let (_, seen) = try await KeyWatch([key]).found {
                // `sleep` takes no words: a shell that ignores them.
                try await run(["sh", "-c", "sleep 1; :"] + arguments, environment: environment)
            }
            #expect(!seen.isEmpty)
        }
    }

    @Test("whose configuration includes others is looked at in one round trip once they are known") func included()
        async throws
    {
        let arena = try await Arena.made { $0.reach = .ssh }
        let sshd = try #require(arena.sshd)
        try arena.folder.write("include \(arena.folder.file("conf.d/deeper/*.conf"));\n", to: "conf.d/one.conf")
        try arena.folder.write("server_tokens off;\n", to: "conf.d/deeper/two.conf")
        try arena.nginx.edit {
            $0.replacing("access_log off;", with: "access_log off;\n    include \(arena.folder.file("conf.d/*.conf"));")
        }
        try await arena.reconcile(exits: 0)
        let before = sshd.calls
        try await arena.reconcile(exits: 0)
        #expect(sshd.calls - before == 1)
        // Another file by hand is seen, at the price of one more; and from then on it is known.
        try arena.folder.write("tcp_nodelay on;\n", to: "conf.d/three.conf")
        try await arena.reconcile(exits: 0)
        let then = sshd.calls
        try await arena.reconcile(exits: 0)
        #expect(sshd.calls - then == 1)
    }

    @Test("is not touched where its own parser refuses the candidate", arguments: reaches)
    func refused(reach: Arena.Reach) async throws {
        let arena = try await Arena.made {
            $0.reach = reach
            $0.nginx = ["ssl_ciphers DEFAULT:@SECLEVEL=3;"]
        }
        try await arena.reconcile(exits: 0)
        let candidate = try await arena.authority.issue("rsa", days: 47, algorithm: "rsa")
        try arena.keep(keyOf: candidate)
        try await arena.declare(candidate, because: "Renew shop with RSA")
        let digest = try await arena.digest()
        try await arena.approve(digest)
        try await arena.implement(digest)
        let live = try arena.slotFiles()
        try await arena.reconcile(exits: 2)
        let order = try #require(try await arena.plan()["workOrders"]?.first(where: "digest", is: digest))
        #expect(order["reason"]?["code"] == "CandidateRefused")
        #expect(order["reason"]?["message"]?.string?.contains("ee key too small") == true)
        #expect(try arena.slotFiles() == live)
        #expect(try await arena.served() == arena.old.leaf)
    }

    @Test(
        "is brought back, proven by handshake, where the reload lies or fails", arguments: ["/bin/true", "/bin/false"])
    func rolledBack(reload: String) async throws {
        let (arena, _, _) = try await Arena.signed {
            $0.reach = .ssh
            $0.reload = [reload]
            $0.device = ["timeouts: {settle: 2s}"]
        }
        let live = try arena.slotFiles()
        let pass = try await arena.reconcile(exits: 4)
        #expect(pass["pushes"]?.array?.first?["outcome"] == "RolledBack")
        #expect(try arena.slotFiles().map(\.bytes) == live.map(\.bytes))
        #expect(try arena.slotFiles().map(\.mode) == live.map(\.mode))
        #expect(try await arena.served() == arena.old.leaf)
    }

    @Test("is not spoken to with another host key than the repository's, and nothing is sent to it")
    func changedHostKey() async throws {
        let (arena, renewed, _) = try await Arena.signed { $0.reach = .ssh }
        let sshd = try #require(arena.sshd)
        // The connection of the pass before is still open: with a fresh one the key is seen.
        let live = try arena.slotFiles()
        try await sshd.exchangeHostKey()
        try await eventually(within: .seconds(60), "the other key is shown") {
            let pass = try await arena.countersign(as: .gateway, "reconcile", "--format", "json")
            return pass.code == 2 && pass.output.contains("its host key is not the one in devices/known_hosts")
        }
        let plan = try await arena.plan()
        #expect(plan["workOrders"]?.array?.first?["state"] == "Blocked")
        #expect(plan["workOrders"]?.array?.first?["reason"]?["code"] == "GatewayUnhealthy")
        #expect(try arena.slotFiles() == live)
        #expect(try await arena.served() == arena.old.leaf)
        // With the key that is declared it goes on, with the same signatures.
        try await sshd.exchangeHostKey()
        try await eventually(within: .seconds(60), "the right key is shown") {
            try await arena.countersign(as: .gateway, "reconcile").code == 0
        }
        #expect(try await arena.served() == renewed.leaf)
    }

    @Test("is not spoken to where no host key of it is declared")
    func unknownHostKey() async throws {
        let arena = try await Arena.made {
            $0.reach = .ssh
            $0.knowsHost = false
        }
        let pass = try await arena.countersign(as: .gateway, "reconcile", "--format", "json")
        #expect(pass.code == 2)
        #expect(pass.output.contains("no host key of it is in devices/known_hosts"))
        #expect(pass.output.contains("ssh-keyscan -p"))
    }
}
