// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Declarations
import PKI
import TestKit
import Testing

/// A loader that reads ten thousand files keeps neither their text nor that of chains: what is said must be the same.
@Suite("A repository whose texts were put away") struct PutAwayTests {
    private func putAway(_ tree: Tree) throws -> (checked: CheckedDeclarations, asked: [String]) {
        let asked = Asked()
        let files = DeclarationReader.decodeEach(
            tree.files.filter { TreeRules.declares(path: $0.key) }.map {
                SourceFile(path: $0.key, bytes: Array($0.value.utf8))
            }
        ).map(\.withoutText)
        #expect(files.allSatisfy { $0.source.bytes.isEmpty })
        let decoded = Decoded(files)
        var lookups: [String: FileLookup] = [:]
        for path in decoded.referencedFiles {
            let bytes = try #require(tree.files[path]).utf8
            lookups[path] =
                decoded.chainFiles.contains(path)
                ? .chain(ChainFile.reading(Array(bytes))) : .file(NamedFile(bytes: Array(bytes)))
        }
        let checked = decoded.check(files: lookups, paths: tree.files.keys.sorted()) { path in
            asked.paths.append(path)
            return tree.files[path].map { Array($0.utf8) }
        }
        return (checked, asked.paths)
    }

    private final class Asked { var paths: [String] = [] }

    @Test("decodes to the same, without asking for a text again")
    func good() async throws {
        let tree = try await Tree.good()
        let (checked, asked) = try putAway(tree)
        #expect(checked.diagnostics == tree.checked().diagnostics)
        #expect(checked.chains == tree.checked().chains)
        #expect(checked.partialTrustSet.digest == tree.checked().partialTrustSet.digest)
        #expect(checked.set.files["certificates/shop.pem"] == nil, "the text of a chain is not kept")
        #expect(asked.isEmpty)
    }

    @Test("is told its mistakes at the same places")
    func mistakes() async throws {
        let tree = try await Tree.good().adding("hello\n", at: "certificates/shop.pem")
            .replacing("device: edge-1", by: "device: edge-7", in: "connectors/shop.yaml")
        let (checked, asked) = try putAway(tree)
        #expect(checked.diagnostics.map(\.description) == tree.lines)
        #expect(checked.diagnostics.count == 2)
        #expect(asked == ["connectors/shop.yaml"])
    }
}
