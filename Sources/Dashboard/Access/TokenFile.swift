// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Operations
internal import Vocabulary

/// Hashes of the tokens that let somebody read, a line each: `NAME sha256:` and 64 hex digits. Tokens are long and random
/// (`openssl rand -hex 32`): one plain hash is enough.
final class TokenFile: Sendable {
    enum TokenTag {}
    private let hashes: ListFile<Digest<TokenTag>>

    /// - Throws: `TokenFile` where it cannot be read, others may write to it, or a line is no token.
    init(_ path: String) throws(UserError) {
        hashes = try ListFile(
            path,
            .init(
                code: "TokenFile", forbidden: 0o022, danger: "written", remedy: "chmod go-w",
                line: "a name and the token's hash, sha256: and 64 hex digits",
                hint: "printf %s \"$TOKEN\" | sha256sum", empty: "holds no token, so nobody could read",
                parse: { $0.count == 2 ? Digest<TokenTag>(text: $0[1]) : nil }))
    }

    func knows(_ token: String) -> Bool {
        // Comparing hashes tells nothing of a token: who tries to guess does not choose what is compared.
        hashes.current.contains(Digest<TokenTag>(hashing: Array(token.utf8)))
    }
}
