// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Testing
import Vocabulary

@testable import PKI

@Suite("A chain file") struct ChainFileTests {
    private let lab: Laboratory
    private let root: [UInt8], middle: [UInt8], leaf: [UInt8]

    init() throws {
        lab = try Laboratory()
        root = try lab.certificate("root", extensions: Extensions.authority())
        middle = try lab.certificate("middle", issuer: "root", extensions: Extensions.authority())
        leaf = try lab.certificate("leaf", issuer: "middle", extensions: Extensions.server("DNS:shop.example.com"))
    }

    private func problems(_ pem: [UInt8]) -> [ChainFile.Problem] {
        do throws(ChainFile.Problems) {
            _ = try ChainFile(pem: pem)
            return []
        } catch {
            return error.all
        }
    }

    @Test("gives the leaf, the others and their fingerprints, and is written anew without its comments")
    func reads() throws {
        let text = try lab.openssl("x509", "-in", "leaf.pem", "-text") + lab.openssl("x509", "-in", "middle.pem")
        let file = try ChainFile(pem: Array(text.utf8))
        #expect(file.leaf.der == leaf)
        #expect(file.rest.map(\.der) == [middle])
        #expect(file.leaf.fingerprint == Fingerprint(hashing: leaf))
        let facts = try CertificateFacts(der: leaf)
        #expect(file.leafPublicKey == facts.spki)
        #expect(
            file.pem == Array(try lab.openssl("x509", "-in", "leaf.pem").utf8)
                + Array(try lab.openssl("x509", "-in", "middle.pem").utf8))
        #expect(file.leaf.line > 10)
    }

    @Test("is the same when it was packed and read back; an issuer that several have is there once")
    func packed() throws {
        let file = try ChainFile(pem: ChainFile.pem(of: [leaf, middle]))
        let issuers = ChainFile.Issuers()
        for _ in 0..<2 {
            #expect(file.packed.withUnsafeBytes { ChainFile(packed: $0, sharing: issuers) } == file)
        }
        for count in 0..<file.packed.count {
            #expect(file.packed[..<count].withUnsafeBytes { ChainFile(packed: $0, sharing: issuers) } == nil)
        }
    }

    @Test("with a private key is an error that says so, whatever the key's form, and shows none of it")
    func key() throws {
        try lab.openssl("pkey", "-in", "leaf.key", "-aes256", "-passout", "pass:x", "-out", "encrypted.key")
        try lab.openssl("pkey", "-in", "leaf.key", "-traditional", "-out", "old.key")
        for name in ["leaf.key", "encrypted.key", "old.key"] {
            let key = try lab.bytes(name)
            let found = problems(ChainFile.pem(of: [leaf, middle]) + key)
            #expect(found.map(\.code) == [.privateKeyInside])
            let cut = problems(ChainFile.pem(of: [leaf]) + key.dropLast(40) + Array("*\n".utf8))
            #expect(cut.map(\.code) == [.privateKeyInside])
        }
    }

    @Test("with a certificate twice, or out of order, is an error with its line")
    func order() {
        let lines = PEM.write(label: "CERTIFICATE", der: leaf).count { $0 == 0x0a }
        let twice = problems(ChainFile.pem(of: [leaf, leaf, middle]))
        #expect(twice.map(\.code) == [.repeated])
        #expect(twice.map(\.line) == [lines + 1])
        for chain in [[middle, leaf], [leaf, root, middle], [root, middle, leaf], [middle, root, leaf]] {
            #expect(problems(ChainFile.pem(of: chain)).map(\.code) == [.wrongOrder])
        }
    }

    @Test("in which an issuer is missing is the chain's concern, not the file's")
    func missing() {
        #expect(problems(ChainFile.pem(of: [leaf])).isEmpty)
        #expect(problems(ChainFile.pem(of: [leaf, root])).isEmpty)
        #expect(problems(ChainFile.pem(of: [root])).isEmpty)
    }

    @Test("without a certificate, or with another block, is an error")
    func other() throws {
        #expect(problems([]).map(\.code) == [.noCertificate])
        #expect(problems(Array("hello\n".utf8)).map(\.code) == [.noCertificate])
        #expect(problems(PEM.write(label: "CERTIFICATE", der: [0x30, 0])).map(\.code) == [.notACertificate])
        #expect(problems(PEM.write(label: "TRUSTED CERTIFICATE", der: leaf)).map(\.code) == [.unexpectedBlock])
        #expect(problems(try lab.bytes("leaf.csr")).map(\.code) == [.unexpectedBlock])
        #expect(problems(leaf).map(\.code) == [.noCertificate])
        let many = try (0...ChainFile.mostCertificates).map {
            try lab.certificate("many\($0)", key: ["ED25519"], digest: nil)
        }
        #expect(problems(ChainFile.pem(of: many)).map(\.code) == [.tooMany])
    }
}
