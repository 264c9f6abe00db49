// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Foundation
internal import Processes
internal import Vocabulary

/// What goes on around countersign: commits, certificates, and what openssl sees.
extension Arena {
    /// `git` in this actor's own clone; standard output without the last newline.
    @discardableResult
    package func git(_ actor: Actor, _ arguments: String..., input: String = "") async throws -> String {
        try await git(actor, arguments, input: input)
    }

    @discardableResult
    package func git(_ actor: Actor, _ arguments: [String], input: String = "") async throws -> String {
        let result = try await run(
            ["git"] + arguments, in: clone(of: actor), environment: environment(of: actor), input: Array(input.utf8))
        return result.outputText.hasSuffix("\n") ? String(result.outputText.dropLast()) : result.outputText
    }

    /// The commit that a branch of the origin is at; nil if there is none of that name.
    package func tip(of branch: String) async throws -> String? {
        let result = try await outcome(
            of: ["git", "--git-dir", origin, "rev-parse", "-q", "--verify", "refs/heads/\(branch)"],
            environment: environment(of: .gateway))
        return result.succeeded ? String(result.outputText.dropLast()) : nil
    }

    package func statusTip() async throws -> String? { try await tip(of: "countersign/status/default") }

    /// A file of alice's work tree.
    package func write(_ text: String, to path: String) throws {
        try folder.write(text, to: "clones/alice/\(path)")
    }

    package func edit(_ path: String, _ change: (String) throws -> String) throws {
        try write(try change(try folder.readText("clones/alice/\(path)")), to: path)
    }

    /// Alice commits all that she changed, signed, and pushes it; the commit.
    @discardableResult
    package func commit(_ message: String, options: String...) async throws -> String {
        try await git(.alice, "add", "-A")
        try await git(.alice, ["commit", "-q", "-m", message] + options)
        try await git(.alice, "push", "-q", "origin", "HEAD:main")
        return try await git(.alice, "rev-parse", "HEAD")
    }

    /// Alice renews: another leaf and key, the key to the gateway, the chain into a commit that she pushes.
    @discardableResult
    package func renew(days: Int = 47) async throws -> IssuedCertificate {
        // A renewal begins later than what it renews, and certificates count in whole seconds.
        try await eventually("the next second") { Int64(time(nil)) > old.issued }
        let renewed = try await authority.issue("new-\(days)", days: days)
        try keep(keyOf: renewed)
        try await declare(renewed, because: "Renew shop before the sale")
        return renewed
    }

    /// The same without the key.
    package func declare(_ certificate: IssuedCertificate, because message: String) async throws {
        try write(certificate.chain, to: "certificates/shop.pem")
        try await commit(message)
    }

    /// The leaf that a fresh `openssl s_client` is given: SHA-256 of its DER, 64 digits.
    package func served(_ name: String = Arena.host) async throws -> String {
        let answer = try await run(
            "openssl", "s_client", "-connect", "\(nginx.address):\(nginx.port)", "-servername", name)
        return Hex.encode(FileDigest(hashing: try CertificateAuthority.der(ofPEM: answer.outputText)).bytes)
    }

    /// What lies in the slot, byte for byte, and when it was written.
    package func slotFiles() throws -> [SlotFile] { try [slot.certificate, slot.key].map(SlotFile.init) }
}

/// A live file as `stat` and `cat` show it.
package struct SlotFile: Equatable, Sendable {
    package var bytes: [UInt8]
    package var inode: UInt64
    package var seconds: Int
    package var nanoseconds: Int
    package var mode: UInt32

    package init(_ path: String) throws {
        var status = stat()
        guard stat(path, &status) == 0 else { throw FixtureError("\(path): \(String(cString: strerror(errno)))") }
        bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        inode = UInt64(status.st_ino)
        (seconds, nanoseconds) = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
        mode = status.st_mode & 0o7777
    }
}
