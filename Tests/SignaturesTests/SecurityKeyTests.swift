// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Processes
import Signatures
import TestKit
import Testing
import Vocabulary

/// `ssh-keygen -Y check-novalidate` is the second opinion on each signature.
@Suite("A security key's signature") struct SecurityKeyTests {
    @Test("verifies where it was touched, and only there", arguments: [true, false])
    func touched(ed25519: Bool) async throws {
        let folder = try TemporaryFolder()
        let key = try await SoftSecurityKey(ed25519: ed25519, in: folder)
        let payload = bytes(head + "\nx\n")
        let armor = try await key.sign(payload, flags: 1)
        let path = try folder.write(armor, to: "signature")
        let second = try await outcome(
            of: ["ssh-keygen", "-Y", "check-novalidate", "-n", "git", "-s", path], input: payload)
        #expect(second.succeeded, "\(second.errorText)")

        let signature = try SSHSignature(armor: armor)
        #expect(signature.key == (try PublicKey(blob: key.blob)))
        try signature.verify(payload)
        #expect(refusal { try signature.verify(payload + [0]) } == .badSignature)
        let untouched = try SSHSignature(armor: try await key.sign(payload, flags: 0))
        #expect(refusal { try untouched.verify(payload) } == .badSignature)
    }
}
