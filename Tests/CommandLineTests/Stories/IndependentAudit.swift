// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Processes
import TestKit
import Testing
import Vocabulary

/// `examples/independent-audit`: the verifier that shares no code with ours, and knows only docs/approval-record.md.
enum IndependentAudit {
    /// It stands on Debian's python3 and python3-yaml.
    private static let python = "/usr/bin/python3"
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(
        path: "../../../examples/independent-audit"
    ).standardized

    private static func run(
        _ program: String, _ arguments: [String], in arena: Arena, input: String = ""
    ) async throws -> String {
        let environment = arena.environment(of: .mallory).merging(["PYTHONDONTWRITEBYTECODE": "1"]) { $1 }
        let result = try await outcome(
            of: [python, folder.appending(path: program).path] + arguments, environment: environment,
            input: Array(input.utf8))
        guard case .exited(let code) = result.status, result.errorText.isEmpty else {
            throw FixtureError("\(program): \(result.status)\n\(result.errorText)")
        }
        return "\(code)\n" + result.outputText
    }

    /// What it says of each commit by itself: its record key, or the code of what is wrong with it.
    static func records(_ commits: some Collection<String>, of clone: String, in arena: Arena) async throws -> [String:
        String]
    {
        let said = try await run("record.py", [clone], in: arena, input: commits.joined(separator: "\n"))
        return said.split(separator: "\n").dropFirst().reduce(into: [:]) { found, line in
            let words = line.split(separator: " ").map(String.init)
            found[words[0]] = words.count > 1 ? words[1] : ""
        }
    }

    /// It agrees with `countersign audit` on the exit code, on every slot, on every work order and who signed it, and on what is wrong.
    ///
    /// - Parameter trusted: the commit that both begin with; nil: the one that the gateway trusted first.
    static func expect(
        _ report: JSONValue, exits code: Int32, of clone: String, in arena: Arena, trusting trusted: String? = nil
    ) async throws {
        let said = try await run("audit.py", [clone, "--trust", trusted ?? arena.trusted, "--json"], in: arena)
        #expect(said.hasPrefix("\(code)\n"))
        let theirs = try JSONValue(parsing: Array(said.drop { $0 != "\n" }.utf8))
        #expect(theirs["proven"] == report["proven"])
        for list in ["slots", "workOrders"] { #expect(told(theirs[list]) == told(report[list])) }
        #expect(codes(of: theirs) == codes(of: report))
    }

    /// What both say of a slot or a work order.
    private static func told(_ list: JSONValue?) -> Set<String> {
        Set(
            (list?.array ?? []).map { one in
                let facts = ["device", "digest", "leaf", "proven", "slot", "verdict", "workOrder"].map { name in
                    one["verdict"] == nil && ["device", "slot"].contains(name) ? "" : "\(one[name] ?? .null)"
                }
                let signers = one["signers"]?.array?.map { ($0.array ?? []).compactMap(\.string) }
                let given = one["levels"]?.array?.map { ($0["given"]?.array ?? []).compactMap { $0["person"]?.string } }
                let asked = (one["requesters"]?.array ?? []).compactMap { $0.string ?? $0["person"]?.string }
                return (facts + ["\(signers ?? given ?? [])", "\(asked.sorted())"]).joined(separator: " ")
            })
    }

    /// Codes of everything that is found, those of work orders and of the branch.
    static func codes(of report: JSONValue) -> Set<String> {
        let ofOrders = (report["workOrders"]?.array ?? []).flatMap { $0["reasons"]?.array ?? [] }
        let all = (report["findings"]?.array ?? []) + ofOrders
        var codes = Set(all.compactMap { $0["code"]?.string })
        // `Refused` says in its message which refusal it was.
        for finding in all where finding["code"] == "Refused" {
            if let refusal = finding["message"]?.string?.split(separator: ":").first { codes.insert(String(refusal)) }
        }
        return codes
    }
}
