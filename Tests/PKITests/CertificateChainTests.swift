// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Testing
import Vocabulary

@testable import PKI

/// A root, an intermediate and a leaf below it; each test adds the one that is at fault.
@Suite("A chain") struct CertificateChainTests {
    private let lab: Laboratory
    private let root: [UInt8], intermediate: [UInt8], leaf: [UInt8]

    init() throws {
        lab = try Laboratory()
        root = try lab.certificate("root", extensions: Extensions.authority())
        intermediate = try lab.certificate("middle", issuer: "root", extensions: Extensions.authority())
        leaf = try lab.certificate("leaf", issuer: "middle", extensions: Extensions.server("DNS:shop.example.com"))
    }

    private func fault(_ chain: [[UInt8]], _ roots: [[UInt8]] = []) throws -> ChainFault? {
        try CertificateChain(chain, trustRoots: roots).fault
    }

    @Test("is complete with or without its root, and names the issuers' keys")
    func complete() throws {
        #expect(try fault([leaf, intermediate]) == nil)
        let chain = try CertificateChain([leaf, intermediate, root])
        #expect(chain.isComplete && chain.weakness == nil)
        #expect(chain.facts.map(\.issuerSPKI) == [chain.facts[1].spki, chain.facts[2].spki, nil])
        #expect(chain.facts.map(\.isCA) == [false, true, true])
        #expect(chain.facts.map(\.isSelfSigned) == [false, false, true])
    }

    @Test("says the same where its issuers were decoded for another chain before")
    func shared() throws {
        let other = try lab.certificate("second", issuer: "middle", extensions: Extensions.server("DNS:b.example.com"))
        let stranger = try lab.certificate("stranger", extensions: Extensions.authority())
        let decoded = DecodedCertificates()
        for chain in [
            [leaf, intermediate, root], [other, intermediate], [leaf, stranger], [other, root], [root], [leaf],
        ] {
            for roots in [[], [root], [stranger]] {
                #expect(
                    try CertificateChain(chain, trustRoots: roots, decoded: decoded)
                        == CertificateChain(chain, trustRoots: roots))
            }
        }
        #expect(throws: PKIError.self) { try CertificateChain([leaf, [1, 2, 3]], decoded: decoded) }

        let issuer = try CertificateFacts(der: intermediate).spki
        let found = try decoded.facts(leaf, issuer: intermediate)
        #expect(found.issuerSPKI == issuer)
        #expect(found.facts == (try CertificateFacts(der: leaf)))
        for wrong in [stranger, leaf, [1, 2, 3], []] {
            #expect(try decoded.facts(leaf, issuer: wrong).issuerSPKI == nil)
        }
        #expect(try decoded.facts(leaf, issuer: nil).issuerSPKI == nil)
        #expect(throws: PKIError.self) { try decoded.facts([1, 2, 3], issuer: intermediate) }
    }

    @Test("of one certificate is complete if that is self-signed")
    func alone() throws {
        #expect(try fault([root]) == nil)
        #expect(try fault([leaf]) == ChainFault(.issuerNotSent, position: 0))
    }

    @Test("ends in a trust root or is issued by one, where roots are given")
    func roots() throws {
        let other = try lab.certificate("other", extensions: Extensions.authority())
        #expect(try fault([leaf, intermediate], [other, root]) == nil)
        #expect(try fault([leaf, intermediate, root], [root]) == nil)
        #expect(try fault([leaf], [intermediate]) == nil)
        #expect(try fault([leaf, intermediate], [other]) == ChainFault(.notFromTrustRoot, position: 1))
        #expect(try fault([leaf, intermediate, root], [other]) == ChainFault(.notFromTrustRoot, position: 2))
        #expect(try fault([leaf], [root]) == ChainFault(.notFromTrustRoot, position: 0))
        #expect(try fault([root], [other]) == ChainFault(.notFromTrustRoot, position: 0))
    }

    @Test("in another order than its links is refused")
    func order() throws {
        #expect(try fault([leaf, root, intermediate]) == ChainFault(.issuedByAnother, position: 0))
        #expect(try fault([leaf, root]) == ChainFault(.issuedByAnother, position: 0))
    }

    @Test("with a changed signature is refused")
    func signature() throws {
        var changed = leaf
        changed[changed.count - 1] ^= 1
        #expect(try fault([changed, intermediate]) == ChainFault(.badSignature, position: 0))
        var issuer = intermediate
        issuer[issuer.count - 1] ^= 1
        #expect(try fault([leaf, issuer, root]) == ChainFault(.badSignature, position: 1))
    }

    @Test("whose issuer only has the right name is refused")
    func namesake() throws {
        let namesake = try lab.certificate(
            "namesake", issuer: "root", subject: "/CN=middle", extensions: Extensions.authority())
        #expect(try fault([leaf, namesake]) == ChainFault(.issuedByAnother, position: 0))  // by its key identifier
        let plain = try lab.certificate("plain", issuer: "middle", extensions: ["authorityKeyIdentifier = none"])
        #expect(try fault([plain, intermediate]) == nil)
        #expect(try fault([plain, namesake]) == ChainFault(.badSignature, position: 0))
    }

    @Test(
        "whose issuer is no CA is refused",
        arguments: [
            (["basicConstraints = CA:FALSE"], ChainFault.Reason.issuerIsNoCA),
            (["nsComment = version 3 without basicConstraints"], .issuerIsNoCA),
            (["basicConstraints = CA:FALSE", "keyUsage = keyCertSign"], .issuerIsNoCA),
            (["basicConstraints = critical,CA:TRUE", "keyUsage = digitalSignature"], .issuerMayNotSign),
            (
                ["basicConstraints = critical,CA:TRUE", "1.2.3.4.5 = critical,ASN1:NULL"],
                .unknownCriticalExtension
            ),
        ])
    func authority(extensions: [String], reason: ChainFault.Reason) throws {
        let false1 = try lab.certificate("false", issuer: "root", extensions: extensions)
        let child = try lab.certificate("child", issuer: "false", extensions: Extensions.server("DNS:a.example"))
        #expect(try fault([child, false1, root]) == ChainFault(reason, position: 0))
        #expect(try fault([child], [false1])?.reason == reason)
    }

    @Test("longer than a CA allows is refused")
    func pathLength() throws {
        let narrow = ["basicConstraints = critical,CA:TRUE,pathlen:0", "keyUsage = keyCertSign"]
        let top = try lab.certificate("top", extensions: narrow)
        let below = try lab.certificate("below", issuer: "top", extensions: Extensions.authority())
        let direct = try lab.certificate("direct", issuer: "top", extensions: Extensions.server("DNS:a.example"))
        let child = try lab.certificate("child", issuer: "below", extensions: Extensions.server("DNS:a.example"))
        #expect(try fault([direct, top]) == nil)
        #expect(try fault([child, below]) == nil)
        #expect(try fault([child, below, top]) == ChainFault(.pathTooLong(allowed: 0), position: 1))
        #expect(try fault([child, below], [top]) == ChainFault(.pathTooLong(allowed: 0), position: 1))
    }

    @Test("with a name that a CA above does not permit is refused, at any distance")
    func nameConstraints() throws {
        let narrow = Extensions.authority(
            "nameConstraints = critical,permitted;DNS:example.com,excluded;DNS:bad.example.com")
        let top = try lab.certificate("top", extensions: narrow)
        let below = try lab.certificate("below", issuer: "top", extensions: Extensions.authority())
        func child(_ name: String, _ issuer: String) throws -> [UInt8] {
            try lab.certificate(
                "c-\(name)-\(issuer)", issuer: issuer, subject: "/O=c", extensions: Extensions.server("DNS:\(name)"))
        }
        #expect(try fault([child("a.example.com", "top"), top]) == nil)
        #expect(try fault([child("a.example.com", "below"), below, top]) == nil)
        for name in ["a.example.org", "x.bad.example.com"] {
            for (chain, position) in [
                ([try child(name, "top"), top], 0), ([try child(name, "below"), below, top], 1),
            ] {
                let found = try fault(chain)
                guard case .nameNotPermitted = found?.reason else {
                    Issue.record("\(name): \(String(describing: found))")
                    continue
                }
                #expect(found?.position == position)
            }
        }
    }

    @Test("shows its weak certificate, wherever it stands")
    func weak() throws {
        let rsa = ["RSA", "-pkeyopt", "rsa_keygen_bits:1024"]
        let small = try lab.certificate("small", issuer: "root", key: rsa, extensions: Extensions.authority())
        let child = try lab.certificate("child", issuer: "small", extensions: Extensions.server("DNS:a.example"))
        #expect(try CertificateChain([child, small]).weakness?.index == 1)
    }

    @Test("that is empty or holds what is no certificate is an error")
    func nothing() {
        #expect(throws: PKIError.self) { try CertificateChain([]) }
        #expect(throws: PKIError.self) { try CertificateChain([leaf, [1, 2, 3]]) }
        #expect(throws: PKIError.self) { try CertificateChain([leaf], trustRoots: [[0x30, 0]]) }
    }
}
