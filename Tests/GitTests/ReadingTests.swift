// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Git
import TestKit
import Testing
import Vocabulary

@Suite("Objects") struct ReadingTests {
    @Test("are read as git stores them") func objects() async throws {
        let fixture = try await GitFixture.make()
        try fixture.write("one\n", to: "one.yaml")
        try fixture.write("two\n", to: "folder/two.yaml")
        let first = try await fixture.commit("first")
        let second = try await fixture.commit("second\n\nbody\n")
        let repository = try fixture.open()

        let commit = try repository.commit(repository.commitID(of: "main"))
        #expect(commit.id.hex == second)
        #expect(commit.parents.map(\.hex) == [first])
        #expect(commit.tree.hex == (try await fixture.git("rev-parse", "main^{tree}")))
        #expect(commit.bytes == (try await fixture.object(second)))
        #expect(try Repository.id(of: commit.bytes, as: .commit) == commit.id)

        let files = try repository.files(of: commit.tree)
        #expect(files.map(\.path) == ["folder/two.yaml", "one.yaml"])
        #expect(files.allSatisfy { $0.mode == .file && $0.isText })
        #expect(
            try repository.blobs(files.map(\.id), limit: 4) == [
                .bytes(Array("two\n".utf8)), .bytes(Array("one\n".utf8)),
            ])
        #expect(try repository.blobs([files[0].id], limit: 3) == [.tooLarge(size: 4)])
        #expect(try repository.kind(of: files[0].id) == .blob)
        #expect(try repository.kind(of: commit.tree) == .tree)
        #expect(try repository.kind(of: id(String(repeating: "1", count: 40))) == nil)
    }

    @Test("have modes: links, submodules, programs") func modes() async throws {
        let fixture = try await GitFixture.make()
        try fixture.write("x", to: "program")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: fixture.path + "/program")
        try FileManager.default.createSymbolicLink(atPath: fixture.path + "/link", withDestinationPath: "/etc/passwd")
        let commit = try await fixture.commit("first")
        try await fixture.git("update-index", "--add", "--cacheinfo", "160000,\(commit),module")
        let tree = try await fixture.git("write-tree")
        let modes = try fixture.open().files(of: id(tree)).map { "\($0.path) \($0.mode)" }
        #expect(modes == ["link symlink", "module submodule", "program executable"])
    }

    @Test("are as they are, whatever a replace ref says") func replaceRefs() async throws {
        let fixture = try await GitFixture.make()
        try fixture.write("good", to: "a")
        let good = try await fixture.commit("good")
        try fixture.write("evil", to: "a")
        let evil = try await fixture.commit("evil")
        try await fixture.git("replace", good, evil)
        #expect(try await fixture.git("log", "-1", "--format=%s", good) == "evil", "git itself is fooled")
        let repository = try fixture.open()
        let commit = try repository.commit(id(good))
        #expect(String(decoding: commit.bytes, as: UTF8.self).hasSuffix("\n\ngood"))
        #expect(try repository.files(of: commit.tree).count == 1)
    }

    @Test("that are not what their id says are refused") func swapped() async throws {
        let fixture = try await GitFixture.make()
        let good = try await fixture.store(Array("good".utf8), type: "blob")
        let evil = try await fixture.store(Array("evil".utf8), type: "blob")
        func loose(_ id: String) -> String { "\(fixture.path)/.git/objects/\(id.prefix(2))/\(id.dropFirst(2))" }
        try FileManager.default.removeItem(atPath: loose(good))
        try FileManager.default.copyItem(atPath: loose(evil), toPath: loose(good))
        let repository = try fixture.open()
        #expect(await code { _ = try repository.blobs([id(good)], limit: 100) } == .corrupt)
    }

    @Test("of another kind, or missing, are refused") func wrongKind() async throws {
        let fixture = try await GitFixture.make()
        try fixture.write("x", to: "a")
        try await fixture.commit("first")
        let repository = try fixture.open()
        let commit = try repository.commit(repository.commitID(of: "HEAD"))
        #expect(await code { _ = try repository.blobs([commit.tree], limit: 100) } == .corrupt)
        #expect(await code { _ = try repository.commit(commit.tree) } == .corrupt)
        #expect(await code { _ = try repository.files(of: commit.id) } == .corrupt)
        let missing = try id(String(repeating: "1", count: 40))
        #expect(await code { _ = try repository.blobs([missing], limit: 100) } == .notFound)
        #expect(await code { _ = try repository.commit(missing) } == .notFound)
        #expect(await code { _ = try repository.commitID(of: "nowhere") } == .notFound)
        #expect(await code { _ = try repository.commitID(of: "HEAD^{tree}") } == .notFound)
        #expect(await code { _ = try repository.commitID(of: "main..main") } != nil)
    }

    @Test("of ten thousand files are read at once, packed or loose") func many() async throws {
        let fixture = try await GitFixture.make()
        for index in 0..<2_000 { try fixture.write("file \(index)\n", to: "\(index % 20)/\(index).yaml") }
        try await fixture.commit("many")
        let repository = try fixture.open()
        let tree = try repository.commit(repository.commitID(of: "HEAD")).tree
        let loose = try repository.files(of: tree)
        #expect(loose.count == 2_000)
        let contents = try repository.blobs(loose.map(\.id), limit: 100)
        try await fixture.git("gc", "-q")
        #expect(try repository.blobs(loose.map(\.id), limit: 100) == contents, "after gc by somebody else")
    }

    @Test("are handed out by many threads in the order in which they were asked for") func each() async throws {
        let fixture = try await GitFixture.make()
        for number in 0..<1_000 { try fixture.write("\(number)\n", to: "f/\(1_000 + number)") }
        let commit = try await fixture.commit("many")
        let repository = try fixture.open()
        let ids = try repository.files(of: repository.commit(id(commit)).tree).map(\.id)
        let seen = try repository.eachBlob(ids, limit: 3) { index, content in
            content == (index < 100 ? .bytes(Array("\(index)\n".utf8)) : .tooLarge(size: 4))
        }
        #expect(seen == Array(repeating: true, count: 1_000))

        let missing = ids + [try id(String(repeating: "1", count: 40))]
        #expect(await code { _ = try repository.eachBlob(missing, limit: 9) { index, _ in index } } == .notFound)
    }
}

@Suite("A tree") struct TreeLimitTests {
    private func entry(_ mode: String, _ name: [UInt8], _ id: ObjectID) -> [UInt8] {
        Array("\(mode) ".utf8) + name + [0] + id.bytes
    }
    private func entry(_ mode: String, _ name: String, _ id: ObjectID) -> [UInt8] { entry(mode, Array(name.utf8), id) }

    @Test("that grows without bound is refused without being walked") func bomb() async throws {
        let fixture = try await GitFixture.make()
        var current = try id(await fixture.store(Array("x".utf8), type: "blob"))
        var mode = "100644"
        for _ in 0..<20 {
            let bytes = (0..<10).flatMap { entry(mode, "f\($0)", current) }
            current = try id(await fixture.store(bytes, type: "tree"))
            mode = "40000"
        }
        let repository = try fixture.open()
        let start = ContinuousClock.now
        #expect(await code { _ = try repository.files(of: current) } == .tooLarge)
        #expect(ContinuousClock.now - start < .seconds(5))
    }

    @Test("may be as deep and as large as the limit, and no more") func limits() async throws {
        let fixture = try await GitFixture.make()
        try fixture.write("x", to: "a/b/c/d")
        try await fixture.commit("deep")
        let repository = try fixture.open()
        let tree = try repository.commit(repository.commitID(of: "HEAD")).tree
        #expect(try repository.files(of: tree, limits: ListingLimits(entries: 4, depth: 3)).map(\.path) == ["a/b/c/d"])
        #expect(await code { _ = try repository.files(of: tree, limits: ListingLimits(depth: 2)) } == .tooDeep)
        #expect(await code { _ = try repository.files(of: tree, limits: ListingLimits(entries: 3)) } == .tooLarge)
    }

    @Test(
        "with a name that leads elsewhere, out of order, twice, or of a strange mode is refused",
        arguments: ["..", ".", ".git", ".GIT", "a/b", "unsorted", "twice", "mode", "cut"])
    func malformed(case name: String) async throws {
        let fixture = try await GitFixture.make()
        let blob = try id(await fixture.store([], type: "blob"))
        let bytes: [UInt8] =
            switch name {
            case "unsorted": entry("100644", "b", blob) + entry("100644", "a", blob)
            case "twice": entry("100644", "a", blob) + entry("100644", "a", blob)
            case "mode": entry("100777", "a", blob)
            case "cut": Array(entry("100644", "a", blob).dropLast())
            default: entry("100644", name, blob)
            }
        let tree = try id(await fixture.store(bytes, type: "tree"))
        let repository = try fixture.open()
        #expect(await code { _ = try repository.files(of: tree) } == .corrupt)
    }

    @Test("may hold a name that is not UTF-8, which is shown and said to be so") func notText() async throws {
        let fixture = try await GitFixture.make()
        let blob = try id(await fixture.store([], type: "blob"))
        let tree = try id(await fixture.store(entry("100644", [0x61, 0xff], blob), type: "tree"))
        let files = try fixture.open().files(of: tree)
        #expect(files.map(\.isText) == [false])
    }
}
