// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Planning
import Processes
import TestKit
import Testing
import Vocabulary

/// docs/vectors/digest.json is made by Tests/PlanningTests/Vectors/vectors.py: another language, another JSON writer.
@Suite("A digest") struct DigestVectorTests {
    struct Vector: Sendable, CustomTestStringConvertible {
        var name: String
        var kind: String
        var given: JSONValue
        var canonical: String
        var digest: String
        var id: String?
        var testDescription: String { name }
    }

    private static let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    private static let committed = here.appending(path: "../../docs/vectors/digest.json").standardizedFileURL

    static func vectors(of kind: String) throws -> [Vector] {
        let document = try JSONValue(parsing: Array(try Data(contentsOf: committed)))
        return try (document["vectors"]?.array ?? []).map { vector in
            guard let name = vector["name"]?.string, let kind = vector["kind"]?.string, let given = vector["given"],
                let canonical = vector["canonical"]?.string, let digest = vector["digest"]?.string
            else { throw FixtureError("a vector is not complete") }
            return Vector(
                name: name, kind: kind, given: given, canonical: canonical, digest: digest, id: vector["id"]?.string)
        }.filter { $0.kind == kind }
    }

    @Test("is what the second implementation says today, too") func committedIsCurrent() async throws {
        let script = Self.here.appending(path: "Vectors/vectors.py").path
        let made = try await run("python3", script)
        #expect(try made.output == Array(Data(contentsOf: Self.committed)))
    }

    @Test("has vectors of every kind and of every action") func complete() throws {
        let workOrders = try Self.vectors(of: "work-order")
        #expect(workOrders.count >= 15)
        #expect(Set(workOrders.compactMap { $0.given["action"]?.string }) == Set(Action.allCases.map(\.rawValue)))
        for kind in ["request", "policy-change", "plan"] { #expect(try !Self.vectors(of: kind).isEmpty) }
    }

    @Test("of a work order is that of the second implementation", arguments: try vectors(of: "work-order"))
    func workOrder(vector: Vector) throws {
        let document = try #require(WorkOrderDocument(given: vector.given))
        let bytes = document.canonicalBytes
        #expect(String(decoding: bytes, as: UTF8.self).utf8.elementsEqual(vector.canonical.utf8))
        let digest = WorkOrderDocument.digest(of: bytes)
        #expect(digest.description == vector.digest)
        #expect(digest.id == vector.id)
        // Splicing leaves what one writer would have written.
        #expect(try JSONValue(parsing: bytes).canonicalBytes == bytes)
    }

    @Test("of a work order can be read back for what it says", arguments: try vectors(of: "work-order"))
    func readBack(vector: Vector) throws {
        let signed = try #require(SignedContent(Array(vector.canonical.utf8)))
        #expect(signed.action.rawValue == vector.given["action"]?.string)
        #expect(signed.binding?.push == vector.given["binding"]?["push"]?.integer)
        #expect(signed.connectorPush == vector.given["connector"]?["push"]?.integer)
        #expect(signed.installs?.chain.map(\.hex) == vector.given["installs"]?["chain"]?.array?.compactMap(\.string))
        #expect(signed.sequence == vector.given["sequence"]?.integer)
    }

    @Test("of a request is that of the second implementation", arguments: try vectors(of: "request"))
    func request(vector: Vector) throws {
        let given = vector.given
        let document = RequestDocument(
            certificate: try name(given["certificate"]?.string ?? ""),
            epoch: try #require(given["epoch"]?.string.flatMap(Epoch.init)),
            leaf: try #require(given["leaf"]?.string.flatMap { Fingerprint(hex: $0) }),
            repository: given["repository"]?.string ?? "")
        #expect(String(decoding: document.canonicalBytes, as: UTF8.self) == vector.canonical)
        #expect(document.digest.description == vector.digest && document.digest.id == vector.id)
    }

    @Test("of a policy change is that of the second implementation", arguments: try vectors(of: "policy-change"))
    func policyChange(vector: Vector) throws {
        let given = vector.given
        let document = PolicyChangeDocument(
            from: try #require(given["from"]?.string.flatMap { TrustSetDigest(text: $0) }),
            to: try #require(given["to"]?.string.flatMap { TrustSetDigest(text: $0) }),
            number: Int(given["number"]?.integer ?? 0),
            previous: given["previous"]?.string.flatMap { PolicyChangeDigest(text: $0) },
            repository: given["repository"]?.string ?? "")
        #expect(String(decoding: document.canonicalBytes, as: UTF8.self) == vector.canonical)
        #expect(document.digest.description == vector.digest && document.digest.id == vector.id)
    }

    @Test("of a plan is that of the second implementation, in whatever order", arguments: try vectors(of: "plan"))
    func plan(vector: Vector) throws {
        let digests = (vector.given["workOrders"]?.array ?? []).compactMap {
            $0.string.flatMap { WorkOrderDigest(text: $0) }
        }
        #expect(PlanDigest(of: digests).description == vector.digest)
        #expect(PlanDigest(of: digests.reversed()).description == vector.digest)
    }
}

extension WorkOrderDocument {
    /// From a vector's own words, through the same fragments as a plan.
    fileprivate init?(given: JSONValue) {
        guard let action = given["action"]?.string.flatMap(Action.init(rawValue:)), let connector = given["connector"],
            let device = given["device"], let epoch = given["epoch"]?.string.flatMap(Epoch.init),
            let repository = given["repository"]?.string, let sequence = given["sequence"]?.integer,
            let holds = given["holds"], let name = connector["name"]?.string, let deviceName = device["name"]?.string
        else { return nil }
        var files: [String: FileDigest] = [:]
        for member in given["files"]?.object?.members ?? [] {
            files[member.key] = member.value.string.flatMap { FileDigest(hex: $0) }
        }
        let holding: Holding? =
            holds.isNull
            ? .nothing
            : holds["leaf"]?.string.flatMap { Fingerprint(hex: $0) }.map { .certificate(leaf: $0) }
                ?? holds["other"]?.string.flatMap { FileDigest(hex: $0) }.map { .other($0) }
        guard let holding else { return nil }
        let installs = given["installs"].flatMap { given -> CanonicalFragment? in
            guard let leaf = given["leaf"]?.string.flatMap({ Fingerprint(hex: $0) }),
                let spki = given["spki"]?.string.flatMap({ SPKIFingerprint(hex: $0) }),
                let chain = given["chain"]?.array
            else { return nil }
            return .installs(
                Installs(
                    leaf: leaf, spki: spki, chain: chain.compactMap { $0.string.flatMap { Fingerprint(hex: $0) } }),
                dropsNames: given["dropsNames"] ?? .null, key: given["key"] ?? .null)
        }
        self.init(
            action: action,
            binding: given["binding"]?["name"]?.string.flatMap { BindingName($0) }.map {
                Asked(name: $0, push: given["binding"]?["push"]?.integer ?? 0)
            },
            certificate: given["certificate"]?.string.flatMap { CertificateName($0) },
            connector: .connector(name: name, push: connector["push"]?.integer ?? 0, spec: connector["spec"] ?? .null),
            device: .resource(name: deviceName, spec: device["spec"] ?? .null), epoch: epoch, files: files,
            holds: holding,
            installs: installs,
            policy: given["policy"]?["name"]?.string.map {
                .resource(name: $0, spec: given["policy"]?["spec"] ?? .null)
            },
            repository: repository, sequence: sequence)
    }
}
