// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Processes
import TestKit
import Testing
import Vocabulary

@testable import PKI

/// What `openssl ocsp` and `openssl ca` make, judged.
private struct Bench {
    let authority: RevocationAuthority
    let pair: IssuedPair
    let now: Timestamp

    init(usage: String = "keyCertSign, cRLSign") async throws {
        authority = try await RevocationAuthority(in: try TemporaryFolder("revocation"), usage: usage)
        let issued = try await authority.issue("leaf", responder: "http://ocsp.example/", list: "http://crl.example/ca.crl")
        pair = try IssuedPair(
            try CertificateAuthority.der(ofPEM: issued.chain), issuedBy: [try authority.der("stranger.pem"), try authority.der("ca.pem")])
        now = Timestamp(secondsSince1970: issued.issued) + 60
    }

    func answer(_ response: [UInt8], at time: Timestamp? = nil) throws(RevocationError) -> RevocationAnswer {
        try OCSP.answer(response, about: pair, source: .ocsp, at: time ?? now)
    }
    func refusal(_ response: [UInt8], at time: Timestamp? = nil) -> RevocationError.Code? {
        do throws(RevocationError) {
            _ = try answer(response, at: time)
            return nil
        } catch {
            return error.code
        }
    }
    func listed(_ list: [UInt8], at time: Timestamp? = nil) -> Result<RevocationAnswer, RevocationError> {
        do throws(RevocationError) {
            return .success(try RevocationList.answer(list, about: pair, at: time ?? now))
        } catch {
            return .failure(error)
        }
    }
    func unlisted(_ list: [UInt8], at time: Timestamp? = nil) -> RevocationError.Code? {
        if case .failure(let error) = listed(list, at: time) { error.code } else { nil }
    }
}

@Suite("An OCSP response") struct OCSPTests {
    @Test("is believed of the issuer itself and of whom it has named, and says what the authority says",
        arguments: ["ca", "delegate"])
    func believed(signer: String) async throws {
        let bench = try await Bench()
        let good = try bench.answer(try await bench.authority.response(about: "leaf", signer: signer))
        #expect(good.revoked == nil && good.source == .ocsp)
        let lasting = try #require(good.nextUpdate) - good.thisUpdate
        #expect((.minutes(60) - 2 ... .minutes(60) + 2).contains(lasting))
        try await bench.authority.revoke("leaf")
        let bad = try bench.answer(try await bench.authority.response(about: "leaf", signer: signer))
        #expect(bad.revoked?.reason == "keyCompromise")
        #expect(bad.revoked?.at == Timestamp(rfc3339: RevocationAuthority.revokedAt))
        try await bench.authority.forget("leaf")
        #expect(bench.refusal(try await bench.authority.response(about: "leaf", signer: signer)) == .unknown)
    }

    @Test("is not believed of anybody else", arguments: ["stranger", "other"])
    func stranger(signer: String) async throws {
        let bench = try await Bench()
        #expect(bench.refusal(try await bench.authority.response(about: "leaf", signer: signer)) == .notSigned)
    }

    @Test("about another certificate says nothing of this one") func another() async throws {
        let bench = try await Bench()
        _ = try await bench.authority.issue("second")
        #expect(bench.refusal(try await bench.authority.response(about: "second")) == .unknown)
    }

    @Test("counts until the second of its nextUpdate, and not before its thisUpdate") func current() async throws {
        let bench = try await Bench()
        let response = try await bench.authority.response(about: "leaf", minutes: 10)
        let answer = try bench.answer(response)
        let next = try #require(answer.nextUpdate)
        #expect(bench.refusal(response, at: next - 1) == nil)
        #expect(bench.refusal(response, at: next) == .notCurrent)
        #expect(bench.refusal(response, at: answer.thisUpdate - .minutes(5) - 1) != nil)
        let open = try await bench.authority.response(about: "leaf", minutes: nil)
        let since = try bench.answer(open).thisUpdate
        #expect(bench.refusal(open, at: since + .days(1) - 1) == nil)
        #expect(bench.refusal(open, at: since + .days(1)) == .notCurrent)
    }

    @Test("over a hash that can be forged is not believed") func weak() async throws {
        let bench = try await Bench()
        let response = try await bench.authority.response(about: "leaf", options: ["-rmd", "sha1"])
        #expect(bench.refusal(response) == .weak)
    }

    @Test("that is broken, cut off, followed by more, or no such thing is refused") func malformed() async throws {
        let bench = try await Bench()
        let response = try await bench.authority.response(about: "leaf")
        for bytes in [[], [0x30], Array("HTTP/1.1 200 OK".utf8), Array(response.dropLast()), response + [0]] {
            #expect(bench.refusal(bytes) == .malformed, "\(bytes.count) bytes")
        }
        // tryLater (3), without anything in it.
        #expect(bench.refusal([0x30, 0x03, 0x0a, 0x01, 0x03]) == .refused)
        // One bit of what is signed.
        var bent = response
        bent[70] ^= 1
        #expect(bench.refusal(bent) != nil)
    }

    @Test("answers a question that stock openssl understands") func question() async throws {
        let bench = try await Bench()
        try bench.authority.folder.write(try OCSP.question(bench.pair), to: "question.der")
        let said = try await run("openssl", "ocsp", "-reqin", bench.authority.folder.file("question.der"), "-text")
        #expect(said.outputText.contains("Hash Algorithm: sha1") && !said.outputText.contains("Nonce"))
    }
}

@Suite("The times of an answer") struct AnswerTimeTests {
    private static let now = Timestamp(secondsSince1970: 1_800_000_000)

    @Test("are judged to the second, with five minutes for an authority whose clock is ahead", arguments: [
        (0, 1, true), (0, 0, false), (300, 400, true), (301, 400, false), (-86_400, 1, true), (-86_399, nil, true),
        (-86_400, nil, false), (0, nil, true),
    ] as [(Int64, Int64?, Bool)])
    func judged(this: Int64, next: Int64?, isCurrent: Bool) {
        let refusal: RevocationError.Code?
        do throws(RevocationError) {
            try AnswerRules.requireCurrent(Self.now + Seconds(this), next.map { Self.now + Seconds($0) }, at: Self.now)
            refusal = nil
        } catch {
            refusal = error.code
        }
        #expect(refusal == (isCurrent ? nil : .notCurrent))
    }
}

@Suite("A CRL") struct RevocationListTests {
    @Test("tells who was taken back, when and why") func told() async throws {
        let bench = try await Bench()
        let good = try bench.listed(try await bench.authority.list()).get()
        #expect(good.revoked == nil && good.source == .crl)
        try await bench.authority.revoke("leaf", because: "superseded")
        let bad = try bench.listed(try await bench.authority.list()).get()
        #expect(bad.revoked?.reason == "superseded")
        #expect(bad.revoked?.at == Timestamp(rfc3339: RevocationAuthority.revokedAt))
    }

    @Test("counts until the second of its nextUpdate") func current() async throws {
        let bench = try await Bench()
        let list = try await bench.authority.list(hours: 2)
        let next = try #require(try bench.listed(list).get().nextUpdate)
        #expect(bench.unlisted(list, at: next - 1) == nil)
        #expect(bench.unlisted(list, at: next) == .notCurrent)
        #expect(bench.unlisted(list, at: bench.now - .days(1)) == .notCurrent)
    }

    @Test("of another issuer, or of one that may not sign any, is not believed") func stranger() async throws {
        let bench = try await Bench()
        #expect(bench.unlisted(try await bench.authority.list(signer: "stranger")) != nil)
        let without = try await Bench(usage: "keyCertSign")
        #expect(without.unlisted(try await without.authority.list()) == .notSigned)
    }

    @Test("that is broken, cut off, followed by more, or PEM is refused") func malformed() async throws {
        let bench = try await Bench()
        let list = try await bench.authority.list()
        for bytes in [[], [0x30], Array(list.dropLast()), list + [0], try bench.authority.bytes("crl.pem")] {
            #expect(bench.unlisted(bytes) == .malformed, "\(bytes.count) bytes")
        }
        var bent = list
        bent[bent.count - 1] ^= 1
        #expect(bench.unlisted(bent) == .notSigned)
    }
}

@Suite("Where a certificate says to ask") struct RevocationPlacesTests {
    @Test("is read of both extensions, of http only") func places() async throws {
        let authority = try await RevocationAuthority(in: try TemporaryFolder("revocation"))
        let both = try await authority.issue("both", responder: "http://ocsp.example/a", list: "http://crl.example/ca.crl")
        let places = try RevocationPlaces(try CertificateAuthority.der(ofPEM: both.chain))
        #expect(places.responders == ["http://ocsp.example/a"] && places.lists == ["http://crl.example/ca.crl"])
        let others = try await authority.issue("others", responder: "https://ocsp.example/", list: "ldap://crl.example/")
        #expect(try RevocationPlaces(try CertificateAuthority.der(ofPEM: others.chain)).isEmpty)
        let none = try await authority.issue("none")
        #expect(try RevocationPlaces(try CertificateAuthority.der(ofPEM: none.chain)).isEmpty)
        #expect(!RevocationPlaces.mayBe(in: try CertificateAuthority.der(ofPEM: none.chain)))
        for named in [both, others] {
            #expect(RevocationPlaces.mayBe(in: try CertificateAuthority.der(ofPEM: named.chain)))
        }
        let list = try await authority.issue("list", list: "http://crl.example/ca.crl")
        #expect(RevocationPlaces.mayBe(in: try CertificateAuthority.der(ofPEM: list.chain)))
        #expect(!RevocationPlaces.mayBe(in: []) && !RevocationPlaces.mayBe(in: [0x06]))
    }
}

extension Seconds {
    fileprivate static func + (left: Self, right: Self) -> Self { Self(left.count + right.count) }
    fileprivate static func - (left: Self, right: Self) -> Self { Self(left.count - right.count) }
}
