// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Journal
import TestKit
import Testing
import Vocabulary

@Suite("The state directory") struct StateDirectoryTests {
    private let repository = "6f1c2a0e-1234-4abc-8def-000000000001"

    private func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    private func code(_ body: () throws -> Void) -> StateError.Code? {
        do { try body() } catch { return (error as? StateError)?.code }
        return nil
    }

    @Test("is where --state says, else below XDG_STATE_HOME, else below HOME") func place() throws {
        func place(_ option: String?, _ stateHome: String?, _ home: String?) throws -> String {
            try StateDirectory.place(option: option, stateHome: stateHome, home: home, repository: repository)
        }
        #expect(try place("here", "/state", "/home/a") == "here")
        #expect(try place(nil, "/state", "/home/a") == "/state/countersign/\(repository)")
        #expect(try place(nil, "relative", "/home/a") == "/home/a/.local/state/countersign/\(repository)")
        #expect(try place(nil, nil, "/home/a") == "/home/a/.local/state/countersign/\(repository)")
        #expect(code { _ = try place(nil, nil, nil) } == .noPlace)
    }

    @Test(
        "is not led elsewhere by a repository's id",
        arguments: ["../../etc", "", "6F1C2A0E-1234-4ABC-8DEF-000000000001", "6f1c2a0e-1234-4abc-8def-00000000000/"])
    func hostileID(id: String) {
        #expect(
            code { _ = try StateDirectory.place(option: nil, stateHome: "/state", home: nil, repository: id) }
                == .invalidRepository)
    }

    @Test("is made for its user alone, with the folders above it") func made() throws {
        let folder = try TemporaryFolder("state")
        let path = folder.file("xdg/countersign/\(repository)")
        #expect(code { _ = try StateDirectory(at: path, create: false) } == .absent)
        let state = try StateDirectory(at: path, create: true)
        #expect(try mode(path) == 0o700)
        #expect(!state.hasJournal)
        _ = try SQLiteJournal(path: state.journal, reading: { _, _, _ in nil })
        #expect(state.hasJournal)
        try state.makeFolder(state.git)
        #expect(try mode(state.git) == 0o700)
        _ = try StateDirectory(at: path, create: true)
    }

    @Test("is refused where others may write to it, or it is no folder") func refused() throws {
        let folder = try TemporaryFolder("state")
        try folder.makeFolder("open")
        for bits in [0o770, 0o707, 0o720, 0o777] {
            try FileManager.default.setAttributes([.posixPermissions: bits], ofItemAtPath: folder.file("open"))
            #expect(code { _ = try StateDirectory(at: folder.file("open"), create: true) } == .openToOthers)
        }
        try folder.write("", to: "file")
        #expect(code { _ = try StateDirectory(at: folder.file("file"), create: true) } == .wrongKind)
        try FileManager.default.createSymbolicLink(
            atPath: folder.file("link"), withDestinationPath: folder.file("open"))
        #expect(code { _ = try StateDirectory(at: folder.file("link"), create: true) } == .wrongKind)
    }

    @Test("of another user is refused", .enabled(if: geteuid() == 0, "only root can give a folder away")) func foreign()
        throws
    {
        let folder = try TemporaryFolder("state")
        try folder.makeFolder("theirs")
        #expect(chown(folder.file("theirs"), 65534, 65534) == 0)
        #expect(code { _ = try StateDirectory(at: folder.file("theirs"), create: true) } == .foreignOwner)
    }

    @Test("makes its secret once, private and random") func secret() throws {
        let folder = try TemporaryFolder("state")
        func hex(_ state: StateDirectory) throws -> String { try state.secret().withUnsafeBytes { Hex.encode($0) } }
        let state = try StateDirectory(at: folder.file("one"), create: true)
        let first = try hex(state)
        #expect(first.count == 64)
        #expect(try hex(state) == first)
        #expect(try hex(StateDirectory(at: folder.file("two"), create: true)) != first)
        #expect(try mode(folder.file("one/secret")) == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: state.path) == ["secret"])
        try folder.write("short", to: "one/secret", mode: 0o600)
        #expect(code { _ = try state.secret() } == .damaged)
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: folder.file("one/secret"))
        #expect(code { _ = try state.secret() } == .openToOthers)
    }

    @Test("keeps the first recorder key, with its public line beside it") func recorder() throws {
        let folder = try TemporaryFolder("state")
        let state = try StateDirectory(at: folder.file("s"), create: true)
        #expect(try state.recorderKey() == nil)
        func keep(_ text: String) throws -> String {
            var bytes = Array(text.utf8)
            return try state.keepRecorderKey(SecretBytes(taking: &bytes), publicLine: "ssh-ed25519 \(text)")
                .withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        }
        #expect(try keep("first") == "first")
        #expect(try keep("second") == "first")
        #expect(try folder.readText("s/recorder.pub") == "ssh-ed25519 first\n")
        #expect(try mode(state.recorder) == 0o600)
        #expect(try mode(state.recorderPublic) == 0o644)
    }
}
