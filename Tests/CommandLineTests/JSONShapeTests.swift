// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Rendering
import TestKit
import Testing
import Vocabulary

/// What the reference says of JSON, held against what commands print in one whole story.
@Suite("The JSON that commands print") struct JSONShapeTests {
    @Test("has exactly the members of the reference, through a whole change")
    func story() async throws {
        let (arena, _, digest) = try await Arena.asked()
        let id = HandmadeRecord.id(of: digest)
        let forged = try await arena.sign(arena.record("approve", digest).message, as: .mallory)
        try await arena.publish(forged, as: .mallory, named: "mallory-1", for: digest)
        try await arena.approve(digest)
        try await expect("plan", arena, .gateway, "plan", exits: 2)
        try await expect("plan", arena, .bob, "plan", exits: 2)
        try await expect("status", arena, .dave, "status")
        try await expect("explain ID (open work order)", arena, .dave, "explain", id)
        let request = try #require(try await arena.plan(as: .bob)["requests"]?.array?.first?["id"]?.string)
        try await expect("explain ID (open request)", arena, .dave, "explain", request)
        try await arena.implement(digest)
        try await arena.reconcile(exits: 0)
        try await expect("explain ID (finished work order)", arena, .dave, "explain", id)
        for command in ["certificates", "report", "audit"] { try await expect(command, arena, .dave, command) }
        try await expect("verify", arena, .gateway, "verify")
        try await expect("doctor", arena, .gateway, "doctor")
        try await expect("show NAME", arena, .dave, "show", Arena.certificate)
        try await expect("show NAME", arena, .dave, "show", "edge-1")
        try await expect("… (any command that fails)", arena, .dave, "explain", "WO-NOTHERE0", exits: 1)

        // Changed by hand, a closed port, an invalid tip, and a change of who decides.
        let byHand = try await arena.authority.issue("by-hand", days: 40)
        try arena.folder.write(byHand.chain, to: "slot/shop.crt")
        try arena.folder.write(byHand.key, to: "slot/shop.key", mode: 0o600)
        try await run(arena.nginx.reload)
        try arena.edit("policy.yaml") { $0.replacing("members: [alice, bob]", with: "members: [alice, bob, dave]") }
        try await arena.commit("Let dave approve too")
        try await arena.reconcile(exits: 2)
        try await expect("plan", arena, .gateway, "plan", exits: 2)
        try await expect("verify", arena, .gateway, "verify", exits: 2)
        try arena.write("kind: Nothing\n", to: "wrong.yaml")
        try await arena.commit("Make a mistake")
        try await arena.nginx.halt()
        try await arena.reconcile(exits: 1)
        try await expect("status", arena, .dave, "status")
        try await expect("verify", arena, .gateway, "verify", exits: 2)
    }

    private func expect(
        _ document: String, _ arena: Arena, _ actor: Arena.Actor, _ arguments: String..., exits code: Int32 = 0
    ) async throws {
        let shape = try #require(JSONDocuments.all.first { $0.command == document }?.shape, "\(document)")
        let answer = try await arena.countersign(
            arena.globals(of: actor) + arguments + ["--format", "json"], as: actor, exits: code)
        let differences = JSONForm.object(shape).differences(from: try answer.json, at: document)
        #expect(differences.isEmpty, "\(differences.joined(separator: "\n"))\n\(answer)")
    }
}

extension JSONForm {
    /// Where a value is otherwise than this says.
    func differences(from value: JSONValue, at place: String) -> [String] {
        func unless(_ fits: Bool) -> [String] { fits ? [] : ["\(place) is no \(title): \(value)"] }
        func isHex(_ text: String?, _ count: Int) -> Bool {
            text.map {
                $0.utf8.count == count
                    && $0.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
            } ?? false
        }
        switch self {
        case .any: return []
        case .text: return unless(value.string != nil)
        case .flag: return unless(value == true || value == false)
        case .number: if case .integer = value { return [] } else { return unless(false) }
        case .time: return unless(value.string.flatMap { Timestamp(rfc3339: $0) } != nil)
        case .fingerprint: return unless(isHex(value.string, 64))
        case .commit: return unless(isHex(value.string, 40))
        case .digest:
            return unless(
                value.string?.hasPrefix("sha256:") == true && isHex(value.string.map { String($0.dropFirst(7)) }, 64))
        case .words(let words): return unless(value.string.map(words.contains) ?? false)
        case .orNull(let form): return value == .null ? [] : form.differences(from: value, at: place)
        case .list(let form):
            guard let items = value.array else { return unless(false) }
            return items.flatMap { form.differences(from: $0, at: place + "[]") }
        case .object(let shape):
            guard let members = value.object?.members else { return unless(false) }
            let unknown = members.map(\.key).filter { key in !shape.members.contains { $0.name == key } }
            return unknown.map { "\(place).\($0) is not in the reference" }
                + shape.members.flatMap { member -> [String] in
                    guard let inner = value[member.name] else {
                        return member.isAlways ? ["\(place).\(member.name) is missing"] : []
                    }
                    return member.form.differences(from: inner, at: "\(place).\(member.name)")
                }
        }
    }
}
