// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestKit
import Testing
import Vocabulary

@testable import Connectors
@testable import Planning

@Suite("Steps, here and over ssh") struct TransportTests {
    let folder: TemporaryFolder
    let own: String
    let ours = Ownership(owner: nil, mode: 0o700)

    init() throws {
        folder = try TemporaryFolder("steps")
        own = folder.file(".countersign")
    }

    @discardableResult
    private func perform(_ way: Way, _ steps: Step...) async throws -> [StepResult] {
        try await way.transport().perform(steps, within: .seconds(60))
    }

    private func code(_ way: Way, _ steps: Step...) async -> DeviceError.Code? {
        do {
            _ = try await way.transport().perform(steps, within: .seconds(60))
            return nil
        } catch {
            return (error as? DeviceError)?.code
        }
    }

    private func mode(_ path: String) throws -> Int {
        try #require(FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
    }

    @Test("write a file whole, with its mode and owner", arguments: Way.all) func write(way: Way) async throws {
        try await perform(way, .folder(own, ours))
        try await perform(way, .write(own + "/key", Place.secret("content"), Ownership(owner: nil, mode: 0o640)))
        #expect(try folder.readText(".countersign/key") == "content")
        #expect(try mode(own + "/key") == 0o640)
        #expect(try mode(own) == 0o700)
        let again = Step.write(own + "/key", Place.secret("other"), Ownership(owner: nil, mode: 0o600))
        // What one that was killed has left.
        try folder.write("half", to: ".countersign/key~")
        try await perform(way, again)
        #expect(try folder.readText(".countersign/key") == "other")
        #expect(try mode(own + "/key") == 0o600)
        #expect(!folder.exists(".countersign/key~"))
    }

    @Test("put a file together on the device, and leave its private keys out where it is read", arguments: Way.all)
    func compose(way: Way) async throws {
        let key = try await Pair()
        let mode = Ownership(owner: nil, mode: 0o640)
        try await perform(way, .folder(own, ours), .write(own + "/key", key.secret, Ownership(owner: nil, mode: 0o600)))
        let certificate = Place.secret(String(decoding: key.certificate, as: UTF8.self))
        try await perform(way, .compose(own + "/both", [.file(own + "/key"), .bytes(certificate)], mode))
        #expect(try folder.read(".countersign/both") == key.privateKey + key.certificate)
        #expect(try self.mode(own + "/both") == 0o640)
        for text in [
            "", "\r\n", "-----BEGIN PRIVATE KEY-----\nAAAA\n",
            "-----BEGIN RSA PRIVATE KEY-----\nAA\n-----END RSA PRIVATE KEY-----",
        ] {
            try folder.write(key.certificate + key.privateKey + key.certificate + Array(text.utf8), to: "bundle.pem")
            let read = try await perform(way, .readWithoutKeys(folder.file("bundle.pem"), limit: 1 << 16)).first?
                .content
            let rest = text.hasPrefix("-----BEGIN") ? [] : Array(text.utf8)
            #expect(read.map { $0.withUnsafeBytes { Array($0) } } == key.certificate + key.certificate + rest)
        }
        #expect(try await perform(way, .readWithoutKeys(folder.file("none"), limit: 10)).first?.content == nil)
        // Only what is ours is put together: nothing else can be copied to where somebody reads it.
        try folder.write("other", to: "other")
        #expect(await code(way, .compose(own + "/x", [.file(folder.file("other"))], ours)) == .denied)
        #expect(await code(way, .compose(folder.file("x"), [.file(own + "/key")], ours)) == .denied)
        #expect(await code(way, .compose(own + "/x", [.file(own + "/none")], ours)) == .failed)
    }

    @Test("write below our own folder only", arguments: Way.all) func writeElsewhere(way: Way) async throws {
        let write = Step.write(folder.file("key"), Place.secret("content"), Ownership(owner: nil, mode: 0o600))
        #expect(await code(way, write) == .denied)
        #expect(await code(way, .folder(folder.file("other"), ours)) == .denied)
        try folder.write("a", to: "a")
        try folder.write("b", to: "b")
        #expect(await code(way, .replace(folder.file("a"), by: folder.file("b"))) == .denied)
        #expect(try folder.readText("a") == "a")
        try folder.makeFolder("full/of/things")
        #expect(await code(way, .remove(folder.file("full"))) != nil)
        #expect(folder.exists("full/of/things"))
    }

    @Test("take canonical paths only", arguments: Way.all, ["relative", "/a/../b", "/a//b", "/a/./b", "/a/", "/a\0b"])
    func canonical(way: Way, path: String) async { #expect(await code(way, .read(path, limit: 10)) == .failed) }

    @Test("do not follow a link that stands for our folder", arguments: Way.all) func linkedFolder(way: Way)
        async throws
    {
        try folder.makeFolder("elsewhere")
        try FileManager.default.createSymbolicLink(atPath: own, withDestinationPath: folder.file("elsewhere"))
        #expect(await code(way, .folder(own, ours)) == .denied)
        let write = Step.write(own + "/key", Place.secret("content"), Ownership(owner: nil, mode: 0o600))
        #expect(await code(way, write) == .denied)
        #expect(!folder.exists("elsewhere/key"))
    }

    @Test("do not follow a link within our folder", arguments: Way.all) func linkWithin(way: Way) async throws {
        try await perform(way, .folder(own, ours))
        try folder.write("precious", to: "target", mode: 0o600)
        try folder.makeFolder("outside")
        try FileManager.default.createSymbolicLink(atPath: own + "/key", withDestinationPath: folder.file("target"))
        try FileManager.default.createSymbolicLink(atPath: own + "/in", withDestinationPath: folder.file("outside"))
        #expect(await code(way, .read(own + "/key", limit: 100)) == .denied)
        #expect(
            await code(way, .write(own + "/in/key", Place.secret("x"), Ownership(owner: nil, mode: 0o600))) == .denied)
        // The link itself is replaced, not what it leads to.
        try await perform(way, .write(own + "/key", Place.secret("new"), Ownership(owner: nil, mode: 0o644)))
        #expect(try folder.readText("target") == "precious")
        #expect(try mode(folder.file("target")) == 0o600)
        // Nor is what it leads to taken away with our folder.
        try folder.write("kept", to: "outside/kept")
        try await perform(way, .remove(own + "/in"))
        #expect(folder.exists("outside/kept"))
    }

    @Test("refuse a folder that others may write to", arguments: Way.all) func writableFolder(way: Way) async throws {
        try FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: false)
        try FileManager.default.setAttributes([.posixPermissions: 0o770], ofItemAtPath: own)
        let write = Step.write(own + "/key", Place.secret("content"), Ownership(owner: nil, mode: 0o600))
        #expect(await code(way, write) == .denied)
    }

    @Test("refuse a folder of somebody else", .enabled(if: geteuid() == 0, "needs root"), arguments: Way.all)
    func foreignFolder(way: Way)
        async throws
    {
        try FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: false)
        try #require(chown(own, 65534, 65534) == 0)
        #expect(await code(way, .folder(own, ours)) == .denied)
    }

    @Test("say that an owner cannot be set", arguments: Way.all) func owner(way: Way) async throws {
        try await perform(way, .folder(own, ours))
        let write = Step.write(
            own + "/key", Place.secret("content"), Ownership(owner: "nobody-has-this-name", mode: 0o600))
        #expect(await code(way, write) == .denied)
        #expect(!folder.exists(".countersign/key"))
        #expect(!folder.exists(".countersign/key~"))
    }

    @Test("set owner and group by name and number", .enabled(if: geteuid() == 0, "needs root"), arguments: Way.all)
    func ownerByName(way: Way) async throws {
        try await perform(way, .folder(own, ours))
        for (owner, user, group) in [
            ("nobody", "nobody", "root"), ("root:daemon", "root", "daemon"), ("1:1", "daemon", "daemon"),
        ] {
            try await perform(way, .write(own + "/key", Place.secret("x"), Ownership(owner: owner, mode: 0o640)))
            let status = try #require(
                try await perform(way, .stat([own + "/key"], followingLinks: false)).statuses.first)
            #expect((status.owner, status.group, status.mode) == (user, group, 0o640))
        }
    }

    @Test("say that the disk is full", .enabled(if: geteuid() == 0, "needs root"), arguments: Way.all) func full(
        way: Way
    ) async throws {
        let small = try folder.makeFolder("small")
        try await run("mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", small)
        let own = small + "/.countersign"
        var bytes = [UInt8](repeating: 65, count: 1 << 20)
        let code = await code(
            way, .folder(own, ours),
            .write(own + "/big", SecretBytes(taking: &bytes), Ownership(owner: nil, mode: 0o600)))
        let left = try FileManager.default.contentsOfDirectory(atPath: own)
        try await run("umount", small)
        #expect(code == .noSpace)
        #expect(left == [])
    }

    @Test("refuse a lower fence, and keep the highest", arguments: Way.all) func fence(way: Way) async throws {
        try await perform(way, .folder(own, ours), .fence(7, folder: own))
        #expect(await code(way, .fence(6, folder: own)) == .fenced)
        #expect(await code(way, .fence(6, folder: own), .folder(own + "/late", ours)) == .fenced)
        #expect(!folder.exists(".countersign/late"))
        try await perform(way, .fence(7, folder: own), .fence(9, folder: own))
        #expect(await code(way, .fence(8, folder: own)) == .fenced)
        try folder.write("damaged", to: ".countersign/_fence", mode: 0o600)
        #expect(await code(way, .fence(10, folder: own)) == .failed)
    }

    @Test("refuse what an older state of the same zone does, once a newer one was here", arguments: Way.all)
    func fenceOfEpochs(way: Way) async throws {
        let older: Fence = 7
        var newer: Fence = 1
        newer.realm.epoch = try #require(Epoch(String(repeating: "c3", count: 16)))
        newer.realm.begunAt = older.realm.begunAt + .minutes(1)
        var twin = newer
        twin.realm.epoch = try #require(Epoch(String(repeating: "d4", count: 16)))
        twin.lease = 9
        try await perform(way, .folder(own, ours), .fence(older, folder: own), .fence(newer, folder: own))
        #expect(await code(way, .fence(8, folder: own)) == .fenced)
        #expect(await code(way, .fence(twin, folder: own)) == .fenced)  // neither began later
        newer.lease = 2
        try await perform(way, .fence(newer, folder: own))
        #expect(try folder.readText(".countersign/_fence") == "\(newer)\n")
    }

    @Test("refuse another zone, and say which one is here", arguments: Way.all) func fenceOfZones(way: Way) async throws
    {
        var other: Fence = 9
        other.realm.zone = try name("dmz")
        other.realm.begunAt = other.realm.begunAt + .days(1)
        try await perform(way, .folder(own, ours), .fence(1, folder: own))
        let error = await #expect(throws: DeviceError.self) { try await perform(way, .fence(other, folder: own)) }
        #expect(error?.code == .fenced)
        #expect(error?.detail.contains("zone default pushes here, and has not released it to zone dmz") == true)
        try await perform(way, .fence(2, folder: own))
    }

    @Test("let a zone pass to whom the device was released, and refuse the one that had it", arguments: Way.all)
    func fenceOfSuccession(way: Way) async throws {
        let former: Fence = 9
        var next: Fence = 1
        next.realm.zone = try name("dmz")
        next.realm.succeeds = [former.realm.zone]
        try await perform(way, .folder(own, ours), .fence(former, folder: own))
        // It must have begun later: otherwise it is one that has given the device back since.
        #expect(await code(way, .fence(next, folder: own)) == .fenced)
        next.realm.begunAt = former.realm.begunAt + .minutes(1)
        try await perform(way, .fence(next, folder: own), .fence(next, folder: own))
        #expect(try folder.readText(".countersign/_fence") == "\(next)\n")
        #expect(await code(way, .fence(10, folder: own)) == .fenced)

        var back: Fence = 11
        back.realm.begunAt = next.realm.begunAt + .minutes(1)
        back.realm.succeeds = [next.realm.zone]
        try await perform(way, .fence(back, folder: own))
        next.lease = 99
        #expect(await code(way, .fence(next, folder: own)) == .fenced)
    }

    @Test("pass a fence where nothing of ours is", arguments: Way.all) func fenceWithoutFolder(way: Way) async throws {
        try await perform(way, .fence(1, folder: own))
        #expect(!folder.exists(".countersign"))
    }

    @Test("let one call at a time past a fence", arguments: Way.all) func fenceExcludes(way: Way) async throws {
        try await perform(way, .folder(own, ours))
        let log = folder.file("log")
        let script = "echo begin >> \"$1\"; sleep 0.1; echo end >> \"$1\""
        let (transport, own) = (try await way.transport(), own)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    _ = try await transport.perform(
                        [.fence(1, folder: own), .run(["sh", "-c", script, "sh", log], input: nil, outputLimit: 100)],
                        within: .seconds(10))
                }
            }
            try await group.waitForAll()
        }
        #expect(try folder.readText("log") == String(repeating: "begin\nend\n", count: 3))
    }

    @Test("stop at what is not as expected", arguments: Way.all) func expect(way: Way) async throws {
        let path = try folder.write("before", to: "live")
        try await perform(
            way, .folder(own, ours), .write(own + "/new", Place.secret("new"), Ownership(owner: nil, mode: 0o600)))
        let before = FileDigest(hashing: Array("before".utf8))
        try await perform(way, .expect([path: before, folder.file("absent"): nil]))
        try folder.write("by hand", to: "live")
        let code = await code(way, .expect([path: before]), .replace(path, by: own + "/new"))
        #expect(code == .changed)
        #expect(await self.code(way, .expect([path: nil])) == .changed)
        #expect(await self.code(way, .expect([folder.file("absent"): before])) == .changed)
        #expect(try folder.readText("live") == "by hand")
    }

    @Test("do not wait for a named pipe", arguments: Way.all) func pipe(way: Way) async throws {
        try #require(mkfifo(folder.file("pipe"), 0o600) == 0)
        #expect(await code(way, .read(folder.file("pipe"), limit: 100)) == .failed)
        #expect(await code(way, .digest([folder.file("pipe")])) == .failed)
    }

    @Test("read no more than the limit", arguments: Way.all) func limit(way: Way) async throws {
        let path = try folder.write("0123456789", to: "ten")
        #expect(await code(way, .read(path, limit: 9)) == .failed)
        #expect(try await perform(way, .read(path, limit: 10))[0].content?.count == 10)
        #expect(try await perform(way, .read(folder.file("absent"), limit: 10))[0].content == nil)
        #expect(try await perform(way, .read(folder.file("no/such/folder"), limit: 10))[0].content == nil)
    }

    @Test("copy a file as a second name of it, again and again", arguments: Way.all) func copy(way: Way) async throws {
        let path = try folder.write("live", to: "live", mode: 0o604)
        try await perform(way, .folder(own, ours), .copy(path, to: own + "/kept"), .copy(path, to: own + "/kept"))
        let both = try await perform(way, .stat([path, own + "/kept"], followingLinks: false)).statuses
        #expect(both[0].isSameFile(as: both[1]))
        #expect(try FileManager.default.contentsOfDirectory(atPath: own) == ["kept"])
    }

    @Test(
        "copy to another file system with owner, mode and time", .enabled(if: geteuid() == 0, "needs root"),
        arguments: Way.all)
    func copyAcross(way: Way) async throws {
        let path = try folder.write("live", to: "live", mode: 0o640)
        try #require(chown(path, 65534, 65534) == 0)
        let other = try folder.makeFolder("other")
        try await run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", other)
        let own = other + "/.countersign"
        let results = await Result { [ours] in
            try await way.transport().perform(
                [
                    .folder(own, ours), .copy(path, to: own + "/kept"),
                    .stat([path, own + "/kept"], followingLinks: false),
                ],
                within: .seconds(10))
        }
        try await run("umount", other)
        let both = try results.get().statuses
        #expect((both[1].owner, both[1].group, both[1].mode, both[1].size) == (both[0].owner, both[0].group, 0o640, 4))
        #expect(both[1].modifiedNanoseconds == both[0].modifiedNanoseconds)
        #expect(!both[0].isSameFile(as: both[1]))
    }

    @Test("end a program at the time limit, and say what one that ends has said", arguments: Way.all) func programs(
        way: Way
    ) async throws {
        let result = try await perform(
            way, .run(["sh", "-c", "cat; echo no >&2; exit 3"], input: Place.secret("in"), outputLimit: 10))
        guard case .ran(3, let output, let errors, _) = result[0] else {
            Issue.record("\(result)")
            return
        }
        #expect((output, errors) == (Array("in".utf8), Array("no\n".utf8)))
        await #expect(throws: DeviceError.self) {
            _ = try await way.transport().perform(
                [.run(["sleep", "60"], input: nil, outputLimit: 10)], within: .milliseconds(100))
        }
        guard
            case .ran(127, _, _, _) = try await perform(way, .run(["no-such-program"], input: nil, outputLimit: 10))[0]
        else {
            Issue.record("should be 127, as a shell says")
            return
        }
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
