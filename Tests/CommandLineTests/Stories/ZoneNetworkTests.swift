// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Processes
import TestKit
import Testing
import Vocabulary

/// An nginx with a slot of its own, in the network of one of the gateways.
private struct Site {
    let name: String
    let folder: TemporaryFolder
    let namespace: NetworkNamespace
    let nginx: NginxServer
    /// Its end would end whatever runs by the same configuration.
    private var former: NginxServer?

    init(_ name: String, in namespace: NetworkNamespace, _ folder: TemporaryFolder) async throws {
        (self.name, self.folder, self.namespace) = (name, folder, namespace)
        nginx = try await NginxServer.start(
            in: folder, host: Arena.host, certificate: folder.file("slot/shop.crt"), key: folder.file("slot/shop.key"),
            namespace: namespace)
    }

    func device(in zone: String) -> String {
        """
        apiVersion: countersign/v1
        kind: Device
        metadata: {name: \(name)}
        spec:
          kind: nginx
          zone: \(zone)
          transport: {local: {}}
          nginx: {config: "\(nginx.configuration)", reload: [\(nginx.reload.map { "\"\($0)\"" }.joined(separator: ", "))]}
          slotRoots: ["\(folder.file("slot"))"]
          probes: ["\(nginx.address):\(nginx.port)"]

        """
    }

    var connector: String {
        """
        apiVersion: countersign/v1
        kind: AppConnector
        metadata: {name: \(name)-shop}
        spec:
          device: \(name)
          slot: {certificate: "\(folder.file("slot/shop.crt"))", privateKey: "\(folder.file("slot/shop.key"))", mode: "0600"}
          endpoints: [{address: \(nginx.address), port: \(nginx.port), serverName: \(Arena.host)}]

        """
    }

    /// The same machine, carried into another network.
    func moved(into namespace: NetworkNamespace) async throws -> Site {
        try await nginx.halt()
        var moved = try await Site(name, in: namespace, folder)
        moved.former = nginx
        return moved
    }

    func served() async throws -> String {
        let answer = try await run(
            namespace.wrapper + [
                "openssl", "s_client", "-connect", "\(nginx.address):\(nginx.port)", "-servername", Arena.host,
            ])
        return Hex.encode(FileDigest(hashing: try CertificateAuthority.der(ofPEM: answer.outputText)).bytes)
    }
}

/// One repository, and in each of two networks that do not reach each other a gateway and a device.
private struct TwoNetworks {
    let arena: Arena
    let networks: [NetworkNamespace]
    var sites: [Site]

    static func make() async throws -> TwoNetworks {
        let networks = [try await NetworkNamespace(), try await NetworkNamespace()]
        var sites: [Site] = []
        let arena = try await Arena.withSecondZone(declaring: { arena in
            for (name, network) in zip(["edge-1", "edge-2"], networks) {
                let folder = try TemporaryFolder(name)
                try folder.write(arena.old.chain, to: "slot/shop.crt")
                try folder.write(arena.old.key, to: "slot/shop.key", mode: 0o600)
                sites.append(try await Site(name, in: network, folder))
            }
            try declare(sites, zones: ["default", "dmz"], in: arena)
        })
        return TwoNetworks(arena: arena, networks: networks, sites: sites)
    }

    static func declare(_ sites: [Site], zones: [String], in arena: Arena) throws {
        try arena.write(
            zip(sites, zones).map { $0.device(in: $1) }.joined(separator: "---\n"), to: "devices.yaml")
        try arena.edit("shop.yaml") { text in
            let certificate = text.split(separator: "---\n").first.map(String.init) ?? ""
            let binding = """
                apiVersion: countersign/v1
                kind: Binding
                metadata: {name: shop-edge}
                spec: {certificate: \(Arena.certificate), connectors: [\(sites.map { "\($0.name)-shop" }.joined(separator: ", "))]}

                """
            return ([certificate] + sites.map(\.connector) + [binding]).joined(separator: "---\n")
        }
    }

    /// One pass of a zone's gateway, from inside of its network.
    func pass(_ zone: String) async throws -> JSONValue {
        let (actor, network) = zone == "dmz" ? (Arena.Actor.mallory, networks[1]) : (.gateway, networks[0])
        let result = try await outcome(
            of: network.wrapper + [
                arena.binary, "reconcile", "--zone", zone, "--format", "json", "--repo", arena.clone(of: actor),
                "--state", arena.state(of: actor),
            ], environment: arena.environment(of: actor))
        do { return try JSONValue(parsing: result.output) } catch {
            throw FixtureError("no report of zone \(zone): \(result.outputText)\(result.errorText)")
        }
    }

    /// Signs all that is open there.
    func sign(_ zone: String) async throws {
        let plan = try await arena.countersign(as: .bob, "plan", "--zone", zone, "--format", "json").json
        for order in plan["workOrders"]?.array ?? [] {
            guard order["action"] == "replace", let digest = order["digest"]?.string else { continue }
            try await arena.sign(digest, inZone: zone)
        }
    }

    static func pushed(_ pass: JSONValue) -> [String] {
        (pass["pushes"]?.array ?? []).filter { $0["outcome"] == "Completed" }.compactMap { $0["connector"]?.string }
    }
}

@Suite("Two zones in networks of their own", .enabled(if: NetworkNamespace.isPossible, "no network namespaces here"))
struct ZoneNetworkTests {
    @Test("have a gateway each that pushes only to its own devices; one that is carried over belongs to the other then")
    func apart() async throws {
        var world = try await TwoNetworks.make()
        for zone in ["default", "dmz"] {
            let seen = try await world.pass(zone)
            #expect(seen["plan"]?["workOrders"]?.array?.map { $0["action"] } == ["adopt"], "\(zone): \(seen)")
        }
        let first = try await world.arena.renew()
        for zone in ["default", "dmz"] { try await world.sign(zone) }
        #expect(TwoNetworks.pushed(try await world.pass("default")) == ["edge-1-shop"])
        #expect(try await world.sites[0].served() == first.leaf)
        #expect(try await world.sites[1].served() == world.arena.old.leaf)
        #expect(TwoNetworks.pushed(try await world.pass("dmz")) == ["edge-2-shop"])
        #expect(try await world.sites[1].served() == first.leaf)

        world.sites[0] = try await world.sites[0].moved(into: world.networks[1])
        try TwoNetworks.declare(world.sites, zones: ["dmz", "dmz"], in: world.arena)
        try await world.arena.commit("Carry edge-1 into the DMZ")
        let change = try await world.arena.changeDigest()
        for actor in [Arena.Actor.bob, .dave] { try await world.arena.approve(change, as: actor) }
        let early = try await world.pass("dmz")
        #expect(early["plan"]?["workOrders"]?.first(where: "device", is: "edge-1")?["reason"]?["code"] == "NotReleased")
        let giving = try await world.pass("default")
        #expect(giving["accepted"] != .null && giving["plan"]?["workOrders"] == [])
        #expect(try await world.pass("dmz")["plan"]?["workOrders"] == [])

        let second = try await world.arena.renew(days: 60)
        for zone in ["default", "dmz"] { try await world.sign(zone) }
        #expect(TwoNetworks.pushed(try await world.pass("default")) == [])
        #expect(TwoNetworks.pushed(try await world.pass("dmz")).sorted() == ["edge-1-shop", "edge-2-shop"])
        for site in world.sites { #expect(try await site.served() == second.leaf) }
        let audit = try await world.arena.audited(exits: 0)
        #expect(audit["workOrders"]?.array?.count == 4)
        #expect(audit["workOrders"]?.array?.allSatisfy { $0["proven"] == true } ?? false, "\(audit)")
    }
}
