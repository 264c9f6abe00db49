// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Fuzzing
import Processes
import TestKit
import Testing
import Vocabulary

/// The short form of scripts/fuzz: the same inputs in each run.
@Suite("What comes from outside") struct FuzzTests {
    @Test("is read or refused, quickly and without contradiction", arguments: FuzzedReader.allCases)
    func short(reader: FuzzedReader) async throws {
        let corpus = try await Corpus.made.value
        var fuzzer = Fuzzer(reader, corpus: corpus.inputs(for: reader), seed: 20_261_124)
        let report = fuzzer.run(for: .seconds(20), atMost: 1_500)
        #expect(report.finding == nil, "\(report.finding.map(String.init(describing:)) ?? "")")
        #expect(report.executions >= 200)
        // Else it would only ever look at the first byte.
        #expect(report.accepted > 0)
    }
}

/// The short form of scripts/mutants: the same in each run.
@Suite("What counts") struct CountingRulesTests {
    @Test("says what was signed, by a key that is in force, whatever is changed in a record")
    func mutants() throws {
        var mutants = try RecordMutants(seed: 20_261_127)
        let report = try mutants.run(3_000)
        #expect(report.finding == nil)
        #expect(report.records == 3_000 && report.accepted < 300)
    }

    @Test("is what a model of the rules counts, as plain as they are told")
    func histories() throws {
        var histories = try RecordHistories(seed: 20_261_127)
        let report = histories.run(3_000)
        #expect(report.finding == nil)
        #expect(report.complete > 100 && report.complete < 2_900)
    }
}

private struct Corpus: Sendable {
    static let made = Task { try await Corpus() }
    private let folder: TemporaryFolder
    private let chain: [UInt8]
    private var keys: [[UInt8]] = []
    private var publicKeys: [[UInt8]] = []
    private var signatures: [[UInt8]] = []
    private let record: [UInt8]
    private var answers: [FuzzedReader: [[UInt8]]] = [:]

    init() async throws {
        folder = try TemporaryFolder("fuzz")
        let certificate = try await CertificateAuthority(in: folder).issue("shop", days: 9)
        chain = Array(certificate.chain.utf8)
        keys = [Array(certificate.key.utf8)]
        let authority = try await RevocationAuthority(in: folder)
        let asked = Array(try await authority.issue("asked").chain.utf8) + [0]
        for isRevoked in [false, true] {
            if isRevoked { try await authority.revoke("asked") }
            for signer in ["ca", "delegate"] {
                let response = try await authority.response(about: "asked", minutes: 600, signer: signer)
                answers[.ocsp, default: []].append(asked + response)
            }
            answers[.crl, default: []].append(asked + (try await authority.list()))
        }
        try folder.write("hello", to: "message")
        for kind in ["ed25519", "ecdsa"] {
            let key = try await SSHKey(kind, in: folder, type: kind)
            publicKeys.append(Array(key.publicLine.utf8))
            let signed = try await run(
                ["ssh-keygen", "-Y", "sign", "-q", "-f", key.path, "-n", "git"], input: Array("hello".utf8))
            signatures.append(signed.output)
        }
        let directory = try folder.makeFolder("repository")
        let environment: [String: String?] = ["GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"]
        let git = [
            "git", "-C", directory, "-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "gpg.format=ssh", "-c",
            "user.signingKey=\(folder.file("keys/ed25519.pub"))",
        ]
        func output(_ arguments: String..., input: String = "") async throws -> String {
            let result = try await run(git + arguments, environment: environment, input: Array(input.utf8))
            return String(result.outputText.split(separator: "\n").first ?? "")
        }
        _ = try await run(git + ["init", "-q"], environment: environment)
        let tree = try await output("write-tree")
        let parent = try await output("commit-tree", "-m", "status", tree)
        var message = HandmadeRecord(
            repository: "6f1c2a0e-5b7d-4c1a-9e2f-3a4b5c6d7e8f", level: "approve",
            workOrders: ["sha256:" + Hex.encode(FileDigest(hashing: []).bytes)])
        message.comment = "Agreed."
        let commit = try await output("commit-tree", "-S", "-p", parent, tree, input: message.message)
        record = try await run(git + ["cat-file", "commit", commit], environment: environment).output
    }

    func inputs(for reader: FuzzedReader) -> [[UInt8]] {
        switch reader {
        case .yaml, .declarations: [Array(Self.group.utf8), Array(Self.styles.utf8)]
        case .record: [record]
        case .sshsig: signatures.map { Array($0.dropLast($0.last == 0x0a ? 1 : 0)) } + signatures
        case .publicKey: publicKeys
        case .pem: [chain] + keys
        case .chain: [chain]
        case .privateKey: keys
        case .ocsp, .crl: answers[reader] ?? []
        }
    }

    private static let group =
        "apiVersion: countersign/v1\nkind: Group\nmetadata: {name: pki}\nspec: {members: [alice]}\n"
    private static let styles = """
        a: &x {b: "c", d: [1, 'two', 2]}
        z: *x
        e: |
          text
        f: >-
          folded
        ---
        - {g: h}

        """
}
