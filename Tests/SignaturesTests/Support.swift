// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Processes
import Signatures
import TestKit
import Testing
import Vocabulary

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

let identity = "Bob <bob@example.com> 1767225600 +0100"
let treeLine = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n"
let head = treeLine + "author \(identity)\ncommitter \(identity)\n"

/// The armor that `ssh-keygen -Y sign` makes over `payload`.
func sshKeygenSignature(
    _ key: SSHKey, over payload: [UInt8], namespace: String = "git", in folder: TemporaryFolder,
    _ options: [String] = []
) async throws -> [UInt8] {
    try await run(["ssh-keygen", "-Y", "sign", "-q", "-n", namespace, "-f", key.path] + options, input: payload).output
}

/// A commit whose `gpgsig` is this armor.
func commit(_ payload: [UInt8], signature armor: [UInt8], extra: String = "") -> [UInt8] {
    var text = armor
    if text.last == 0x0a { text.removeLast() }
    let folded = text.flatMap { $0 == 0x0a ? [0x0a, 0x20] : [$0] }
    let split = payload.firstRange(of: bytes("\n\n"))?.lowerBound ?? payload.count
    return payload[..<split] + bytes("\ngpgsig ") + folded + bytes(extra) + payload[split...]
}

func refusal(_ body: () throws -> Void) -> SignatureRefusal.Code? {
    do {
        try body()
        return nil
    } catch {
        return (error as? SignatureRefusal)?.code
    }
}
