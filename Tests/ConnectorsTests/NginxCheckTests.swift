// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import TestKit
import Testing
import Vocabulary

@testable import Connectors
@testable import Declarations
@testable import Planning

/// Where `unshare` is refused, with some options or altogether, as in many containers.
private final class Restricted: Transport {
    let refused: Set<String>
    let programs = Mutex<[String]>([])

    init(refusing refused: Set<String>) { self.refused = refused }

    func perform(_ steps: [Step], within limit: Duration) async throws(DeviceError) -> [StepResult] {
        let steps = steps.map { step in
            guard case .run(let argv, _, _) = step else { return step }
            guard argv.first == "unshare", refused.contains(argv[1]) else {
                programs.withLock { $0.append(argv.prefix(2).joined(separator: " ")) }
                return step
            }
            let denied = ["sh", "-c", "echo unshare: Operation not permitted >&2; exit 1"]
            return .run(denied, input: nil, outputLimit: 100)
        }
        return try await LocalTransport().perform(steps, within: limit)
    }
}

@Suite(
    "A candidate in nginx's shadow",
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/sbin/nginx"), "needs nginx"))
struct NginxCheckTests {
    enum Way: Sendable, CaseIterable {
        case mountNamespace, userNamespace, copy

        fileprivate var transport: Restricted {
            switch self {
            case .mountNamespace: Restricted(refusing: [])
            case .userNamespace: Restricted(refusing: ["-m"])
            case .copy: Restricted(refusing: ["-m", "-U"])
            }
        }
        var program: String {
            switch self {
            case .mountNamespace: "unshare -m"
            case .userNamespace: "unshare -U"
            case .copy: "nginx -t"
            }
        }
    }

    let old: Pair
    let new: Pair

    init() async throws {
        old = try await Pair()
        new = try await Pair()
    }

    private func site(_ names: [String] = ["shop"], put: [String]? = nil) async throws -> RunningNginx {
        let nginx = try await RunningNginx(try Place(), serving: names, start: false)
        for name in put ?? names { try nginx.place.put(old, as: name) }
        return nginx
    }

    private func check(
        _ nginx: RunningNginx, _ way: Way, _ candidates: Candidate..., meanwhile: (() throws -> Void)? = nil
    ) async throws -> [CandidateVerdict?] {
        let transport = way.transport
        let driver = try nginx.place.driver(through: transport)
        let staged = try await driver.stage(
            Batch(id: BatchID("00000000000000aa"), candidates: candidates), fence: 1)
        try meanwhile?()
        let verdicts = try await driver.check(staged)
        #expect(verdicts.count == candidates.count)
        #expect(Set(transport.programs.withLock { $0 }) == [way.program])
        return candidates.map { verdicts[$0.workOrder] }
    }

    /// Stage refuses what does not parse, so what the device's own parser shall see is put in its place afterwards.
    private func spoil(_ nginx: RunningNginx, _ file: String, _ bytes: [UInt8]) throws {
        try nginx.place.folder.write(bytes, to: "tls/.countersign/_batch-00000000000000aa/\(file)", mode: 0o600)
    }

    @Test("is taken, and nothing live is touched", arguments: Way.allCases) func good(way: Way) async throws {
        let nginx = try await site()
        let place = nginx.place
        let token = try await place.driver().observe([place.slot()], unlessStill: nil).token
        let before = try await place.snapshot()
        let candidate = try place.candidate(new, place.slot(), expects: .certificate(leaf: old.leaf))
        #expect(try await check(nginx, way, candidate) == [.accepted])
        #expect(try await place.snapshot() == before)
        #expect(try place.folder.read("tls/shop.crt") == old.certificate)
        // Not even the state token, by which a refusal is remembered.
        #expect(try await place.driver().observe([place.slot()], unlessStill: token).slots == nil)
        #expect(!place.folder.exists("nginx.pid"))
        #expect(!place.folder.exists("tls/.countersign/_batch-00000000000000aa/shadow"))
    }

    @Test("is refused if its key is another's, and nothing live is touched", arguments: Way.allCases)
    func mismatch(way: Way) async throws {
        let nginx = try await site()
        let place = nginx.place
        let token = try await place.driver().observe([place.slot()], unlessStill: nil).token
        let before = try await place.snapshot()
        var candidate = try place.candidate(new, place.slot(), expects: .certificate(leaf: old.leaf))
        candidate.privateKey = try await Pair().secret
        let verdict = try await check(nginx, way, candidate)[0]
        guard case .refused(let message) = verdict else {
            Issue.record("\(String(describing: verdict))")
            return
        }
        #expect(message.contains("key values mismatch"))
        #expect(message.contains(place.keyPath))
        #expect(!message.contains("_batch"))
        #expect(try await place.snapshot() == before)
        #expect(try await place.driver().observe([place.slot()], unlessStill: token).slots == nil)
    }

    @Test("is refused if nginx cannot read it", arguments: Way.allCases, ["0-privateKey", "1-certificate"])
    func garbage(way: Way, file: String) async throws {
        let nginx = try await site()
        let before = try await nginx.place.snapshot()
        let candidate = try nginx.place.candidate(new, nginx.place.slot(), expects: .certificate(leaf: old.leaf))
        let verdict = try await check(nginx, way, candidate) { try spoil(nginx, file, Array("garbage".utf8)) }[0]
        guard case .refused = verdict else {
            Issue.record("\(String(describing: verdict))")
            return
        }
        #expect(try await nginx.place.snapshot() == before)
    }

    @Test("for a slot that was empty is taken", arguments: Way.allCases) func firstTime(way: Way) async throws {
        let nginx = try await site(put: [])
        let candidate = try nginx.place.candidate(new, nginx.place.slot(), expects: .nothing)
        #expect(try await check(nginx, way, candidate) == [.accepted])
        #expect(!nginx.place.folder.exists("tls/shop.crt") && !nginx.place.folder.exists("tls/shop.key"))
    }

    @Test("that is bad does not keep the others of its batch back", arguments: Way.allCases)
    func others(way: Way) async throws {
        let names = ["a", "b", "c", "d"]
        let nginx = try await site(names)
        let place = nginx.place
        var candidates = try names.map {
            try place.candidate(new, place.slot($0), expects: .certificate(leaf: old.leaf), $0)
        }
        candidates[2].privateKey = old.secret
        let verdicts = try await check(nginx, way, candidates[0], candidates[1], candidates[2], candidates[3])
        #expect([verdicts[0], verdicts[1], verdicts[3]] == [.accepted, .accepted, .accepted])
        guard case .refused = verdicts[2] else {
            Issue.record("\(String(describing: verdicts[2]))")
            return
        }
    }

    @Test("waits for the one of another slot that is still empty", arguments: Way.allCases)
    func otherEmpty(way: Way) async throws {
        let nginx = try await site(["a", "b"], put: [])
        let place = nginx.place
        let first = try place.candidate(new, place.slot("a"), expects: .nothing, "a")
        let files = ["b.crt", "b.key"].map { place.folder.file("tls/\($0)") }
        #expect(try await check(nginx, way, first) == [.awaits(files: files)])
        let second = try place.candidate(old, place.slot("b"), expects: .nothing, "b")
        #expect(try await check(nginx, way, first, second) == [.accepted, .accepted])
        // A bad one is refused, whatever else is missing; and then the good one waits for it.
        var bad = second
        bad.privateKey = new.secret
        let verdicts = try await check(nginx, way, first, bad)
        #expect(verdicts[0] == .awaits(files: files))
        guard case .refused = verdicts[1] else {
            Issue.record("\(String(describing: verdicts[1]))")
            return
        }
    }

    @Test("that removes is refused while the configuration needs the files", arguments: Way.allCases)
    func removal(way: Way) async throws {
        let nginx = try await site(["a"])
        let place = nginx.place
        try place.put(old, as: "unused")
        let held: Holding = .certificate(leaf: old.leaf)
        let verdict = try await check(nginx, way, try place.candidate(nil, place.slot("a"), expects: held))[0]
        guard case .refused = verdict else {
            Issue.record("\(String(describing: verdict))")
            return
        }
        #expect(
            try await check(nginx, way, try place.candidate(nil, place.slot("unused"), expects: held)) == [.accepted])
        #expect(place.folder.exists("tls/a.crt") && place.folder.exists("tls/unused.key"))
    }

    @Test("is seen through links and among folders as they are", arguments: Way.allCases) func surroundings(way: Way)
        async throws
    {
        let nginx = try await site(["a"], put: [])
        let place = nginx.place
        // Other pairs are links, beside and up.
        try place.folder.makeFolder("tls/deeper")
        try place.folder.makeFolder("other")
        try place.folder.write(old.certificate, to: "other/x.crt")
        try place.folder.write(old.privateKey, to: "tls/deeper/x.key", mode: 0o600)
        for (link, target) in [("tls/x.crt", "../other/x.crt"), ("tls/x.key", "deeper/x.key")] {
            try FileManager.default.createSymbolicLink(atPath: place.folder.file(link), withDestinationPath: target)
        }
        try place.folder.write(
            "server { listen 127.0.0.1:\(try freePort()) ssl; ssl_certificate tls/x.crt; ssl_certificate_key tls/x.key; }",
            to: "servers/x.conf")
        let candidate = try place.candidate(new, place.slot("a"), expects: .nothing)
        #expect(try await check(nginx, way, candidate) == [.accepted])
        #expect(try place.folder.read("tls/x.crt") == old.certificate)
        #expect(try place.folder.read("tls/deeper/x.key") == old.privateKey)
    }

    @Test("beside the configuration itself is judged too", arguments: Way.allCases) func besideMain(way: Way)
        async throws
    {
        let nginx = try await site([])
        let place = nginx.place
        try place.folder.write(
            "server { listen 127.0.0.1:1 ssl; ssl_certificate top.crt; ssl_certificate_key top.key; }",
            to: "servers/x.conf")
        // A port for which a user namespace has no right.
        let slot = Slot(
            files: .pair(certificate: place.folder.file("top.crt"), privateKey: place.folder.file("top.key")))
        let driver = try place.driver(through: way.transport)
        var candidate = try place.candidate(new, slot, expects: .nothing)
        for (key, isSound) in [(new.secret, true), (old.secret, false)] {
            candidate.privateKey = key
            let verdict = try await driver.check(try await driver.stage(place.batch(candidate), fence: 1)).values.first
            #expect((verdict == .accepted) == isSound)
        }
    }

    @Test("with switch: link is checked where it will be", arguments: Way.allCases) func linked(way: Way) async throws {
        let nginx = try await site()
        let place = nginx.place
        let slot = place.slot(switch: .link)
        var candidate = try place.candidate(new, slot, expects: .certificate(leaf: old.leaf))
        #expect(try await check(nginx, way, candidate) == [.accepted])
        candidate.privateKey = old.secret
        guard case .refused = try await check(nginx, way, candidate)[0] else {
            Issue.record("a mismatch was taken")
            return
        }
    }

    @Test("cannot be judged without nginx", arguments: Way.allCases) func noNginx(way: Way) async throws {
        let nginx = try await site()
        let place = nginx.place
        let driver = try place.driver(through: way.transport, binary: "/no/such/nginx")
        let staged = try await driver.stage(
            place.batch(try place.candidate(new, place.slot(), expects: .certificate(leaf: old.leaf))), fence: 1)
        let error = await #expect(throws: DeviceError.self) { try await driver.check(staged) }
        #expect(error?.code == .failed)
        #expect(error?.detail.contains("not found") ?? false)
    }
}
