// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL
internal import Glibc

/// What the system and OpenSSL say went wrong, as a code of ours.
enum SystemFault {
    static let closed = HandshakeFailure(.closed, "the connection was closed in the middle of the handshake")
    static let noCertificate = HandshakeFailure(.noCertificate, "the server sent no certificate")
    static let chainTooLarge = HandshakeFailure(.chainTooLarge, "the server sends more certificates than are read")

    static func notTLS(_ words: String) -> HandshakeFailure {
        HandshakeFailure(.notTLS, "what answered does not speak TLS: \(words)")
    }

    static func alert(_ name: String?) -> HandshakeFailure {
        HandshakeFailure(.alert, "alert: \(name ?? "unknown")")
    }

    static func words(_ fault: Int32) -> String { String(cString: strerror(fault)) }

    static func failure(_ fault: Int32) -> HandshakeFailure {
        let code: HandshakeFailure.Code =
            switch fault {
            case ECONNREFUSED: .refused
            case ECONNRESET, EPIPE, ECONNABORTED: .reset
            case ENETUNREACH, EHOSTUNREACH, ENETDOWN, EHOSTDOWN, EADDRNOTAVAIL, EAFNOSUPPORT, EACCES, EPERM:
                .unreachable
            case ETIMEDOUT: .connectTimedOut
            default: .local
            }
        return HandshakeFailure(code, words(fault))
    }

    /// The oldest entry says what happened first; the queue is empty afterwards.
    static func tlsFailure() -> HandshakeFailure {
        let error = ERR_get_error()
        let words = ERR_reason_error_string(error).map { String(cString: $0) } ?? "the handshake failed"
        ERR_clear_error()
        let reason = ERR_GET_REASON(error)
        if reason >= SSL_AD_REASON_OFFSET {
            let alert = SSL_alert_desc_string_long(reason - SSL_AD_REASON_OFFSET).map { String(cString: $0) }
            return self.alert(alert)
        }
        switch reason {
        case SSL_R_UNEXPECTED_EOF_WHILE_READING: return closed
        case SSL_R_EXCESSIVE_MESSAGE_SIZE: return chainTooLarge
        case SSL_R_WRONG_VERSION_NUMBER, SSL_R_UNKNOWN_PROTOCOL, SSL_R_HTTP_REQUEST, SSL_R_PACKET_LENGTH_TOO_LONG,
            SSL_R_BAD_RECORD_TYPE, SSL_R_RECORD_TOO_SMALL:
            return notTLS(words)
        default: return HandshakeFailure(.handshakeFailed, words)
        }
    }

    static func drain() -> String {
        let error = ERR_get_error()
        ERR_clear_error()
        return ERR_reason_error_string(error).map { String(cString: $0) } ?? "OpenSSL gave no reason"
    }
}
