// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Declarations
import Testing
import Vocabulary

@Suite("A file that a spec names") struct NamedFileTests {
    @Test("must be a regular file of the tree, not too large")
    func lookups() async throws {
        var tree = try await Tree.good()
        #expect(
            tree.decoded().referencedFiles == ["zones/default.pem", "devices/known_hosts", "certificates/shop.pem"])
        tree.special["certificates/shop.pem"] = .notAFile
        #expect(
            tree.lines == ["certificates/shop.yaml:5:10: error: \"certificates/shop.pem\" is no regular file [file]"])
        tree.special["certificates/shop.pem"] = .tooLarge(bytes: 9_000_000)
        #expect(
            tree.lines == [
                "certificates/shop.yaml:5:10: error: \"certificates/shop.pem\" has 9000000 bytes; 4194304 are read at most [file]"
            ])
    }

    @Test("is only that: another that was looked up does not enter the set")
    func others() async throws {
        var tree = try await Tree.good()
        tree.special["secrets/x"] = .file(NamedFile(bytes: [1]))
        #expect(tree.checked().set.files["secrets/x"] == nil)
    }

    @Test("as a chain is told by its own lines")
    func chains() async throws {
        let made = try await Fixtures.made()
        let good = try await Tree.good()
        func lines(_ chain: String) -> [String] { good.adding(chain, at: "certificates/shop.pem").lines }
        let leafLines = made.leaf.split(separator: "\n").count
        let withKey = lines(made.leaf + made.privateKey + made.intermediate)
        #expect(withKey.count == 1)
        #expect(withKey.first?.hasPrefix("certificates/shop.pem:\(leafLines + 1):1: error: ") == true)
        #expect(withKey.first?.contains("private key") == true)
        #expect(withKey.first?.contains(made.privateKey.split(separator: "\n")[1]) == false)
        for wrong in [
            made.intermediate + made.leaf, made.leaf + made.leaf, made.leaf + made.root + made.intermediate, "",
            "hello\n", String(made.leaf.dropLast(200)),
        ] {
            let found = lines(wrong)
            #expect(!found.isEmpty)
            #expect(found.allSatisfy { $0.hasPrefix("certificates/shop.pem:") && $0.hasSuffix("[chain]") })
            #expect(good.adding(wrong, at: "certificates/shop.pem").checked().chains.isEmpty)
        }
        #expect(lines(made.leaf + made.intermediate + made.root) == [])
    }
}

@Suite("The tree") struct TreeTests {
    @Test(
        "declares in *.yaml and *.yml, where no name begins with a dot",
        arguments: [
            ("a.yaml", true), ("a/b/c.yml", true), ("a.b/c.yaml", true), ("a/b..yaml", true), (".a.yaml", false),
            (".github/workflows/ci.yml", false), ("a/.b/c.yaml", false), ("a/.yaml", false), ("a.json", false),
            ("yaml", false),
            ("a.yaml.bak", false), ("a.YAML", false),
        ])
    func selection(path: String, declares: Bool) {
        #expect(TreeRules.declares(path: path) == declares)
    }

    @Test("holds no symlinks and submodules anywhere")
    func links() async throws {
        let found = TreeRules.diagnostics(for: [
            TreeEntry(path: "a.yaml", kind: .file), TreeEntry(path: "docs/x", kind: .symlink),
            TreeEntry(path: "\u{1b}[2J", kind: .submodule),
        ])
        #expect(
            found.map(\.description) == [
                "docs/x:1:1: error: a symbolic link is not accepted anywhere in the repository [tree]",
                "\\u{1b}[2J:1:1: error: a submodule is not accepted anywhere in the repository [tree]",
            ])
        let checked = try await Tree.good().decoded().check(files: [:], tree: found)
        #expect(found.allSatisfy(checked.diagnostics.contains))
        #expect(!checked.isValid)
    }
}
