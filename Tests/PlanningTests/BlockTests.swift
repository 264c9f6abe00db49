// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Approvals
import Declarations
import PKI
import Planning
import Testing
import Vocabulary

@Suite("A block") struct BlockTests {
    /// Slot holds `held` and serves it; `leaf` is wanted.
    static func world(_ leaf: String, over held: String? = nil) async throws -> World {
        var world = try await World()
        try world.site("shop", leaf: leaf)
        try world.observe("shop", holds: held)
        return world
    }

    @Test(
        "names what is wrong with the certificate",
        arguments: [
            ("shop", [Block.Code]()), ("weak", [.weakCertificate]), ("client", [.notServerAuth]),
            ("expired", [.certificateExpired]),
            ("future", [.certificateNotYetValid]), ("pay", [.nameNotCovered]), ("wide", []),
        ])
    func certificate(leaf: String, expected: [Block.Code]) async throws {
        let world = try await Self.world(leaf)
        #expect(try world.blocks("shop") == expected)
        #expect(try world.workOrder("shop").state.name == (expected.isEmpty ? "Requested" : "Blocked"))
    }

    @Test(
        "of expiry begins with the last second",
        arguments: [
            ("2026-03-31T23:59:59Z", [Block.Code]()), ("2026-04-01T00:00:00Z", [.certificateExpired]),
            ("2025-12-31T23:59:59Z", [.certificateNotYetValid]), ("2026-01-01T00:00:00Z", []),
        ])
    func dates(now: String, expected: [Block.Code]) async throws {
        var world = try await Self.world("shop")
        world.now = time(now)
        #expect(try world.blocks("shop") == expected)
    }

    @Test(
        "of the chain says which link is missing",
        arguments: [[String](), ["impostor"], ["issuer", "impostor"], ["shop"]])
    func chain(chain: [String]) async throws {
        var world = try await Self.world("shop")
        try world.certificate("shop", leaf: "shop", chain: chain)
        #expect(try world.blocks("shop") == [.chainIncomplete])
    }

    @Test("of a chain file that cannot be read is not taken for unbound") func noChain() async throws {
        var world = try await Self.world("shop")
        world.chains = [:]
        let workOrder = try world.workOrder("shop")
        #expect(workOrder.digest == nil && workOrder.blocks.map(\.code) == [.chainIncomplete])
        #expect(try world.view("shop").sync == .unknown(since: nil))
    }

    @Test("of a chain file that cannot be read never becomes a removal") func noChainNoRemoval() async throws {
        var world = try await SyncTests.pushed()
        try world.connector("shop") { $0.whenUnbound = .remove }
        world.chains = [:]
        let workOrder = try world.workOrder("shop")
        #expect(workOrder.action == .replace && workOrder.blocks.map(\.code).contains(.chainIncomplete))
    }

    @Test(
        "of trust roots asks where the chain ends",
        arguments: [("issuer", [Block.Code]()), ("impostor", [.chainIncomplete])])
    func trustRoots(root: String, expected: [Block.Code]) async throws {
        var world = try await Self.world("shop")
        try world.device("edge-1") { $0.trustRoots = ["devices/roots.pem"] }
        world.desired.files["devices/roots.pem"] = NamedFile(bytes: ChainFile.pem(of: [try world.mill.der(root)]))
        #expect(try world.blocks("shop") == expected)
    }

    @Test(
        "of the key is what the gateway found",
        arguments: [
            (KeyCheck.matches, [Block.Code]()), (.notChecked, []), (.mismatch, [.keyMismatch]),
            (.unavailable, [.noPrivateKey]),
        ])
    func key(check: KeyCheck, expected: [Block.Code]) async throws {
        var world = try await Self.world("shop")
        world.keyChecks[try name("shop")] = check
        #expect(try world.blocks("shop") == expected)
    }

    @Test(
        "of the key's place",
        arguments: [
            (CertificateSpec.PrivateKeySource.installed, [Block.Code.noPrivateKey]),
            (.file("/root/shop.key"), [.keyNotForZone]),
            (.file("/etc/countersign/keys/../x.key"), [.keyNotForZone]),
            (.file("/etc/countersign/keysx/x.key"), [.keyNotForZone]),
            (
                .endpoint(DeviceName("edge-9") ?? DifferenceTests.fallback()),
                [.awaitsPolicyChange, .noPrivateKey]
            ),
            (.command(name: "pass-key", argument: "shop"), [.awaitsPolicyChange]),
            (.encrypted("certificates/none.p7m"), [.keyNotForZone]),
        ])
    func keyPlace(source: CertificateSpec.PrivateKeySource, expected: [Block.Code]) async throws {
        var world = try await Self.world("shop")
        try world.certificate("shop", leaf: "shop", key: source)
        #expect(try world.blocks("shop") == expected)
    }

    @Test(
        "of a key that was made on the device is what the gateway saw there",
        arguments: [
            (KeyCheck.matches, [Block.Code]()), (.notChecked, []), (.mismatch, [.keyMismatch]),
            (.unavailable, [.noPrivateKey]),
        ])
    func madeThere(check: KeyCheck, expected: [Block.Code]) async throws {
        var world = try await Self.world("shop")
        try world.certificate("shop", leaf: "shop", key: .endpoint(try name("edge-1")))
        world.keyChecks[try name("shop")] = check
        let blocks = try world.workOrder("shop").blocks
        #expect(blocks.map(\.code) == expected)
        #expect(blocks.allSatisfy { $0.message.contains("countersign csr shop") })
    }

    @Test("of a key that a command prints is none: it is run for nobody before people have signed")
    func command() async throws {
        var world = try await Self.world("shop")
        world.desired.repository?.spec.commands["pass-key"] = ["pass", "show"]
        try world.certificate("shop", leaf: "shop", key: .command(name: "pass-key", argument: "shop"))
        #expect(try world.blocks("shop") == [])
    }

    @Test("of a key file that others may use says which mode is wanted") func loose() async throws {
        var world = try await Self.world("shop")
        world.keyChecks[try name("shop")] = .loose(path: "/etc/countersign/keys/shop.key", mode: 0o644)
        let blocks = try world.workOrder("shop").blocks
        #expect(blocks.map(\.code) == [.noPrivateKey])
        #expect(
            blocks[0].message.contains("(mode 0644); chmod 0600")
                && blocks[0].message.contains("/etc/countersign/keys/shop.key"))
    }

    @Test(
        "of an encrypted key is none for the zone that can open it, and else says for whom it is not",
        arguments: ["own", "other", "junk"])
    func encrypted(to whom: String) async throws {
        var world = try await Self.world("shop")
        let (own, other) = (
            try RecipientKey(RecipientKey.generate(named: "own")),
            try RecipientKey(RecipientKey.generate(named: "other"))
        )
        let pair = try RecipientKey.generate(named: "shop")
        let sealed = try SealedKey.seal(PrivateKey(pair), to: [(whom == "own" ? own : other).certificate])
        world.desired.files["certificates/shop.p7m"] = NamedFile(bytes: whom == "junk" ? [1] : sealed)
        world.desired.files["gateway.pem"] = NamedFile(bytes: own.certificatePEM)
        world.desired.zones[try name("default")]?.spec.recipients = ["gateway.pem"]
        try world.certificate("shop", leaf: "shop", key: .encrypted("certificates/shop.p7m"))
        let expected: [String: [Block.Code]] = ["own": [], "other": [.keyNotForZone], "junk": [.noPrivateKey]]
        #expect(try world.blocks("shop") == expected[whom])
    }

    @Test("of a cloud connector: server certificates with their private key, and nothing else") func cloud()
        async throws
    {
        func blocks(_ leaf: String, key: CertificateSpec.PrivateKeySource? = nil, over held: String? = nil) async throws
            -> [Block]
        {
            var world = try await Self.world(leaf, over: held)
            try world.device("edge-1") { $0.server = .awsACM(.init(region: "eu-central-1")) }
            if let key { try world.certificate("shop", leaf: leaf, key: key) }
            return try world.workOrder("shop").blocks
        }
        #expect(try await blocks("shop") == [])
        #expect(try await Self.world("usageless").blocks("shop") == [], "elsewhere none at all will do")
        let usageless = try await blocks("usageless")
        #expect(usageless.map(\.code) == [.notServerAuth])
        #expect(
            usageless.first?.message.contains("cloud connectors (edge-1: aws-acm) take server certificates only")
                == true)
        // Also where the key that belongs to it lies there already.
        for key in [CertificateSpec.PrivateKeySource.installed, .endpoint(try name("edge-1"))] {
            let found = try await blocks("rekeyed", key: key, over: "shop")
            #expect(found.map(\.code) == [.noPrivateKey])
            #expect(found.first?.message.contains("never gives back") == true)
        }
    }

    @Test("is none where an installed key already lies in the slot") func installedKey() async throws {
        var world = try await Self.world("rekeyed", over: "shop")
        try world.certificate("shop", leaf: "rekeyed", key: .installed)
        #expect(try world.blocks("shop") == [])
    }

    @Test("of a compromised key works from whichever set names it") func compromised() async throws {
        var world = try await Self.world("shop")
        world.inForce = world.desired
        world.desired.repository?.spec.compromisedKeys = [try world.mill.key("shop")]
        #expect(try world.blocks("shop") == [.keyCompromised])
    }

    @Test(
        "of lost coverage is about names served today",
        arguments: [
            ("narrow", [String](), [Block.Code.coverageLoss]), ("narrow", ["www.shop.example.com"], []),
            ("wide", [], []),
            ("renewed", [], []), ("pay", ["shop.example.com", "www.shop.example.com"], [.nameNotCovered]),
        ])
    func coverage(leaf: String, drops: [String], expected: [Block.Code]) async throws {
        var world = try await Self.world(leaf, over: "shop")
        try world.certificate("shop", leaf: leaf, drops: drops)
        #expect(try world.blocks("shop") == expected)
    }

    @Test("of lost coverage leaves out what another slot serves") func otherSlotServes() async throws {
        var world = try await Self.world("narrow")
        try world.serve("shop", "shop")
        #expect(try world.blocks("shop") == [])
        let before = try world.mill.leaf("shop")
        try world.head("shop") { $0.lastVerified = before }
        #expect(try world.workOrder("shop").notes.contains { $0.contains("were not compared") })
        try world.certificate("former", leaf: "shop")
        #expect(try world.blocks("shop") == [.coverageLoss])
    }

    @Test("of a wildcard lost is not lifted by one of its names") func wildcardLost() async throws {
        let world = try await Self.world("renewed", over: "wide")
        let block = try #require(try world.workOrder("shop").blocks.first)
        #expect(block.code == .coverageLoss && block.message.contains("*.example.com"))
    }

    @Test("of an endpoint that is down has its exceptions") func endpointDown() async throws {
        var world = try await Self.world("renewed", over: "shop")
        try world.goDown("shop")
        #expect(try world.blocks("shop") == [.endpointDown])
        let digest = try world.digest("shop")
        world.sign("bob", "approve", [digest], acknowledging: [.endpointDown("127.0.0.1:443")])
        #expect(try world.blocks("shop") == [.endpointDown], "only the last level acknowledges")
        world.sign("carol", "implement", [digest], acknowledging: [.endpointDown("127.0.0.1:443")])
        #expect(try world.workOrder("shop").state.name == "ReadyToImplement")
        world.records = []
        try world.observe("shop")
        try world.goDown("shop")
        #expect(try world.blocks("shop") == [], "nothing is there to be served yet")
        try world.observe("shop", holds: "expired")
        try world.goDown("shop")
        #expect(try world.blocks("shop") == [], "what is there cannot be served")
        try world.observe("shop", holds: "shop", key: "renewed")
        try world.goDown("shop")
        #expect(try world.blocks("shop") == [], "what is there has no key")
    }

    @Test("is none for an endpoint that is only watched, or that nobody got round to") func watched() async throws {
        var world = try await Self.world("renewed", over: "shop")
        try world.goDown("shop", code: "cancelled")
        #expect(try world.blocks("shop") == [])
        try world.connector("shop") { $0.endpoints[0].role = .watch }
        try world.goDown("shop")
        #expect(try world.blocks("shop") == [])
    }

    @Test(
        "of an endpoint's place follows probes, else the host itself",
        arguments: [
            (["10.0.0.5:443"], "10.0.0.5", true), (["10.0.0.5:443"], "10.0.0.6", false),
            (["10.0.0.0/24:443"], "10.0.0.6", true),
            (["10.0.0.5:8443"], "10.0.0.5", false), (["10.0.0.5:443"], "::ffff:10.0.0.5", true),
            (["10.0.0.5:443"], "127.0.0.1", false),
            ([], "10.9.9.9", true), ([], "10.9.9.8", false), ([], "127.0.0.1", false),
        ])
    func endpointPlace(probes: [String], address: String, isAllowed: Bool) async throws {
        var world = try await World()
        try world.device("edge-1") {
            $0.transport = .ssh(.init(host: "10.9.9.9", knownHosts: "known_hosts"))
            $0.probes = probes
        }
        world.desired.files["known_hosts"] = NamedFile(bytes: [1])
        try world.site("shop", leaf: "shop")
        try world.connector("shop") { $0.endpoints[0].address = address }
        try world.observe("shop")
        #expect(try world.blocks("shop") == (isAllowed ? [] : [.endpointNotAllowed]))
    }

    @Test("of an endpoint's place is also what the gateway found when it resolved a name") func resolvedElsewhere()
        async throws
    {
        var world = try await Self.world("shop")
        try world.connector("shop") { $0.endpoints[0].address = "shop.example.com" }
        #expect(try world.blocks("shop") == [])
        try world.goDown("shop", code: "notAllowed")
        #expect(try world.blocks("shop") == [.endpointNotAllowed])
    }

    @Test("of what is neither certificate nor key goes by an acknowledgement of the last level") func holdsOther()
        async throws
    {
        var world = try await Self.world("shop")
        try world.head("shop") { $0.observed?.holding = .other(FileDigest(hashing: [1])) }
        #expect(try world.blocks("shop") == [.holdsOther])
        let digest = try world.digest("shop")
        world.sign("bob", "approve", [digest])
        world.sign("carol", "implement", [digest], acknowledging: [.holdsOther])
        #expect(try world.workOrder("shop").state.name == "ReadyToImplement")
    }

    @Test(
        "of the device's mode",
        arguments: [(DeviceSpec.Sync.monitored, Block.Code.deviceMonitored), (.ignored, .deviceIgnored)])
    func mode(sync: DeviceSpec.Sync, expected: Block.Code) async throws {
        var world = try await Self.world("shop")
        try world.device("edge-1") { $0.sync = sync }
        #expect(try world.blocks("shop") == [expected])
    }

    @Test("of an ignored device stands in place of Unobserved") func ignoredUnobserved() async throws {
        var world = try await World()
        try world.site("shop", leaf: "shop")
        try world.device("edge-1") { $0.sync = .ignored }
        #expect(try world.blocks("shop") == [.deviceIgnored])
    }

    @Test("of a device out of reach says since when, with its words made harmless") func unreachable() async throws {
        var world = try await Self.world("shop")
        world.history.unreachable[try name("edge-1")] = .init(since: World.start, message: "ssh: \u{1b}[31mno route")
        let block = try #require(try world.workOrder("shop").blocks.first)
        #expect(block.code == .gatewayUnhealthy && block.message.contains("2026-03-15T12:00:00Z"))
        #expect(!block.message.unicodeScalars.contains("\u{1b}"))
        #expect(try world.view("shop").sync == .unknown(since: World.start))
    }

    @Test("of a device that another zone still has says so in place of Unobserved") func notReleased() async throws {
        var world = try await World()
        try world.site("shop", leaf: "shop")
        world.notReleased[try name("edge-1")] = "zone dmz has not given it away"
        #expect(try world.blocks("shop") == [.notReleased])
        let block = try #require(try world.workOrder("shop").blocks.first)
        #expect(block.message == "edge-1 is this zone's now, and zone dmz has not given it away")
    }

    @Test("of a device that cannot show a candidate to its own parser stays until it can") func unshadowed()
        async throws
    {
        var world = try await Self.world("shop")
        world.history.tokens[try name("edge-1")] = DeviceStateToken("apache/1 one", lacksShadow: true)
        #expect(try world.blocks("shop") == [.unsupported])
        world.history.tokens[try name("edge-1")] = DeviceStateToken("apache/1 one", lacksShadow: false)
        #expect(try world.blocks("shop") == [])
    }

    @Test("of a refused candidate stays until the device has changed") func candidateRefused() async throws {
        var world = try await Self.world("shop")
        let digest = try world.digest("shop")
        var facts = WorkOrderFacts()
        facts.outcome = .candidateRefused(message: "nginx: [emerg] bad", token: DeviceStateToken("one"))
        world.history.workOrders[digest] = facts
        world.history.tokens[try name("edge-1")] = DeviceStateToken("one")
        #expect(try world.blocks("shop") == [.candidateRefused])
        world.history.tokens[try name("edge-1")] = DeviceStateToken("two")
        #expect(try world.blocks("shop") == [])
        world.history.tokens[try name("edge-1")] = nil  // something was switched there since
        #expect(try world.blocks("shop") == [])
    }

    @Test("of a candidate that was refused in nobody knows which state is tried again", arguments: [nil, "one"])
    func refusedWithoutToken(now: String?) async throws {
        var world = try await Self.world("shop")
        var facts = WorkOrderFacts()
        facts.outcome = .candidateRefused(message: "nginx: [emerg] bad", token: nil)
        world.history.workOrders[try world.digest("shop")] = facts
        world.history.tokens[try name("edge-1")] = now.map { DeviceStateToken($0) }
        #expect(try world.blocks("shop") == [])
    }

    @Test("of what is not in force yet: the old device stays, and its work waits") func awaits() async throws {
        var world = try await Self.world("shop")
        let before = try world.digest("shop")
        world.inForce = world.desired
        try world.device("edge-1") { $0.sync = .monitored }
        let waits = try #require(try world.workOrder("shop").blocks.first)
        #expect(waits.code == .awaitsPolicyChange && waits.message.contains("policy change"), "what it waits for")
        #expect(try world.digest("shop") == before, "what is signed is the device as it is in force")
        world.inForce?.devices = [:]
        try world.device("edge-1")
        let workOrder = try world.workOrder("shop")
        #expect(workOrder.digest == nil && workOrder.blocks.map(\.code) == [.awaitsPolicyChange])
    }

    @Test("of a changed known_hosts waits as well, and is in the digest") func knownHosts() async throws {
        var world = try await World()
        try world.device("edge-1") { $0.transport = .ssh(.init(host: "127.0.0.1", knownHosts: "known_hosts")) }
        world.desired.files["known_hosts"] = NamedFile(bytes: [1])
        try world.site("shop", leaf: "shop")
        try world.observe("shop")
        let before = try world.digest("shop")
        world.inForce = world.desired
        world.desired.files["known_hosts"] = NamedFile(bytes: [2])
        #expect(try world.blocks("shop") == [.awaitsPolicyChange])
        world.inForce = world.desired
        #expect(try world.blocks("shop") == [])
        #expect(try world.digest("shop") != before)
    }

    @Test("of a requester whom nobody knows is lifted by a push that somebody signs") func unknownRequester()
        async throws
    {
        var world = try await Self.world("shop")
        let file = RequesterTable.Subject.file("certificates/shop.pem")
        world.requesters.touches[file] = [touch("stranger", 1, unknown: true)]
        #expect(try world.blocks("shop") == [.unknownRequester])
        try world.policy("default") { $0.separation.unknownRequester = .extraApprover }
        #expect(try world.blocks("shop") == [])
        #expect(try world.workOrder("shop").judgement.levels.map(\.needed) == [2, 1])
    }

    @Test("of nobody who could approve", arguments: ["none", "unmatched", "levels", "people"])
    func noApprover(kind: String) async throws {
        var world = try await Self.world("shop")
        switch kind {
        case "none": world.desired.policies = [:]
        case "unmatched": try world.policy("default") { $0.match.zones = [try name("elsewhere")] }
        case "levels": try world.policy("default") { $0.levels = [] }
        default: world.desired.groups[try name("pki")] = declared("pki", GroupSpec(members: []))
        }
        let workOrder = try world.workOrder("shop")
        #expect(workOrder.blocks.map(\.code) == [.noApprover])
        #expect(workOrder.state.name == "Blocked")
    }

    @Test("is the first of the fixed order, and all are listed") func order() async throws {
        var world = try await Self.world("weak", over: "shop")
        try world.goDown("shop")
        try world.device("edge-1") { $0.sync = .monitored }
        world.keyChecks[try name("shop")] = .mismatch
        let workOrder = try world.workOrder("shop")
        #expect(workOrder.blocks.map(\.code) == [.deviceMonitored, .keyMismatch, .weakCertificate, .endpointDown])
        #expect(workOrder.state == .blocked(workOrder.blocks[0]))
    }

    @Test("is one sentence that says what to do") func words() async throws {
        var world = try await Self.world("weak", over: "wide")
        try world.goDown("shop")
        world.keyChecks[try name("shop")] = .unavailable
        for block in try world.workOrder("shop").blocks {
            #expect(!block.message.isEmpty && !block.message.contains("\n") && !block.message.hasSuffix("."))
            #expect(block.message.contains(";") || block.message.contains(", "), "\(block.message)")
        }
    }

    @Test("stops no adoption: what is wrong with what lies there is noted") func adoption() async throws {
        var world = try await Self.world("weak", over: "weak")
        try world.goDown("shop")
        try world.device("edge-1") { $0.sync = .monitored }
        let workOrder = try world.workOrder("shop")
        #expect(workOrder.action == .adopt && workOrder.blocks.isEmpty)
        #expect(workOrder.notes.contains { $0.hasPrefix("WeakCertificate: ") })
    }
}

func touch(
    _ commit: String, _ ordinal: Int, signer: String? = nil, named: [String] = [], unknown: Bool = false,
    takesOver: Bool = false, subject: String = "change"
) -> RequesterTable.Touch {
    RequesterTable.Touch(
        commit: id(commit), ordinal: ordinal, signer: signer.flatMap { PersonName($0) },
        named: Set(named.compactMap { PersonName($0) }), unknown: unknown, takesOver: takesOver, subjectLine: subject)
}
