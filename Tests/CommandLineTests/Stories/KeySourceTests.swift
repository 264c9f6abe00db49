// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import Processes
import TestKit
import Testing
import Vocabulary

@Suite("Where a private key comes from") struct KeySourceTests {
    @Test("a command of Repository is run once, for what people have signed, and never before; its failure is one text")
    func command() async throws {
        let vault = try TemporaryFolder("vault")
        let program = try vault.write(
            "#!/bin/sh\necho \"$@\" >>'\(vault.path)/calls'\ncat '\(vault.path)/shop.key'\n", to: "vault", mode: 0o755)
        let arena = try await Arena.made { $0.repository = ["commands: {vault: [\"\(program)\", show]}"] }
        try await arena.reconcile(exits: 0)
        try arena.edit("shop.yaml") {
            $0.replacing(#/privateKey: \{file: .*\}/#, with: "privateKey: {command: vault, argument: web/shop}")
        }
        var calls: String { (try? vault.readText("calls")) ?? "" }
        func ask(_ label: String) async throws -> (issued: IssuedCertificate, digest: String) {
            try await eventually("the next second") { Int64(time(nil)) > arena.old.issued }
            let issued = try await arena.authority.issue(label, days: 47)
            try await arena.declare(issued, because: "Renew")
            try await arena.reconcile(exits: 2)
            return (issued, try await arena.digest())
        }
        let (first, digest) = try await ask("first")
        try vault.write(first.key, to: "shop.key", mode: 0o600)
        #expect(try await arena.plan()["workOrders"]?.array?.first?["state"] == "Requested")
        try await arena.approve(digest)
        try await arena.reconcile(exits: 2)
        #expect(calls == "", "nothing is run before it is signed whole")
        try await arena.implement(digest)
        #expect(try await arena.plan()["workOrders"]?.array?.first?["state"] == "ReadyToImplement")
        #expect(calls == "", "nor for a plan")
        try await arena.reconcile(exits: 0)
        #expect(calls == "show web/shop\n")
        #expect(try await arena.served() == first.leaf)

        // The vault still gives the old one; then nothing.
        let (second, next) = try await ask("second")
        try await arena.approve(next)
        try await arena.implement(next)
        for (key, code, words) in [
            (first.key, "KeyMismatch", "belongs to another certificate"),
            ("none\n", "NoPrivateKey", "private key cannot be read"),
        ] {
            try vault.write(key, to: "shop.key", mode: 0o600)
            let pass = try await arena.reconcile(exits: 1)
            let problem = try #require(pass["problems"]?.array?.first)
            #expect(problem["code"]?.string == code && problem["message"]?.string?.contains(words) == true, "\(pass)")
            #expect(try await arena.served() == first.leaf)
        }
        // The same signatures push it once the key is there.
        try vault.write(second.key, to: "shop.key", mode: 0o600)
        try await arena.reconcile(exits: 0)
        #expect(try await arena.served() == second.leaf)
    }

    @Test("a file that others may use is an error that says the mode wanted, before anybody signs")
    func loose() async throws {
        let arena = try await Arena.made()
        try await arena.reconcile(exits: 0)
        let renewed = try await arena.renew()
        chmod(arena.folder.file("private/\(renewed.spki).key"), 0o644)
        let text = try await arena.countersign(as: .gateway, "plan", exits: 2).output
        #expect(text.contains("NoPrivateKey") && text.contains("(mode 0644); chmod 0600"), "\(text)")
        chmod(arena.folder.file("private/\(renewed.spki).key"), 0o600)
        #expect(try await arena.plan()["workOrders"]?.array?.first?["state"] == "Requested")
    }

    @Test(
        "no core of a process through whose memory keys pass is ever written",
        .enabled(if: geteuid() == 0, "needs root, to allow itself a core at all"))
    func noCore() async throws {
        let folder = try TemporaryFolder("core")
        // The same for both, with a limit that allows a core: who is ended by SIGABRT, and whether a core was dumped.
        let script = """
            import os, resource, signal, sys, time
            resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            os.chdir(sys.argv[1])
            r, w = os.pipe()
            child = os.fork()
            if child == 0:
                os.dup2(r, 0)
                os.close(w)
                os.execv(sys.argv[2], sys.argv[2:])
            deadline, still = time.time() + 60, 0
            # Started, and asleep for a while: it waits for its input.
            while time.time() < deadline and still < 30:
                with open(f'/proc/{child}/stat') as state:
                    asleep = state.read().rsplit(')', 1)[1].split()[0] == 'S'
                with open(f'/proc/{child}/comm') as name:
                    started = name.read().strip() == os.path.basename(sys.argv[2])
                still = still + 1 if asleep and started else 0
                time.sleep(0.01)
            os.kill(child, signal.SIGABRT)
            status = os.waitpid(child, 0)[1]
            print(os.WTERMSIG(status), os.WCOREDUMP(status))
            """
        func ends(_ argv: String...) async throws -> String {
            try await run(["python3", "-c", script, folder.path] + argv, deadline: .seconds(120)).outputText
        }
        #expect(try await ends("/bin/cat") == "6 True\n")
        #expect(try await ends(BuiltBinary.path, "hook", "pre-receive") == "6 False\n")
    }
}

@Suite(
    "A cloud connector", .enabled(if: AWSServer.isInstalled, "needs moto and awscli: scripts/setup installs them")
) struct CloudConnectorTests {
    /// A tag of AWS Certificate Manager beside the shop's nginx.
    private func arena(_ port: UInt16) async throws -> (Arena, AWSServer) {
        let folder = try TemporaryFolder("aws")
        let server = try await AWSServer(in: folder)
        let arena = try await Arena.made {
            $0.documents = [
                """
                kind: Device
                metadata: {name: aws-1}
                spec:
                  kind: aws-acm
                  zone: default
                  transport: {local: {}}
                  aws-acm: {region: eu-central-1, endpointURL: "\(server.endpointURL)", binary: "\(server.binary)"}
                  probes: ["127.0.0.1:\(port)"]
                """
            ]
        }
        return (arena, server)
    }

    @Test("takes server certificates with their key only: anything else is blocked in the plan, with the reason")
    func rules() async throws {
        let port = try freePort()  // where nobody serves it yet
        let (arena, server) = try await arena(port)
        let usageless = try await arena.authority.issue("client", days: 30, usage: "clientAuth")
        let good = try await arena.authority.issue("good", days: 30)
        try arena.keep(keyOf: usageless)
        try arena.write(good.chain, to: "certificates/cloud.pem")
        func declare(_ key: String, chain: IssuedCertificate) async throws {
            try arena.write(chain.chain, to: "certificates/cloud.pem")
            try arena.write(
                """
                apiVersion: countersign/v1
                kind: Certificate
                metadata: {name: cloud}
                spec: {chain: certificates/cloud.pem, privateKey: \(key)}
                ---
                apiVersion: countersign/v1
                kind: AppConnector
                metadata: {name: cloud}
                spec:
                  device: aws-1
                  slot: {tag: cloud}
                  endpoints: [{address: 127.0.0.1, port: \(port), serverName: \(Arena.host)}]
                ---
                apiVersion: countersign/v1
                kind: Binding
                metadata: {name: cloud}
                spec: {certificate: cloud, connectors: [cloud]}

                """, to: "cloud.yaml")
            try await arena.commit("Try \(key)")
        }
        func order() async throws -> JSONValue {
            try await arena.reconcile(exits: nil)
            let orders = try await arena.plan(exits: nil)["workOrders"]?.array ?? []
            return try #require(orders.first { $0["connector"] == "cloud" })
        }
        let file = "{file: \"\(arena.folder.file("private"))/{spki}.key\"}"
        try await declare(file, chain: usageless)
        var found = try await order()
        #expect(found["reason"]?["code"] == "NotServerAuth", "\(found)")
        #expect(found["reason"]?["message"]?.string?.contains("extendedKeyUsage") == true, "\(found)")

        try await declare("{installed: true}", chain: good)
        found = try await order()
        #expect(found["reason"]?["code"] == "NoPrivateKey")
        #expect(found["reason"]?["message"]?.string?.contains("carries the private key") == true, "\(found)")
        let plan = try await arena.countersign(as: .gateway, "plan", exits: 2).output
        #expect(plan.contains("NoPrivateKey") && plan.contains("carries the private key"), "\(plan)")

        try await declare(file, chain: good)
        found = try await order()
        #expect(found["reason"]?["code"] == "NoPrivateKey", "its key is not there yet")
        try arena.keep(keyOf: good)
        found = try await order()
        #expect(found["state"] == "Requested", "\(found)")

        // A key that was made on another device does not leave it; one that is to be made in the cloud is none.
        try await declare("{endpoint: edge-1}", chain: good)
        found = try await order()
        #expect(found["reason"]?["code"] == "NoPrivateKey", "\(found)")
        try await declare("{endpoint: aws-1}", chain: good)
        let invalid = try await arena.countersign(as: .alice, "validate", exits: 1).errors
        #expect(invalid.contains("Device \"aws-1\" is a cloud connector (aws-acm), which makes no keys"), "\(invalid)")
        #expect(!server.arguments.contains("import-certificate"))
    }
}
