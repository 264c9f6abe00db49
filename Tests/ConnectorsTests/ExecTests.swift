// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import PKI
import TestKit
import Testing
import Vocabulary

@testable import Connectors
@testable import Declarations
@testable import Planning

/// A plugin is a program of somebody's: whatever it answers, nothing is taken for what it is not.
@Suite("What a plugin answers") struct ExecTests {
    let folder: TemporaryFolder
    let pair: Pair

    init() async throws {
        folder = try TemporaryFolder("plugin")
        pair = try await Pair()
    }

    private func driver(_ script: String, limit: Duration = .seconds(60)) throws -> ExecDriver {
        let program = try folder.write("#!/bin/sh\n\(script)\n", to: "plugin", mode: 0o755)
        let plugin = Plugin(
            argv: [program], settings: ["host": "10.0.0.9"], device: try name("edge-1"), transport: LocalTransport())
        return ExecDriver(
            device: try name("edge-1"), plugin: plugin, secret: Place.secret("state"),
            timeouts: .init(connect: limit, check: limit, reload: limit, settle: limit), keepPrevious: .days(7))
    }

    private func answering(_ answer: String) throws -> ExecDriver {
        try folder.write(answer, to: "answer")
        return try driver("cat >'\(folder.file("request"))'; cat '\(folder.file("answer"))'")
    }

    private let slot = Slot(files: .entry("entry:shop"), owner: "root:daemon", mode: 0o640)

    private func batch() throws -> Batch {
        Batch(
            id: BatchID("00000000000000aa"),
            candidates: [
                Candidate(
                    workOrder: WorkOrderDigest(hashing: Array("a".utf8)), connector: try name("shop"), slot: slot,
                    certificate: pair.certificate, leaf: pair.leaf, privateKey: pair.secret, expects: .nothing)
            ])
    }

    private func error(_ body: () async throws(DeviceError) -> Void) async -> DeviceError? {
        do {
            try await body()
            return nil
        } catch {
            return error
        }
    }

    private static let head = #""protocol":"countersign.driver/v1""#

    @Test("is taken as it is where it is as agreed") func agreed() async throws {
        let certificate = String(decoding: pair.certificate, as: UTF8.self).replacing("\n", with: "\\n")
        let state = String(repeating: "5b", count: 32)
        let driver = try answering(
            "{\(Self.head),\"ok\":{\"token\":\"t\",\"referenced\":[\"shop\"],\"leftBatches\":[\"00000000000000aa\"],\"slots\":[{\"certificate\":\"\(certificate)\",\"state\":\"\(state)\"}]}}"
        )
        let seen = try await driver.observe([slot], unlessStill: DeviceStateToken("exec/1 u"))
        #expect(seen.slots?.first?.holding == .certificate(leaf: pair.leaf))
        #expect(seen.token == DeviceStateToken("exec/1 t"))
        #expect(seen.referenced == ["shop"])
        #expect(seen.leftovers.batches == [BatchID("00000000000000aa")])
        let request = try JSONValue(parsing: try folder.read("request"))
        #expect(request["verb"] == "observe" && request["unlessStill"] == "u" && request["timeLimit"] == 60_000)
        #expect(request["device"] == ["name": "edge-1", "settings": ["host": "10.0.0.9"]])
        #expect(request["slots"] == [["entry": "shop", "owner": "root:daemon", "mode": "0640"]])
        // What it knows already is of another kind: it says nothing to a plugin.
        _ = try await driver.observe([slot], unlessStill: DeviceStateToken("nginx/1 u"))
        #expect(try JSONValue(parsing: try folder.read("request"))["unlessStill"] == nil)
    }

    @Test("brings a private key by standard input, whole, and in no argument") func keys() async throws {
        let driver = try answering("{\(Self.head),\"ok\":{\"verdicts\":[{\"refused\":\"no\"}]}}")
        let staged = StagedBatch(batch: try batch(), live: [:])
        #expect(try await Array(driver.check(staged).values) == [.refused(message: "no")])
        let request = try JSONValue(parsing: try folder.read("request"))
        let candidate = request["candidates"]?.array?.first
        #expect(candidate?["privateKey"]?.string == String(decoding: pair.privateKey, as: UTF8.self))
        #expect(candidate?["state"] == .null)
        #expect(request["fence"] == nil && request["batch"] == "00000000000000aa")
    }

    @Test(
        "is refused where it is anything else, and the error says where",
        arguments: [
            ("", "it is empty"), ("hello", "byte 1: not a value"), ("{\(head),\"ok\":{}} {}", "something stands after"),
            ("{\"ok\":{}}", "its protocol is not"),
            ("{\"protocol\":\"countersign.driver/v2\",\"ok\":{}}", "its protocol is not"),
            ("{\(head)}", "neither ok nor error"), ("{\(head),\"ok\":[]}", "neither ok nor error"),
            ("{\(head),\"ok\":{},\"error\":{\"code\":\"failed\",\"message\":\"x\"}}", "error is not"),
            ("{\(head),\"error\":{\"code\":\"sorry\",\"message\":\"x\"}}", "error.code \"sorry\" is not known"),
            ("{\(head),\"ok\":{}}", "ok.token is missing"), ("{\(head),\"ok\":{\"token\":\"\"}}", "ok.token is empty"),
            ("{\(head),\"ok\":{\"token\":1}}", "ok.token is no text"),
            ("{\(head),\"ok\":{\"token\":\"t\"}}", "ok.slots is missing"),
            ("{\(head),\"ok\":{\"token\":\"t\",\"slots\":[]}}", "is no list of 1"),
            ("{\(head),\"ok\":{\"token\":\"t\",\"slots\":[{},{}]}}", "is no list of 1"),
            ("{\(head),\"ok\":{\"token\":\"t\",\"slots\":[{\"certificate\":\"hello\"}]}}", "is no PEM of certificates"),
            ("{\(head),\"ok\":{\"token\":\"t\",\"slots\":[{\"publicKey\":\"hello\"}]}}", "is no PEM of a PUBLIC KEY"),
            ("{\(head),\"ok\":{\"token\":\"t\",\"slots\":[{\"state\":\"5B\"}]}}", "is not 64 hex digits"),
            (
                "{\(head),\"ok\":{\"token\":\"t\",\"slots\":[{\"other\":\"\(String(repeating: "a", count: 64))\"}]}}",
                "state is missing"
            ),
            ("{\(head),\"ok\":{\"token\":\"t\",\"slots\":[{\"holds\":1}]}}", "holds is not known"),
            ("{\(head),\"ok\":{\"token\":\"t\",\"slots\":[{}],\"more\":1}}", "ok.more is not known"),
            ("{\(head),\"ok\":{\"token\":\"t\",\"slots\":[{}],\"leftBatches\":[\"../x\"]}}", "what is no batch"),
        ]) func garbled(answer: String, words: String) async throws
    {
        let driver = try answering(answer)
        let found = await error { () async throws(DeviceError) in _ = try await driver.observe([slot], unlessStill: nil)
        }
        #expect(found?.code == .failed)
        #expect(found?.operation == "observe")
        #expect(found?.detail.contains(words) == true, "\(found?.detail ?? "no error")")
    }

    @Test(
        "on a candidate is one verdict, and no accident",
        arguments: [
            "[]", "[{}]", "[{\"accepted\":false}]", "[{\"accepted\":true,\"refused\":\"x\"}]", "[{\"refused\":\"\"}]",
            "[{\"awaits\":[]}]", "[true]",
        ]) func verdicts(list: String) async throws
    {
        let driver = try answering("{\(Self.head),\"ok\":{\"verdicts\":\(list)}}")
        let staged = StagedBatch(batch: try batch(), live: [:])
        let found = await error { () async throws(DeviceError) in _ = try await driver.check(staged) }
        #expect(found?.code == .failed)
    }

    @Test("in an error is an error of that code, and one that repeats a key is withheld") func errors() async throws {
        let staged = StagedBatch(batch: try batch(), live: [:])
        var driver = try answering("{\(Self.head),\"error\":{\"code\":\"noSpace\",\"message\":\"it is full\"}}")
        var found = await error { () async throws(DeviceError) in try await driver.install(staged, fence: 1) }
        #expect(found == DeviceError(.noSpace, operation: "install", detail: "it is full"))
        let line = String(decoding: pair.privateKey, as: UTF8.self).split(separator: "\n")[1]
        for (answer, script) in [
            (
                "{\(Self.head),\"error\":{\"code\":\"failed\",\"message\":\"see \(line)\"}}",
                "cat '\(folder.file("answer"))'"
            ),
            ("", "echo 'see \(line)' >&2; exit 3"),
        ] {
            try folder.write(answer, to: "answer")
            driver = try self.driver(script)
            found = await error { () async throws(DeviceError) in try await driver.install(staged, fence: 1) }
            #expect(found?.detail.contains("is withheld") == true)
            #expect(found.map { "\($0)".contains(line) } == false)
        }
    }

    @Test("may come late, too long, or not at all") func late() async throws {
        var driver = try driver("sleep 600", limit: .milliseconds(300))
        var found = await error { () async throws(DeviceError) in _ = try await driver.observe([slot], unlessStill: nil)
        }
        #expect(found?.code == .timedOut)
        driver = try self.driver("yes")
        found = await error { () async throws(DeviceError) in _ = try await driver.observe([slot], unlessStill: nil) }
        #expect(found?.code == .failed && found?.detail.contains("more than") == true)
        driver = try self.driver("echo 'I cannot' >&2; exit 3")
        found = await error { () async throws(DeviceError) in _ = try await driver.observe([slot], unlessStill: nil) }
        #expect(found?.detail.contains("exit status 3: I cannot") == true)
    }
}
