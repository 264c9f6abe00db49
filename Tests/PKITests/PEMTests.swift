// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import PKI

@Suite("PEM") struct PEMTests {
    private static let body = "TWFueSBoYW5kcyBtYWtlIGxpZ2h0IHdvcmsu"
    private static func block(_ body: String, _ label: String = "X", end: String? = nil) -> String {
        "-----BEGIN \(label)-----\n\(body)\n-----END \(end ?? label)-----\n"
    }
    private func read(_ text: String) -> (blocks: [PEM.Block], problems: [PEM.Problem]) { PEM.read(Array(text.utf8)) }

    @Test("is written exactly as openssl writes it, and read back", arguments: [1, 2, 3, 47, 48, 49, 96, 97, 1000])
    func writes(length: Int) throws {
        let lab = try Laboratory()
        let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 37) }
        try lab.write(bytes, to: "bytes")
        let body = try lab.openssl("base64", "-in", "bytes")
        let written = PEM.write(label: "CERTIFICATE", der: bytes)
        #expect(written.text == "-----BEGIN CERTIFICATE-----\n\(body)-----END CERTIFICATE-----\n")
        #expect(PEM.read(written).blocks == [PEM.Block(label: "CERTIFICATE", der: bytes, line: 1)])
    }

    @Test("blocks stand between explanations, with the line where they begin")
    func explanation() {
        let found = read("Subject: CN=a\n-- \n\n" + Self.block(Self.body) + "and\n" + Self.block("QQ==", "A B-C"))
        #expect(found.problems.isEmpty)
        #expect(found.blocks.map(\.line) == [4, 8])
        #expect(found.blocks.map(\.label) == ["X", "A B-C"])
        #expect(found.blocks.map(\.der.text) == ["Many hands make light work.", "A"])
    }

    @Test("lines may end in CR LF or blanks, be of any length, and the last one may have no end")
    func lines() {
        let wide = "-----BEGIN X-----\r\nTWF\r\nueSBoYW5kcyBtY \t\r\n\r\nWtlIGxpZ2h0IHdvcmsu\r\n-----END X-----"
        #expect(read(wide).blocks.map(\.der.text) == ["Many hands make light work."])
        #expect(read(wide).problems.isEmpty)
    }

    @Test(
        "is refused with the line and the reason",
        arguments: [
            (block("TWFu*SBo"), PEM.Problem.Code.invalidBase64, 2),
            (block("TWFu\nSBo!"), .invalidBase64, 3),
            (block("TWF"), .invalidBase64, 2),
            (block("TWF=TWFu"), .invalidBase64, 2),
            (block("TQ="), .invalidBase64, 2),
            (block("TQ==="), .invalidBase64, 2),
            (block("===="), .invalidBase64, 2),
            (block("TR=="), .invalidBase64, 2),
            (block("TWG="), .invalidBase64, 2),
            (block("TW Fu"), .invalidBase64, 2),
            (block("TW\0u"), .invalidBase64, 2),
            (block("TW\u{e9}u"), .invalidBase64, 2),
            (block("Proc-Type: 4,ENCRYPTED\n\nTWFu"), .invalidBase64, 2),
            (block(""), .empty, 1),
            ("x\n" + block(body, "X", end: "Y"), .labelsDiffer, 4),
            ("-----BEGIN X-----\n\(body)\n", .unclosed, 1),
            ("-----END X-----\n", .endWithoutBegin, 1),
            ("-----BEGIN X-----\nTWFu\n" + block(body), .beginInsideBlock, 3),
            ("-----BEGIN X----\nTWFu\n", .malformedBoundary, 1),
            ("-----BEGIN -----\n", .malformedBoundary, 1),
            ("-----BEGIN  X-----\n", .malformedBoundary, 1),
            ("a\n  " + block(body), .malformedBoundary, 2),
            ("-----BEGIN X-----\nTWFu\n-----END X----------BEGIN X-----\n", .malformedBoundary, 3),
            ("# -----BEGIN X-----\n", .malformedBoundary, 1),
        ])
    func refused(text: String, code: PEM.Problem.Code, line: Int) {
        let found = read(text)
        #expect(found.problems.first?.code == code)
        #expect(found.problems.first?.line == line)
    }

    @Test("one bad block does not hide the good ones, and all problems come in one run")
    func gathers() {
        let found = read(Self.block("*") + Self.block(Self.body) + Self.block("?"))
        #expect(found.problems.map(\.line) == [2, 8])
        #expect(found.blocks.map(\.line) == [4])
    }

    @Test("a flood of problems is cut off at twenty")
    func flood() { #expect(read(String(repeating: "-----END X-----\n", count: 500)).problems.count == 20) }
}
