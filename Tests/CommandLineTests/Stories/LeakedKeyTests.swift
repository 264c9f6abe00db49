// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Processes
import TestKit
import Testing
import Vocabulary

/// One wildcard certificate on forty devices, each a real nginx of its own, beside the shop of the usual world.
private struct Edges {
    /// A device and what runs on it.
    struct Edge {
        var name: String
        var folder: TemporaryFolder
        var nginx: NginxServer

        var device: String {
            """
            apiVersion: countersign/v1
            kind: Device
            metadata: {name: \(name)}
            spec:
              kind: nginx
              zone: default
              transport: {local: {}}
              nginx: {config: "\(nginx.configuration)", reload: [\(nginx.reload.map { "\"\($0)\"" }.joined(separator: ", "))]}
              slotRoots: ["\(folder.file("slot"))"]

            """
        }
        var connector: String {
            """
            apiVersion: countersign/v1
            kind: AppConnector
            metadata: {name: \(name)-wild, labels: {holds: wildcard}}
            spec:
              device: \(name)
              slot: {certificate: "\(folder.file("slot/wild.crt"))", privateKey: "\(folder.file("slot/wild.key"))", mode: "0600"}
              endpoints: [{address: 127.0.0.1, port: \(nginx.port), serverName: api.example.com}]

            """
        }

        /// Somebody at the device's own shell.
        func install(_ certificate: IssuedCertificate) async throws {
            try folder.write(certificate.chain, to: "slot/wild.crt")
            try folder.write(certificate.key, to: "slot/wild.key", mode: 0o600)
            try await run(nginx.reload)
        }

        func served() async throws -> String {
            let answer = try await run(
                "openssl", "s_client", "-connect", "127.0.0.1:\(nginx.port)", "-servername", "api.example.com")
            return Hex.encode(FileDigest(hashing: try CertificateAuthority.der(ofPEM: answer.outputText)).bytes)
        }

        /// Files of the device in which this key lies, whatever they are called.
        func copies(of certificate: IssuedCertificate) -> [String] {
            let secret = certificate.key.split(separator: "\n").dropFirst().first ?? ""
            return (FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []).filter {
                (try? folder.readText($0).contains(secret)) ?? false
            }
        }
    }
    static let certificate = "wildcard-example-com"
    static let names = ["*.example.com"]
    let arena: Arena
    let edges: [Edge]
    /// The one whose key leaks.
    let leaked: IssuedCertificate

    static func made(_ count: Int) async throws -> Edges {
        let arena = try await Arena.made {
            $0.repository = ["limits: {maxChanged: 5, maxChangedPercent: 10, floor: 3}"]
            $0.policy = [
                "windows: [\(officeHours)]", "rollout: {canary: 1, percentages: [10, 50], pause: 1h}",
                "emergency: {approvers: [group:netops], count: 2, ignores: [windows, waves, limits]}",
            ]
            $0.isTrusted = false
        }
        let leaked = try await arena.authority.issue("leaked", days: 30, names: names)
        try arena.keep(keyOf: leaked)
        var edges: [Edge] = []
        for number in 1...count {
            let folder = try TemporaryFolder("edge")
            try folder.write(leaked.chain, to: "slot/wild.crt")
            try folder.write(leaked.key, to: "slot/wild.key", mode: 0o600)
            let nginx = try await NginxServer.start(
                in: folder, host: "*.example.com", certificate: folder.file("slot/wild.crt"),
                key: folder.file("slot/wild.key"))
            edges.append(Edge(name: "wild-\(number)", folder: folder, nginx: nginx))
        }
        let world = Edges(arena: arena, edges: edges, leaked: leaked)
        try world.declare()
        try await arena.trust(try await arena.commit("Serve the wildcard on \(count) devices"))
        return world
    }

    /// Nine hours that begin in five or six: they are closed now, whenever that is.
    private static var officeHours: String {
        let hour = (Int(Date().timeIntervalSince1970) / 3600 + 6) % 24
        func clock(_ hour: Int) -> String { "\"" + (hour % 24 < 10 ? "0" : "") + "\(hour % 24):00\"" }
        return "{from: \(clock(hour)), to: \(clock(hour + 9)), timeZone: UTC}"
    }

    private func declare() throws {
        // A renewal of the certificate by its robot needs nobody.
        let trust = arena.renewalsByRobot(issuer: arena.authority.spki, perHour: 100, perDay: 100)
        let desired = """
            apiVersion: countersign/v1
            kind: Certificate
            metadata: {name: \(Self.certificate)}
            spec:
              chain: certificates/wildcard.pem
              privateKey: {file: "\(arena.folder.file("private"))/{spki}.key"}
            ---
            apiVersion: countersign/v1
            kind: Binding
            metadata: {name: wildcard}
            spec: {certificate: \(Self.certificate), selector: {matchLabels: {holds: wildcard}}}

            """
        try arena.write(([trust] + edges.map(\.device)).joined(separator: "---\n"), to: "edges.yaml")
        try arena.write(([desired] + edges.map(\.connector)).joined(separator: "---\n"), to: "wildcard.yaml")
        try arena.write(leaked.chain, to: "certificates/wildcard.pem")
    }

    /// What lies there is adopted by people.
    func begin() async throws {
        try await arena.reconcile(exits: 0)
        let digests = (try await arena.plan(as: .bob, exits: nil)["workOrders"]?.array ?? []).compactMap {
            $0["digest"]?.string
        }
        #expect(digests.count == edges.count + 1)
        for (actor, verb) in [(Arena.Actor.bob, "approve"), (.dave, "implement")] {
            try await arena.countersign(arena.globals(of: actor) + [verb] + digests + ["--yes"], as: actor, exits: 0)
        }
        try await arena.reconcile(exits: 0)
    }

    /// Alice's commit that asks for this chain.
    @discardableResult
    func ask(for certificate: IssuedCertificate, _ message: String) async throws -> String {
        try arena.write(certificate.chain, to: "certificates/wildcard.pem")
        return try await arena.commit(message)
    }

    func revert(_ commit: String) async throws {
        try await arena.git(.alice, "pull", "-q", "--rebase", "origin", "main")
        try await arena.git(.alice, "revert", "--no-edit", commit)
        try await arena.git(.alice, "push", "-q", "origin", "HEAD:main")
    }

    /// The open work orders of the wildcard, as somebody sees them.
    func orders(as actor: Arena.Actor = .bob) async throws -> [JSONValue] {
        let orders = try await arena.plan(as: actor, exits: nil)["workOrders"]?.array ?? []
        return orders.filter { $0["certificate"]?.string == Self.certificate }
    }

    /// As somebody at a terminal, who reads what is asked and agrees.
    @discardableResult
    func agree(_ arguments: String..., as actor: Arena.Actor) async throws -> String {
        let words = ([arena.binary] + arena.globals(of: actor) + arguments).map { "'\($0)'" }.joined(separator: " ")
        let environment = arena.environment(of: actor).merging(["NO_COLOR": "1", "TERM": "dumb"]) { $1 }
        return try await run(
            ["script", "-qec", words, "/dev/null"], environment: environment, input: Array("y\n".utf8)
        ).outputText
    }

    func served() async throws -> [String: String] {
        var served: [String: String] = [:]
        for edge in edges { served[edge.name] = try await edge.served() }
        return served
    }
}

@Suite("A key that lies on forty devices leaks at night") struct LeakedKeyTests {
    @Test(
        "and is replaced on all of them by one emergency of two people, past window, waves and limit, never past a check of the certificate; it comes back by nothing"
    )
    func night() async throws {
        let world = try await Edges.made(40)
        let (arena, leaked) = (world.arena, world.leaked)
        let everywhere = Set(world.edges.map { "\($0.name)-wild" })
        try await world.begin()

        // Found, and listed: from here on nothing brings it anywhere.
        let found = try await arena.countersign(
            as: .dave, "certificates", "--key", leaked.spki, "--format", "json", exits: 0
        ).json
        #expect(Set(found["holds"]?.array?.compactMap { $0["connector"]?.string } ?? []) == everywhere)
        try arena.edit("countersign.yaml") {
            $0.replacing("  branch: main\n", with: "  branch: main\n  compromisedKeys: [\"\(leaked.spki)\"]\n")
        }
        try await arena.commit("The key of the wildcard has leaked")

        // In a hurry the CA was asked for the wrong names. No quorum goes past that.
        let wrong = try await arena.authority.issue("wrong", days: 47, names: ["*.example.org"])
        try arena.keep(keyOf: wrong)
        let mistake = try await world.ask(for: wrong, "Replace the wildcard")
        try await arena.reconcile(exits: 2)
        let unfit = try await world.orders()
        #expect(unfit.count == 40)
        #expect(unfit.allSatisfy { $0["reason"]?["code"] == "NameNotCovered" }, "\(unfit.first ?? .null)")
        let refused = try await arena.refusal(
            as: .bob, "approve", unfit[0]["digest"]?.string ?? "", "--yes", "--emergency", "-m", "It has leaked")
        #expect(refused.code == "NameNotCovered")
        try await world.revert(mistake)

        // The right one. Its key on the gateway is another's by mistake, which nobody sees but the gateway.
        let new = try await arena.authority.issue("new", days: 47, names: Edges.names)
        try arena.folder.write(wrong.key, to: "private/\(new.spki).key", mode: 0o600)
        let replacement = try await world.ask(for: new, "Replace the wildcard, with a new key")
        try await arena.reconcile(exits: 2)
        let plan = try await arena.plan(as: .bob, exits: 3)
        let request = try #require(plan["requests"]?.first(where: "certificate", is: Edges.certificate))
        #expect(request["workOrders"]?.array?.count == 40)
        #expect(plan["limits"]?["exceeded"] == true)
        let digest = try #require(try await world.orders().first?["digest"]?.string)
        try await arena.approve(digest)
        #expect(try await arena.refusal(as: .dave, "implement", digest, "--yes").code == "OutsideWindow")

        let id = try #require(request["id"]?.string)
        for actor in [Arena.Actor.bob, .dave] {
            let said = try await world.agree("approve", id, "--emergency", "-m", "It is on a paste site", as: actor)
            #expect(said.contains("EMERGENCY"), "\(said)")
        }
        let held = try await arena.reconcile(exits: 2)
        #expect(held["pushes"] == [])
        let mismatched = try await world.orders(as: .gateway)
        #expect(mismatched.count == 40 && mismatched.allSatisfy { $0["reason"]?["code"] == "KeyMismatch" })
        #expect(Set(try await world.served().values) == [leaked.leaf])

        // Its own key in its place: one pass, all forty, by the signatures that are there.
        try arena.keep(keyOf: new)
        let pass = try await arena.reconcile(exits: 2)
        let pushes = pass["pushes"]?.array ?? []
        #expect(Set(pushes.compactMap { $0["connector"]?.string }) == everywhere, "\(pass)")
        #expect(pushes.count == 40 && pushes.allSatisfy { $0["outcome"] == "Completed" }, "\(pushes)")
        #expect(Set(try await world.served().values) == [new.leaf])
        #expect(try await arena.served() == arena.old.leaf)
        // Not even for a way back is it kept.
        for edge in world.edges { #expect(edge.copies(of: leaked) == []) }

        // It was one emergency, and is reviewed as one.
        let shown = try await arena.countersign(as: .alice, "plan", exits: 2).output
        #expect(shown.components(separatedBy: "EMERGENCY, not reviewed").count == 2, "\(shown)")
        #expect(shown.contains("and 39 more"))
        let open = try #require(try await arena.plan(as: .alice)["emergencies"]?.array)
        #expect(Set(open.compactMap { $0["connector"]?.string }) == everywhere)
        let reviewed = try await world.agree("review", try #require(open[0]["id"]?.string), "-m", "Right so", as: .alice)
        for emergency in open { #expect(reviewed.contains(emergency["id"]?.string ?? "?")) }
        let change = try await arena.changeDigest()
        for actor in [Arena.Actor.bob, .dave] { try await arena.approve(change, as: actor) }
        #expect(try await arena.reconcile(exits: 0)["accepted"] != .null)
        #expect(try await arena.plan(as: .alice, exits: 0)["emergencies"] == [])

        let audit = try await arena.audited(exits: 0)
        let proven = (audit["workOrders"]?.array ?? []).filter { $0["installs"]?.string == new.leaf }
        #expect(proven.count == 40 && proven.allSatisfy { $0["proven"] == true })
        #expect(proven.allSatisfy { $0["levels"]?.array?.last?["name"] == "emergency" })

        try await neverAgain(world, new, replacement, by: pushes[0]["digest"]?.string ?? "")
        withExtendedLifetime(world) {}
    }

    /// Each way back that somebody might try, one after another.
    private func neverAgain(
        _ world: Edges, _ new: IssuedCertificate, _ replacement: String, by pushed: String
    ) async throws {
        let (arena, leaked) = (world.arena, world.leaked)
        #expect(try await arena.refusal(as: .alice, "rollback", pushed).code == "KeyCompromised")

        // The robot brings a later certificate, for the old key: it is all that the standing approval asks for.
        try await eventually("the next second") { Int64(Date().timeIntervalSince1970) > new.issued }
        let again = try await arena.authority.issue("again", days: 60, names: Edges.names, withKeyOf: leaked)
        try await arena.git(.mallory, "pull", "-q", "origin", "main")
        try arena.folder.write(again.chain, to: "clones/mallory/certificates/wildcard.pem")
        try await arena.git(.mallory, "commit", "-q", "-a", "-m", "Renew the wildcard")
        try await arena.git(.mallory, "push", "-q", "origin", "HEAD:main")
        #expect(try await arena.reconcile(exits: 2)["pushes"] == [])
        // In office hours, when nothing else is in its way.
        let morning = try await arena.countersign(at: "+7h", as: .gateway, "plan", "--format", "json").json
        let renewals = (morning["workOrders"]?.array ?? []).filter { $0["installs"]?["leaf"]?.string == again.leaf }
        #expect(renewals.count == 40)
        for order in renewals {
            #expect(order["standing"]?["unmet"] == [] && order["state"] == "Blocked", "\(order)")
            #expect(order["blocks"]?.array?.compactMap { $0["code"]?.string } == ["KeyCompromised"], "\(order)")
        }
        try await world.revert("origin/main")
        try await arena.reconcile(exits: 0)

        // One device is given the old pair by hand, another one something else.
        let stray = try await arena.authority.issue("stray", days: 40, names: Edges.names)
        try await world.edges[6].install(leaked)
        try await world.edges[7].install(stray)
        #expect(try await arena.reconcile(exits: 2)["pushes"] == [])
        let drift = try #require(try await arena.plan(as: .bob)["drift"]?.array)
        #expect(drift.count == 2)
        let (back, other) = (drift.first { $0["connector"] == "wild-7-wild" }, drift.first { $0["connector"] == "wild-8-wild" })
        #expect(back?["found"]?.string == leaked.leaf && back?["compromised"] == true)
        #expect(other?["found"]?.string == stray.leaf && other?["compromised"] == false)
        #expect(try await world.orders().allSatisfy { $0["installs"]?["leaf"]?.string == new.leaf })
        let offered = try await arena.countersign(as: .bob, "plan", exits: 2).output
        #expect(offered.contains("countersign adopt wild-8-wild") && !offered.contains("countersign adopt wild-7-wild"))
        #expect(offered.contains("its key is compromised"), "\(offered)")
        #expect(try await arena.refusal(as: .alice, "adopt", "wild-7-wild").code == "KeyCompromised")

        // The commit that replaced it is reverted: what is in the way then is the key itself, for the quorum as well, and
        // what was changed by hand is repaired to nothing that has leaked.
        try await world.revert(replacement)
        #expect(try await arena.reconcile(exits: 2)["pushes"] == [])
        let blocked = try await world.orders(as: .gateway)
        #expect(blocked.count == 40)
        #expect(Set(blocked.compactMap { $0["action"]?.string }) == ["restore", "adopt"])
        for order in blocked { #expect(order["reason"]?["code"] == "KeyCompromised", "\(order)") }
        for connector in ["wild-1-wild", "wild-7-wild", "wild-8-wild"] {
            let digest = blocked.first { $0["connector"]?.string == connector }?["digest"]?.string ?? ""
            #expect(
                try await arena.refusal(
                    as: .bob, "approve", digest, "--yes", "--emergency", "-m", "The new one breaks old phones"
                ).code == "KeyCompromised")
        }
        let late = try await arena.countersign(
            at: "+7h", as: .gateway, "reconcile", "--format", "json", within: .seconds(40)
        ).json
        #expect(late["pushes"] == [])
        let served = try await world.served()
        #expect(served["wild-7"] == leaked.leaf && served["wild-8"] == stray.leaf)
        #expect(served.values.count { $0 == new.leaf } == 38)
    }
}
