// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import TestKit
import Testing
import Vocabulary

extension Arena {
    /// With the `countersign` that was built beside these tests.
    static func made(_ change: (inout Setting) -> Void = { _ in }) async throws -> Arena {
        try await make(BuiltBinary.path, change)
    }

    /// One that has been observed once, and where alice has asked for a renewal.
    static func asked(
        _ change: (inout Setting) -> Void = { _ in }
    ) async throws -> (arena: Arena, renewed: IssuedCertificate, digest: String) {
        let arena = try await made(change)
        try await arena.reconcile(exits: 0)
        let renewed = try await arena.renew()
        return (arena, renewed, try await arena.digest())
    }

    /// The same, signed at both levels.
    static func signed(
        _ change: (inout Setting) -> Void = { _ in }
    ) async throws -> (arena: Arena, renewed: IssuedCertificate, digest: String) {
        let (arena, renewed, digest) = try await asked(change)
        try await arena.approve(digest)
        try await arena.implement(digest)
        return (arena, renewed, digest)
    }

    /// A second pass does nothing: exit 0, nothing pushed, no commit.
    func expectAtRest(_ place: SourceLocation = #_sourceLocation) async throws {
        let before = try await statusTip()
        let files = try slotFiles()
        let pass = try await reconcile(exits: 0)
        #expect(pass["pushes"] == [], sourceLocation: place)
        #expect(pass["recovered"] == [], sourceLocation: place)
        #expect(pass["statusCommit"] == .null, sourceLocation: place)
        #expect(try await statusTip() == before, sourceLocation: place)
        #expect(try slotFiles() == files, sourceLocation: place)
    }
}

extension Arena {
    /// A second site on the same port, whose files are not there yet: nginx, not reloaded, serves the shop's meanwhile.
    fileprivate func addBlog() async throws -> IssuedCertificate {
        let (certificate, key) = (folder.file("slot/blog.crt"), folder.file("slot/blog.key"))
        try nginx.edit { text in
            text.replacing(
                "    server {\n",
                with: """
                        server {
                            listen 127.0.0.1:\(nginx.port) ssl;
                            server_name blog.example.com;
                            ssl_certificate \(certificate);
                            ssl_certificate_key \(key);
                        }
                        server {

                    """)
        }
        let blog = try await authority.issue("blog", days: 80, names: ["blog.example.com"])
        try keep(keyOf: blog)
        try write(blog.chain, to: "certificates/blog.pem")
        try edit("shop.yaml") { shop in
            let site = shop.replacing(Self.certificate, with: "blog-example-com").replacing(
                "shop.pem", with: "blog.pem"
            )
            .replacing(Self.connector, with: "edge-1-blog").replacing("shop-edge", with: "blog-edge")
            .replacing(Self.host, with: "blog.example.com").replacing(slot.certificate, with: certificate)
            .replacing(slot.key, with: key)
            return shop + "---\n" + site
        }
        try await commit("Add the blog")
        return blog
    }
}

@Suite("A change, from the commit to the handshake") struct ChangeToServedTests {
    @Test("is pushed once two people have signed it, proven, written down, and never pushed again")
    func wholeWay() async throws {
        let arena = try await Arena.made()
        #expect(try await arena.served() == arena.old.leaf)
        try await arena.reconcile(exits: 0)

        let renewed = try await arena.renew()
        // One certificate, one slot: the request has one work order, and nobody has signed.
        let plan = try await arena.plan(as: .gateway, exits: 2)
        let order = try #require(plan["workOrders"]?.first(where: "action", is: "replace"))
        #expect(order["state"] == "Requested")
        #expect(order["replaces"]?.string == arena.old.leaf)
        #expect(order["installs"]?["leaf"]?.string == renewed.leaf)
        #expect(order["requesters"] == ["alice"])
        #expect(order["change"] == "renewal")
        // Who looks at the device and who reads the status branch derive the same digest.
        let digest = try await arena.digest()
        #expect(order["digest"]?.string == digest)
        #expect(order["id"]?.string == HandmadeRecord.id(of: digest))

        let approved = try await arena.approve(digest)
        #expect(approved["level"] == "approve")
        #expect(approved["workOrders"]?.array?.first?["state"] == "PushReviewInProgress")
        let text = try await arena.countersign(as: .dave, "status", exits: 0).output
        #expect(text.contains("Push-Review In Progress"))
        // Half the signatures move nothing.
        try await arena.reconcile(exits: 2)
        #expect(try await arena.served() == arena.old.leaf)

        let implemented = try await arena.implement(digest)
        #expect(implemented["workOrders"]?.array?.first?["state"] == "ReadyToImplement")
        let pass = try await arena.reconcile(exits: 0)
        #expect(pass["pushes"]?.array?.count == 1)
        #expect(pass["pushes"]?.array?.first?["outcome"] == "Completed")
        #expect(pass["pushes"]?.array?.first?["digest"]?.string == digest)

        #expect(try await arena.served() == renewed.leaf)
        #expect(try arena.slotFiles().map(\.mode) == [0o644, 0o600])
        let connector = try #require(try await arena.status()["connectors"]?.array?.first)
        #expect(connector["state"] == "Completed")
        #expect(connector["sync"] == "InSync")
        #expect(connector["colour"] == "blue")  // 47 days
        #expect(try await arena.countersign(as: .bob, "plan", exits: 0).code == 0)
        try await arena.expectAtRest()
    }

    @Test("can be signed with stock git alone")
    func stockGit() async throws {
        let (arena, renewed, digest) = try await Arena.asked()
        for (level, actor) in [("approve", Arena.Actor.bob), ("implement", .dave)] {
            let commit = try await arena.sign(arena.record(level, digest).message, as: actor)
            try await arena.publish(commit, as: actor, named: "\(actor)-1", for: digest)
            let explained = try await arena.countersign(as: .bob, "explain", digest, "--format", "json", exits: 0).json
            #expect(explained["refused"] == [])
            #expect(
                explained["levels"]?.first(where: "name", is: level)?["given"]?.array?.first?["commit"]?.string
                    == commit)
        }
        let pass = try await arena.reconcile(exits: 0)
        #expect(pass["newRecords"] == 2)
        #expect(pass["pushes"]?.array?.first?["outcome"] == "Completed")
        #expect(try await arena.served() == renewed.leaf)
        try await arena.expectAtRest()
    }

    @Test("into a slot that is new is observed after the merge, and approved then")
    func newSlot() async throws {
        let arena = try await Arena.made()
        try await arena.reconcile(exits: 0)
        let blog = try await arena.addBlog()
        let before = try await arena.plan(as: .bob, exits: 2)
        let blocked = try #require(before["workOrders"]?.first(where: "connector", is: "edge-1-blog"))
        #expect(blocked["state"] == "Blocked")
        #expect(blocked["reason"]?["code"] == "Unobserved")
        #expect(blocked["digest"] == .null)
        let refused = try await arena.refusal(as: .bob, "approve", "edge-1-blog")
        #expect(refused.code == "UnknownID")

        try await arena.reconcile(exits: 2)
        let digest = try await arena.digest(of: "install")
        try await arena.approve(digest)
        try await arena.implement(digest)
        let pass = try await arena.reconcile(exits: 0)
        #expect(pass["pushes"]?.array?.first?["outcome"] == "Completed")
        #expect(try await arena.served("blog.example.com") == blog.leaf)
        #expect(try await arena.served() == arena.old.leaf)
        try await arena.expectAtRest()
    }
}
