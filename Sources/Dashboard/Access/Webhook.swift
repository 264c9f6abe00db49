// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Operations
internal import Synchronization
internal import Vocabulary

/// Who may wake the service over HTTP. A request is signed with HMAC-SHA-256 (RFC 2104) under a secret that both sides have, over its
/// time, a point and its body; what it says is not read.
///
/// `Countersign-Timestamp`: seconds since 1970, at most five minutes from now. `Countersign-Signature`: `sha256=` and 64 lower-case
/// hex digits. Each signature is good once.
final class Webhook: Sendable {
    enum Verdict: Hashable, Sendable {
        case accepted
        /// Of nobody's secret, or no signature at all.
        case notSigned
        case outOfTime
        case repeated
    }
    /// What `git push` writes to its hook is a line a ref; more is not read.
    static let longestBody = 64 << 10
    private static let window = Seconds.minutes(5)
    private static let mostRemembered = 10_000

    private let secrets: ListFile<SecretBytes>
    /// Signatures that were good, until they are too old.
    private let used = Mutex<[Digest<FileContent>: Timestamp]>([:])

    /// - Parameter path: a file that nobody else can read, a line for each secret: `NAME SECRET`.
    /// - Throws: `WebhookSecrets` where it cannot be read, others may read it, or a secret is short.
    init(_ path: String) throws(UserError) {
        secrets = try ListFile(
            path,
            .init(
                code: "WebhookSecrets", forbidden: 0o077, danger: "read", remedy: "chmod 0600",
                line: "a name and a secret of 32 characters at least", hint: "openssl rand -hex 32",
                empty: "holds no secret, so nobody could wake it",
                parse: { words in
                    guard words.count == 2, words[1].utf8.count >= 32 else { return nil }
                    var bytes = Array(words[1].utf8)
                    return SecretBytes(taking: &bytes)
                }))
    }

    func verdict(timestamp: String?, signature: String?, body: [UInt8], now: Timestamp) -> Verdict {
        guard let timestamp, let signature, signature.hasPrefix("sha256="),
            let claimed = Digest<FileContent>(hex: String(signature.dropFirst(7))), (1...12).contains(timestamp.utf8.count),
            timestamp.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let seconds = Int64(timestamp)
        else { return .notSigned }
        let message = Array("\(timestamp).".utf8) + body
        // All of them, whichever fits: how long it takes says nothing of what a secret is.
        var fits = false
        for secret in secrets.current {
            fits = authenticationCode(of: message, under: secret).equalsInConstantTime(claimed) || fits
        }
        guard fits else { return .notSigned }
        let at = Timestamp(secondsSince1970: seconds)
        guard at <= now + Self.window, now <= at + Self.window else { return .outOfTime }
        return used.withLock { used in
            if used.count >= Self.mostRemembered { used = used.filter { now <= $0.value + Self.window } }
            guard used[claimed] == nil, used.count < Self.mostRemembered else { return .repeated }
            used[claimed] = at
            return .accepted
        }
    }
}
