// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Declarations
import PKI
import TestKit
import Testing

@Suite("What a file declares, packed") struct PackedFileTests {
    private func files() async throws -> [DecodedFile] {
        let tree = try await Tree.good()
        return DeclarationReader.decodeEach(
            tree.files.filter { TreeRules.declares(path: $0.key) }.map {
                SourceFile(path: $0.key, bytes: Array($0.value.utf8))
            }
        ).map(\.withoutText)
    }

    private func expectSame(_ left: DeclarationSet, _ right: DeclarationSet) {
        #expect(left.repository == right.repository)
        #expect(left.zones == right.zones)
        #expect(left.devices == right.devices)
        #expect(left.people == right.people)
        #expect(left.groups == right.groups)
        #expect(left.policies == right.policies)
        #expect(left.standingApprovals == right.standingApprovals)
        #expect(left.certificates == right.certificates)
        #expect(left.connectors == right.connectors)
        #expect(left.bindings == right.bindings)
        #expect(!right.connectors.isEmpty)
    }

    @Test("is the same when it is read back, in every place and kind")
    func same() async throws {
        let files = try await files()
        let again = try files.map { file in
            let packed = try #require(file.packed)
            return try #require(packed.withUnsafeBytes { DecodedFile(packed: $0, path: file.source.path) })
        }
        let (before, after) = (Decoded(files), Decoded(again))
        expectSame(before.set, after.set)
        #expect(Set(files.flatMap(\.resources).map(\.kind)).count > 6)
        #expect(files.flatMap(\.resources).map(\.position) == again.flatMap(\.resources).map(\.position))
        let tree = try await Tree.good()
        var lookups: [String: FileLookup] = [:]
        for path in after.referencedFiles {
            lookups[path] = tree.files[path].map { .file(NamedFile(bytes: Array($0.utf8))) }
        }
        let whole = before.check(files: lookups)
        let known = after.checked(files: lookups, diagnostics: whole.diagnostics, slots: DesiredSlots(of: after.set))
        expectSame(known.set, whole.set)
        #expect(known.set.files == whole.set.files)
        #expect(known.chains == whole.chains)
        #expect(known.diagnostics == whole.diagnostics)
        #expect(known.slots.slots == whole.slots.slots)
        #expect(known.slots.connectors == whole.slots.connectors)
    }

    @Test("is nothing where anything is wrong with the file")
    func broken() async throws {
        let text = try await Tree.good().replacing("device: edge-1", by: "device: [edge-1]", in: "connectors/shop.yaml")
        let file = DeclarationReader.decode(
            SourceFile(path: "connectors/shop.yaml", bytes: Array((text.files["connectors/shop.yaml"] ?? "").utf8)))
        #expect(file.packed == nil)
    }

    @Test("is refused where bytes are missing or too many, and never stops the program")
    func damaged() async throws {
        let packed = try #require(try await files().first { $0.resources.count > 1 }?.packed)
        for count in 0..<packed.count {
            #expect(packed[..<count].withUnsafeBytes { DecodedFile(packed: $0, path: "x.yaml") } == nil)
        }
        #expect((packed + [0]).withUnsafeBytes { DecodedFile(packed: $0, path: "x.yaml") } == nil)
        for place in packed.indices {
            for bit in 0..<8 {
                var bytes = packed
                bytes[place] ^= 1 << bit
                _ = bytes.withUnsafeBytes { DecodedFile(packed: $0, path: "x.yaml") }
            }
        }
    }

    @Test("with what was found wrong is told again at the same places")
    func diagnostics() async throws {
        let tree = try await Tree.good().replacing("device: edge-1", by: "device: edge-7", in: "connectors/shop.yaml")
        let found = tree.checked().diagnostics
        #expect(!found.isEmpty)
        let packed = Diagnostic.pack(found)
        #expect(packed.withUnsafeBytes { Diagnostic.unpack($0) } == found)
        #expect(packed.dropLast().withUnsafeBytes { Diagnostic.unpack($0) } == nil)
    }
}
