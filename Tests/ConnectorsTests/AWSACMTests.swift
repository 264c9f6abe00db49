// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import PKI
import TestKit
import Testing
import Vocabulary

@testable import Connectors
@testable import Declarations
@testable import Planning

@Suite(
    "AWS Certificate Manager", .enabled(if: AWSServer.isInstalled, "needs moto and awscli: scripts/setup installs them")
)
struct AWSACMTests {
    let server: AWSServer
    let authority: CertificateAuthority
    let driver: AWSACMDriver

    init() async throws {
        let folder = try TemporaryFolder("aws")
        authority = try await CertificateAuthority(in: folder)
        server = try await AWSServer(in: folder)
        driver = AWSACMDriver(
            device: try name("aws"),
            acm: DeviceSpec.AWSACM(region: "eu-central-1", endpointURL: server.endpointURL, binary: server.binary),
            timeouts: DeviceSpec.Timeouts(
                connect: .seconds(60), check: .seconds(60), reload: .seconds(60), settle: .seconds(60)),
            transport: LocalTransport())
    }

    private func slot(_ entry: String) -> Slot { Slot(files: .entry(entry)) }
    private func leaf(_ issued: IssuedCertificate) throws -> Fingerprint { try #require(Fingerprint(hex: issued.leaf)) }
    private func secret(_ text: String) -> SecretBytes { Place.secret(text) }

    private func batch(
        _ installs: IssuedCertificate?, in slot: Slot, over replaces: IssuedCertificate? = nil, key: String? = nil,
        id: String = "00000000000000aa"
    ) throws -> Batch {
        let holding = try replaces.map { Holding.certificate(leaf: try leaf($0)) } ?? .nothing
        return Batch(
            id: BatchID(id),
            candidates: [
                Candidate(
                    workOrder: WorkOrderDigest(hashing: Array("a".utf8)), connector: try name("shop"), slot: slot,
                    certificate: installs.map { Array($0.chain.utf8) }, leaf: try installs.map(leaf),
                    privateKey: installs.map { secret(key ?? $0.key) }, expects: holding)
            ])
    }

    private func push(_ batch: Batch, fence: Fence = 1) async throws {
        let staged = try await driver.stage(batch, fence: fence)
        #expect(try await Array(driver.check(staged).values) == [.accepted])
        try await driver.install(staged, fence: fence)
        #expect(try await driver.makeLive(batch.candidates.map(\.slot), fence: fence) == .zero)
    }

    private func holding(_ slot: Slot) async throws -> Holding? {
        try await driver.observe([slot], unlessStill: nil).slots?.first?.holding
    }

    @Test("takes a certificate, keeps its ARN at the next, and says what it holds by tag and by ARN") func wholeWay()
        async throws
    {
        let (old, new) = (try await authority.issue("old", days: 20), try await authority.issue("new", days: 80))
        let tagged = slot("tag:shop")
        #expect(try await holding(tagged) == .nothing)
        try server.throttle(2)
        try await push(try batch(old, in: tagged))
        let seen = try await driver.observe([tagged], unlessStill: nil)
        let found = try #require(seen.slots?.first)
        #expect(found.holding == .certificate(leaf: try leaf(old)))
        #expect(found.key?.hex == old.spki)
        #expect(found.chain.count == 1)
        #expect(try await driver.observe([tagged], unlessStill: seen.token).slots == nil)

        let arn = try await server.aws(
            "acm", "list-certificates", "--query", "CertificateSummaryList[].CertificateArn", "--output", "text"
        )
        .split(separator: "\n").map(String.init)
        #expect(arn.count == 1)
        // By its ARN it is the same.
        let named = slot(arn[0])
        try server.throttle(2)
        try await push(try batch(new, in: named, over: old, id: "00000000000000bb"), fence: 2)
        #expect(try await holding(tagged) == .certificate(leaf: try leaf(new)))
        #expect(try await driver.observe([tagged], unlessStill: seen.token).slots?.count == 1)
        let after = try await server.aws(
            "acm", "list-certificates", "--query", "CertificateSummaryList[].CertificateArn", "--output", "text")
        #expect(after.split(separator: "\n").map(String.init) == arn)
        let tags = try await server.aws(
            "acm", "list-tags-for-certificate", "--certificate-arn", arn[0], "--query", "Tags[].[Key,Value]",
            "--output", "text")
        #expect(tags.contains("countersign:slot\tshop"))
        #expect(tags.contains("countersign:batch\t00000000000000bb \(old.leaf)"))

        // What was imported first is gone again after an undo.
        let extra = try batch(old, in: slot("tag:extra"), id: "00000000000000dd")
        try await driver.install(try await driver.stage(extra, fence: 2), fence: 2)
        #expect(try await holding(slot("tag:extra")) == .certificate(leaf: try leaf(old)))
        try await driver.undo(extra.id, slots: [slot("tag:extra")], fence: 2)
        #expect(try await holding(slot("tag:extra")) == .nothing)

        // What it replaced cannot come back; what somebody with an older lease wants is refused.
        let undone = await #expect(throws: DeviceError.self) {
            try await driver.undo(BatchID("00000000000000bb"), slots: [named], fence: 2)
        }
        #expect(undone?.code == .unsupported)
        #expect(undone?.detail.contains("gives no private key back") ?? false)
        let late = await #expect(throws: DeviceError.self) {
            _ = try await driver.stage(try batch(old, in: named, over: new), fence: 1)
        }
        #expect(late?.code == .fenced)
        // Of another batch there is nothing to undo.
        try await driver.undo(BatchID("00000000000000cc"), slots: [named], fence: 2)
        #expect(try await holding(named) == .certificate(leaf: try leaf(new)))
        for key in [old.key, new.key] {
            for line in key.split(separator: "\n").dropFirst().dropLast() { #expect(!server.arguments.contains(line)) }
        }
        #expect(!server.arguments.contains("PRIVATE KEY"))
    }

    @Test("is not asked for what it would refuse, or should") func refusals() async throws {
        let (good, other) = (try await authority.issue("good", days: 20), try await authority.issue("other", days: 20))
        let tagged = slot("tag:shop")
        func refusal(_ issued: IssuedCertificate, key: String? = nil, _ entry: (String, String?)? = nil) throws
            -> String?
        {
            driver.refusal(of: try batch(issued, in: tagged, key: key).candidates[0], entry)
        }
        #expect(try refusal(good) == nil)
        #expect(try refusal(good, key: other.key) == "the private key belongs to another certificate")
        let client = try await authority.issue("client", days: 20, usage: "clientAuth")
        #expect(try refusal(client)?.contains("only server certificates") == true)
        let ed25519 = try await authority.issue("ed25519", days: 20, algorithm: "ed25519")
        #expect(try refusal(ed25519)?.contains("no Ed25519") == true)
        let arn = "arn:aws:acm:eu-central-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"
        #expect(try refusal(good, (arn, nil))?.contains("there is no such certificate") == true)
        #expect(try refusal(good, (arn, "\(arn)\tAMAZON_ISSUED\tISSUED"))?.contains("is AMAZON_ISSUED") == true)
        #expect(try refusal(good, (arn, "\(arn)\tIMPORTED\tISSUED")) == nil)

        #expect(try await holding(slot(arn)) == .nothing)
        var keyless = try batch(good, in: tagged)
        keyless.candidates[0].privateKey = nil
        let refused = await #expect(throws: DeviceError.self) { _ = try await driver.stage(keyless, fence: 1) }
        #expect(refused?.code == .refused)
        let changed = await #expect(throws: DeviceError.self) {
            _ = try await driver.stage(try batch(good, in: tagged, over: other), fence: 1)
        }
        #expect(changed?.code == .changed)
    }
}
