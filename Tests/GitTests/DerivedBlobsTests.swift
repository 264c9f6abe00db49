// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Git
import TestKit
import Testing
import Vocabulary

@Suite("What was made of blobs, kept") struct DerivedBlobsTests {
    private let folder: TemporaryFolder
    private var path: String { folder.file("derived") }

    init() throws { folder = try TemporaryFolder("derived") }

    private func blob(_ number: Int) throws -> ObjectID { try Repository.id(of: Array("\(number)".utf8), as: .blob) }

    private func content(_ number: Int) -> [UInt8] {
        Array(repeating: UInt8(truncatingIfNeeded: number), count: number * 7)
    }

    private func found(_ use: DerivedBlobs.Use, _ number: Int, in kept: DerivedBlobs) throws -> [UInt8]? {
        kept.find(use, try blob(number)) { Array($0) }
    }

    private func write(_ numbers: Range<Int>) throws {
        let kept = DerivedBlobs(folder: folder.path)
        for number in numbers { kept.keep(.declarations, try blob(number), content(number)) }
        kept.save()
    }

    @Test("is found by another run, by blob and use, beside what that one adds")
    func keeps() throws {
        defer { folder.remove() }
        try write(0..<900)  // more than one block
        let second = DerivedBlobs(folder: folder.path)
        for number in 0..<900 { #expect(try found(.declarations, number, in: second) == content(number)) }
        #expect(try found(.chain, 7, in: second) == nil)
        #expect(try found(.declarations, 900, in: second) == nil)
        for number in 900..<1_000 { second.keep(.chain, try blob(number), content(number)) }
        second.save()
        let third = DerivedBlobs(folder: folder.path)
        #expect(try found(.declarations, 899, in: third) == content(899))
        #expect(try found(.chain, 999, in: third) == content(999))
        #expect(third.find(.chain, try blob(999)) { _ -> Int? in nil } == nil, "what cannot be read is not there")
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["derived"])
    }

    @Test("is all there after a run that saved several times, where nothing was there before")
    func severalSaves() throws {
        defer { folder.remove() }
        let first = DerivedBlobs(folder: folder.path)
        for part in [0..<100, 100..<200, 200..<300] {
            for number in part { first.keep(.declarations, try blob(number), content(number)) }
            first.save()
        }
        let second = DerivedBlobs(folder: folder.path)
        for number in 0..<300 { #expect(try found(.declarations, number, in: second) == content(number)) }
    }

    @Test("is no more, as a whole, where one bit of it was changed, or its end is missing")
    func damaged() throws {
        defer { folder.remove() }
        try write(0..<900)
        let sound = try Data(contentsOf: URL(filePath: path))
        for place in [0, 30, 41, 50, 70, 200, sound.count / 2, sound.count - 1] {
            var bytes = sound
            bytes[place] ^= 4
            try bytes.write(to: URL(filePath: path))
            let kept = DerivedBlobs(folder: folder.path)
            for number in 0..<900 { #expect(try found(.declarations, number, in: kept) == nil, "byte \(place)") }
        }
        for count in [0, 10, 64, 100, sound.count / 2, sound.count - 1] {
            try sound.prefix(count).write(to: URL(filePath: path))
            #expect(try found(.declarations, 5, in: DerivedBlobs(folder: folder.path)) == nil)
        }
        try write(0..<900)
        #expect(try found(.declarations, 5, in: DerivedBlobs(folder: folder.path)) == content(5), "and is written anew")
    }

    @Test("is not read where others may write to it, or through a link")
    func foreign() throws {
        defer { folder.remove() }
        try write(0..<40)
        try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: path)
        #expect(try found(.declarations, 5, in: DerivedBlobs(folder: folder.path)) == nil)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        #expect(try found(.declarations, 5, in: DerivedBlobs(folder: folder.path)) != nil)
        try FileManager.default.moveItem(atPath: path, toPath: path + ".elsewhere")
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: path + ".elsewhere")
        #expect(try found(.declarations, 5, in: DerivedBlobs(folder: folder.path)) == nil)
    }

    @Test("goes once it is more than what is asked for")
    func bounded() throws {
        defer { folder.remove() }
        let large = [UInt8](repeating: 1, count: 1 << 20)
        for round in 0..<5 {
            let kept = DerivedBlobs(folder: folder.path)
            for number in 0..<20 { kept.keep(.slot, try blob(round * 100 + number), large) }
            kept.save()
        }
        let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
        #expect(size < 70 << 20)
        #expect(try found(.slot, 400, in: DerivedBlobs(folder: folder.path)) == large)
        #expect(try found(.slot, 0, in: DerivedBlobs(folder: folder.path)) == nil)
    }

    @Test("needs no folder: nothing is kept then")
    func absent() throws {
        let kept = DerivedBlobs(folder: folder.file("nowhere"))
        folder.remove()
        for number in 0..<40 { kept.keep(.slot, try blob(number), content(number)) }
        kept.save()
        #expect(try found(.slot, 3, in: kept) == nil)
    }
}
