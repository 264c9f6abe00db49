// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Processes
import TestKit
import Testing

/// `scripts/package`, with the binary that is tested; `scripts/try-package` installs a package in a Debian of its own.
@Suite("The Debian package") struct PackageTests {
    @Test("holds the binary, a manual page for each command, completions, and a unit that systemd takes")
    func made() async throws {
        let folder = try TemporaryFolder("package")
        let packed = try await run(
            [ExampleTests.root.appending(path: "scripts/package").path, folder.file("out")], environment: ["COUNTERSIGN_BUILT": BuiltBinary.path],
            deadline: .seconds(300))
        let package = try #require(packed.outputText.split(separator: "\n").last.map(String.init))
        let information = try await run(["dpkg-deb", "--field", package]).outputText
        #expect(information.contains("Package: countersign\n") && information.contains("libgit2-1.5"))
        #expect(information.contains("git (>= 1:2.34)"))

        let tree = folder.file("tree")
        try await run(["dpkg-deb", "-x", package, tree])
        let version = try await run([tree + "/usr/bin/countersign", "--version"]).outputText
        #expect(version == (try await run([BuiltBinary.path, "--version"]).outputText))
        let commands = try await run([BuiltBinary.path, "reference", "names"]).outputText.split(separator: "\n")
        #expect(commands.count > 30)
        for name in [""] + commands.map({ "-\($0)" }) {
            let page = tree + "/usr/share/man/man1/countersign\(name).1.gz"
            // groff says on standard error what it does not understand.
            let said = try await run(["sh", "-c", "zcat \"$0\" | groff -man -ww -z -Tutf8 2>&1", page]).outputText
            #expect(said == "", "\(page)")
        }
        try await run(["bash", "-n", tree + "/usr/share/bash-completion/completions/countersign"])
        // Where the pages for people say that they are.
        for example in ["forges/comment.py", "stunnel-driver/driver.py", "bare-server/pre-receive"] {
            #expect(FileManager.default.isExecutableFile(atPath: "\(tree)/usr/share/doc/countersign/examples/\(example)"), "\(example)")
        }

        // As it is installed, so that what the unit names is there.
        let unit = try await outcome(
            of: ["systemd-analyze", "verify", "--root", tree, "--man=no", "--recursive-errors=no", "countersign.service"])
        // Below this root there is our package alone, and not what every Debian has.
        let complaints = unit.errorText.split(separator: "\n").filter {
            $0.contains("countersign.service:") && !$0.contains("Command /bin/kill is not executable")
        }
        #expect(complaints.isEmpty, "\(unit.errorText)")
    }

    @Test("has a default configuration that only names options that there are")
    func configured() async throws {
        let defaults = try String(contentsOfFile: ExampleTests.root.appending(path: "scripts/packaging/run.yaml").path, encoding: .utf8)
        let folder = try TemporaryFolder("configuration")
        // With every default that stands there as a comment taken for good.
        let all = defaults.replacing(/(?m)^#(?=[a-z-]+: )/, with: "")
        #expect(all.contains("\ninterval: 60\n"))
        try folder.write(all.replacing("/var/lib/countersign", with: folder.path), to: "run.yaml")
        let answer = try await outcome(of: [BuiltBinary.path, "run", "--config", folder.file("run.yaml")])
        #expect(answer.status == .exited(1))
        #expect(answer.errorText.contains("there is no git repository"), "\(answer.errorText)")
    }

    @Test("is told apart from a wrong one, line by line")
    func wrong() async throws {
        let folder = try TemporaryFolder("configuration")
        try folder.write("intervall: 5\nzone: {a: b}\nverbose: maybe\n", to: "run.yaml")
        let answer = try await outcome(of: [BuiltBinary.path, "run", "--config", folder.file("run.yaml")])
        #expect(answer.status == .exited(1))
        for said in [
            "run.yaml:1:1: error: run has no option \"intervall\"; did you mean \"interval\"?",
            "run.yaml:2:7: error: zone takes a text", "run.yaml:3:10: error: verbose is true or false",
        ] {
            #expect(answer.errorText.contains(said), "\(answer.errorText)")
        }
    }
}
