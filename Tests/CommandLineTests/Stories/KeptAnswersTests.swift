// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestKit
import Testing
import Vocabulary

@Suite("What a state keeps of earlier runs") struct KeptAnswersTests {
    private func orders(_ arena: Arena) async throws -> JSONValue {
        let plan = try await arena.countersign(as: .gateway, "plan", "--no-discover", "--format", "json", exits: 2).json
        return try #require(plan["workOrders"])
    }

    @Test("changes no plan: without it, with it, damaged, and when the commit is another one")
    func plans() async throws {
        let arena = try await Arena.made()
        try await arena.reconcile(exits: nil)
        let kept = arena.state(of: .gateway) + "/cache/derived"
        let first = try await orders(arena)
        #expect(first.array?.isEmpty == false)
        let bytes = try Data(contentsOf: URL(filePath: kept))
        #expect(try await orders(arena) == first)

        try FileManager.default.removeItem(atPath: kept)
        #expect(try await orders(arena) == first)
        var damaged = bytes
        damaged[damaged.count - 3] ^= 1
        try damaged.write(to: URL(filePath: kept))
        #expect(try await orders(arena) == first)
        try Data("something else".utf8).write(to: URL(filePath: kept))
        #expect(try await orders(arena) == first)
        // No folder to keep it in: everything is read anew.
        try FileManager.default.removeItem(atPath: arena.state(of: .gateway) + "/cache")
        try Data().write(to: URL(filePath: arena.state(of: .gateway) + "/cache"))
        #expect(try await orders(arena) == first)
        try FileManager.default.removeItem(atPath: arena.state(of: .gateway) + "/cache")
        #expect(try await orders(arena) == first)

        let spare = try await arena.authority.issue("spare", days: 80, names: ["spare.example.com"])
        try arena.write(spare.chain, to: "certificates/spare.pem")
        try arena.write(
            """
            apiVersion: countersign/v1
            kind: Certificate
            metadata: {name: spare-example-com}
            spec: {chain: certificates/spare.pem, privateKey: {file: "\(arena.folder.file("private"))/{spki}.key"}}

            """, to: "spare.yaml")
        try await arena.commit("Declare a spare certificate")
        let tree = try await arena.countersign(as: .gateway, "certificates", "--format", "json", exits: nil)
        #expect(tree.output.contains("spare-example-com"))
        try arena.write("apiVersion: countersign/v1\nkind: Nothing\n", to: "spare.yaml")
        try await arena.commit("Break it")
        for _ in 0..<2 {
            let plan = try await arena.countersign(as: .gateway, "plan", "--no-discover", exits: nil)
            #expect(plan.output.contains("spare.yaml:"), "what is wrong is said each time: \(plan)")
        }
    }
}
