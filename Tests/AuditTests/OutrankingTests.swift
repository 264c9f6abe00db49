// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Audit
import Declarations
import Planning
import Testing
import Vocabulary

@Suite("A policy of lower priority") struct OutrankingTests {
    private func named<Kind>(_ text: String) throws -> Name<Kind> { try #require(Name<Kind>(text)) }

    private func outranking(
        _ match: JSONValue, above: String = "default", action: Action = .replace, names: [String] = ["shop.example.com"]
    ) throws -> String? {
        func policy(_ name: String, _ raw: JSONValue) throws -> ApprovalPolicy {
            ApprovalPolicy(
                name: try named(name), spec: try ApprovalPolicySpec(raw: raw), raw: raw,
                position: SourcePosition(file: "policy.yaml"))
        }
        let levels: JSONValue = [["approvers": ["group:pki"], "name": "approve"]]
        var set = DeclarationSet()
        for made in [
            try policy("default", ["levels": levels]),
            try policy("guarded", ["levels": levels, "match": match, "priority": 10]),
        ] { set.policies[made.name] = made }
        let raw: JSONValue = [
            "kind": "nginx", "nginx": ["config": "/etc/nginx/nginx.conf", "reload": ["true"]],
            "transport": ["local": [:]],
            "zone": "default",
        ]
        let device = Device(
            name: try named("edge-1"), labels: ["tier": "edge"], spec: try DeviceSpec(raw: raw), raw: raw,
            position: SourcePosition(file: "devices.yaml"))
        return Outranking.policy(
            above: try named(above), in: TrustSet(of: set), at: try named("edge-1-shop"), on: device, action: action,
            names: names)?.text
    }

    @Test(
        "may not decide where a higher one matches",
        arguments: [
            [:], ["names": ["*.example.com"]], ["devices": ["labels": ["tier": "edge"]]],
            ["changes": ["replace", "renewal"]],
        ] as [JSONValue])
    func outranked(match: JSONValue) throws { #expect(try outranking(match) == "guarded") }

    @Test(
        "decides where the higher one does not match, or only perhaps",
        arguments: [
            ["names": ["*.example.org"]], ["devices": ["labels": ["tier": "core"]]], ["changes": ["remove"]],
            ["changes": ["renewal"]],
        ] as [JSONValue])
    func alone(match: JSONValue) throws { #expect(try outranking(match) == nil) }

    @Test("is asked by nobody where the highest one decided")
    func highest() throws { #expect(try outranking([:], above: "guarded") == nil) }
}
