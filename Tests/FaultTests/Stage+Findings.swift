// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Processes
import TestKit
import Vocabulary

/// How the work order that was signed has ended, with all that belongs to it.
enum End: String, Sendable {
    /// The new certificate lies there and is served.
    case completed = "Completed"
    /// The old one is, as before; another work order waits for signatures.
    case rolledBack = "RolledBack"
    /// The same, and no live byte was touched.
    case pushFailed = "PushFailed"
}

// What is true of the world, as tools other than countersign see it.
extension Stage {
    /// What is wrong with the world once a pass has converged to this end; empty: nothing.
    func problems(at end: End) async throws -> [String] {
        var problems: [String] = []
        let expected = end == .completed ? new : arena.old
        let served = try await arena.served()
        if served != expected.leaf { problems.append("\(name(of: served)) is served, not \(name(of: expected.leaf))") }
        let lying = try await slotContent()
        if lying.leaf != expected.leaf { problems.append("\(name(of: lying.leaf)) lies in the slot") }
        let own = lying.leaf == new.leaf ? new.spki : arena.old.spki
        if lying.spki != own { problems.append("beside it lies another certificate's key") }
        if end != .completed, try !isSlotUntouched {
            problems.append("the slot's files are not the very files from before")
        }
        problems += try leftovers() + (try exposedKeys())
        problems += try await statusProblems(at: end)
        return problems
    }

    private func name(of leaf: String) -> String {
        leaf == new.leaf ? "the new one" : leaf == arena.old.leaf ? "the old one" : "something else"
    }

    /// The leaf and the public key of the private key, by openssl.
    func slotContent() async throws -> (leaf: String, spki: String) {
        let chain = String(decoding: try Data(contentsOf: URL(fileURLWithPath: arena.slot.certificate)), as: UTF8.self)
        let key = try await run("openssl", "pkey", "-in", arena.slot.key, "-pubout", "-outform", "DER")
        return (
            Hex.encode(FileDigest(hashing: try CertificateAuthority.der(ofPEM: chain)).bytes),
            Hex.encode(FileDigest(hashing: key.output).bytes)
        )
    }

    /// Folders of batches that are over.
    func leftovers() throws -> [String] {
        let own = arena.folder.file("slot/.countersign")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: own)) ?? []
        return names.filter { $0.hasPrefix("_batch-") }.map { "\($0) is left over" }
    }

    /// Private keys, and whatever is about to hold one, that others than their owner may read; also where the folder hides them.
    func exposedKeys() throws -> [String] {
        var exposed: [String] = []
        for place in ["slot", "state/gateway", "tmp"] {
            let root = URL(fileURLWithPath: arena.folder.file(place))
            let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
            for case let file as URL in files ?? .init() {
                let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
                guard attributes[.type] as? FileAttributeType == .typeRegular,
                    let mode = attributes[.posixPermissions] as? Int, mode & 0o077 != 0
                else { continue }
                let content = String(decoding: try Data(contentsOf: file), as: UTF8.self)
                if content.contains("PRIVATE KEY") || file.path.lowercased().contains("privatekey") {
                    exposed.append("\(file.path) has mode \(String(mode, radix: 8))")
                }
            }
        }
        return exposed
    }

    // MARK: passes that find it so

    /// Runs the command, and once more: what is wrong then.
    func convergence(to end: End) async throws -> [String] {
        let first = try await reconcile()
        var problems = try await self.problems(at: end)
        if ![0, 2, 4].contains(first.code) {
            problems.append("the next pass: exit status \(first.code): \(first.report["problems"] ?? .null)")
        }
        if !problems.isEmpty {
            problems.append("the next pass: \(first.outcomes("recovered")), \(first.outcomes("pushes"))")
        }
        return problems + (try await calm(at: end))
    }

    /// What another pass does although there is nothing to do.
    func calm(at end: End) async throws -> [String] {
        var problems: [String] = []
        let (reloads, tip) = (try reloads, try await arena.statusTip())
        let again = try await reconcile()
        let code: Int32 = end == .completed ? 0 : 2
        if again.code != code { problems.append("another pass ends with exit status \(again.code), not \(code)") }
        if !(again.outcomes("recovered") + again.outcomes("pushes")).isEmpty {
            problems.append("another pass pushes again")
        }
        if try self.reloads != reloads { problems.append("another pass reloads again") }
        if try await arena.statusTip() != tip { problems.append("another pass writes status again") }
        return problems
    }

    // MARK: the status branch

    /// What the origin's status branch says of the slot and of its work orders.
    private func statusProblems(at end: End) async throws -> [String] {
        var problems: [String] = []
        let archived = try await statusFiles("archive/").filter { $0["digest"]?.string == digest }
        if archived.compactMap({ $0["state"]?.string }) != [end.rawValue] {
            problems.append("the archive has \(archived.compactMap { $0["state"]?.string }), not \(end.rawValue)")
        }
        let open = try await statusFiles("workorders/")
        switch end {
        case .completed:
            if !open.isEmpty { problems.append("\(open.count) work orders are open") }
        case .rolledBack, .pushFailed:
            // Not lost: asked for anew, with another digest that nobody has signed.
            let states = open.compactMap { $0["state"]?.string }
            if states != ["Requested"] || open.contains(where: { $0["digest"]?.string == digest }) {
                problems.append("open are \(states), not one that is Requested")
            }
            if open.first?["content"]?["sequence"]?.integer != 1 {
                problems.append("the new one is not number 1 of its slot")
            }
        }
        let connectors = try await statusFiles("connectors/")
        if connectors.compactMap({ $0["sequence"]?.integer }) != [1] {
            problems.append("sequences are \(connectors.map { $0["sequence"]?.integer ?? -1 }), not 1")
        }
        return problems
    }

    private func statusFiles(_ place: String) async throws -> [JSONValue] {
        let tip = "refs/heads/countersign/status/default"
        let git = ["git", "--git-dir", arena.origin]
        let names = try await run(git + ["ls-tree", "-r", "--name-only", tip, place]).outputText.split(separator: "\n")
        var files: [JSONValue] = []
        for name in names {
            files.append(try JSONValue(parsing: try await run(git + ["show", "\(tip):\(name)"]).output))
        }
        return files
    }
}
