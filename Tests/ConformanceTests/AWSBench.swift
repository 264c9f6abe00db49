// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Connectors
import Declarations
import TestKit
import Vocabulary

@testable import Conformance

/// AWS Certificate Manager as moto plays it, with a load balancer that serves what it holds.
final class AWSBench: DriverBench {
    private let server: AWSServer
    let device: Device
    let places: [BenchPlace]
    let oddPlace: BenchPlace? = nil
    let traits: BenchTraits

    init() async throws {
        let folder = try TemporaryFolder("bench")
        server = try await AWSServer(in: folder)
        places = ["shop", "other"].map { [server] in Self.place($0, server) }
        var traits = BenchTraits()
        (traits.restores, traits.makesLive, traits.refusesWeakKeys) = (false, false, false)
        self.traits = traits
        device = Device(
            name: try Stand.required(DeviceName("aws-shop"), "a name"),
            spec: DeviceSpec(
                server: .awsACM(
                    .init(region: "eu-central-1", endpointURL: server.endpointURL, binary: server.binary)),
                zone: try Stand.required(ZoneName("default"), "a name"), transport: .local, settle: .standard),
            raw: [:], position: SourcePosition(file: "devices/aws-shop.yaml"))
    }

    private static func place(_ name: String, _ server: AWSServer) -> BenchPlace {
        BenchPlace(
            slot: Slot(files: .entry("tag:\(name)")),
            endpoints: [
                Endpoint(address: "127.0.0.1", port: Int(server.balancerPort), serverName: "\(name).example.com")
            ])
    }

    func issued(_ pair: IssuedPair) throws { try server.keep(key: pair.key, of: pair.leaf.hex) }
    func openPlace() async throws -> BenchPlace? { Self.place("first", server) }

    func begin(_ condition: BenchCondition) async throws {
        switch condition {
        case .makeLiveFails: try server.answers(by: .refuse)
        case .makeLiveLies: try server.answers(by: .stick)
        case .makeLiveHangs: try server.answers(by: .hang)
        case .denied: try server.answers(by: .deny)
        case .full: throw BenchError("it has no disk")
        }
    }
    func end(_ condition: BenchCondition) async throws { server.answersAgain() }

    func changeByHand(_ place: BenchPlace, to pair: IssuedPair) async throws {
        let name = place.slot.path.dropFirst("tag:".count)
        let arn = try await server.aws(
            "resourcegroupstaggingapi", "get-resources", "--tag-filters", "Key=countersign:slot,Values=\(name)",
            "--query",
            "ResourceTagMappingList[].ResourceARN", "--output", "text"
        ).split(whereSeparator: \.isWhitespace).map(String.init)
        guard arn.count == 1 else { throw FixtureError("not one certificate: \(arn)") }
        let files = try TemporaryFolder("by-hand")
        let blocks = String(decoding: pair.chain, as: UTF8.self).split(separator: "-----END CERTIFICATE-----\n")
            .map { $0 + "-----END CERTIFICATE-----\n" }
        try files.write(String(blocks[0]), to: "leaf")
        try files.write(blocks.dropFirst().joined(), to: "chain")
        try files.write(pair.key, to: "key", mode: 0o600)
        _ = try await server.aws(
            "acm", "import-certificate", "--certificate-arn", arn[0], "--certificate", "fileb://\(files.file("leaf"))",
            "--certificate-chain", "fileb://\(files.file("chain"))", "--private-key", "fileb://\(files.file("key"))")
    }

    func watching<Value: Sendable>(
        _ pair: IssuedPair, _ body: @Sendable () async throws -> Value
    ) async throws -> (Value, seen: [String]) {
        let (value, seen) = try await KeyWatch([String(decoding: pair.key, as: UTF8.self)]).found(during: body)
        return (value, seen.sorted())
    }

    func reason(against scenario: Scenario) -> String? {
        switch scenario {
        case .diskFull: "no files on a device"
        case .oddNames: "a tag's name is that of a resource: plain by declaration"
        default: nil
        }
    }
}
