// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import CBoringSSL
internal import Glibc

/// As `OpenSSLSetUp`, as far as BoringSSL has it.
final class BoringSetUp: TLSSetUp {
    fileprivate let raw: OpaquePointer
    fileprivate let chainBytes: Int
    /// What one call of recv(2) brings: the handshakes of a set-up are made on one thread, and none keeps it.
    fileprivate let inbox: UnsafeMutableBufferPointer<UInt8>

    init?(_ keyType: ProbeKeyType, chainBytes: Int) {
        guard let context = countersign_boring_context_new() else { return nil }
        (raw, self.chainBytes) = (context, chainBytes)
        inbox = .allocate(capacity: 32 << 10)
        countersign_boring_context_set_chain_bytes(context, chainBytes)
        let signatures = Self.signatures(keyType)
        guard
            countersign_boring_context_offer(
                context, signatures, signatures.count, Self.groups, Self.groups.count,
                Self.ciphers(keyType).joined(separator: ":")) == 1
        else { return nil }
    }

    deinit {
        countersign_boring_context_free(raw)
        inbox.deallocate()
    }

    func client(on descriptor: Int32, serverName: String?) throws(HandshakeFailure) -> any TLSClient {
        guard let client = BoringClient(self, on: descriptor, serverName: serverName) else {
            throw HandshakeFailure(.local, "BoringSSL cannot be set up")
        }
        return client
    }

    /// X25519, P-256, P-521, P-384, as OpenSSL has them. Named, because BoringSSL by itself makes a key for ML-KEM as well.
    private static let groups: [UInt16] = [29, 23, 25, 24]

    /// In the order in which OpenSSL offers them.
    private static func signatures(_ keyType: ProbeKeyType) -> [UInt16] {
        switch keyType {
        // ECDSA with SHA-256, 384, 512; Ed25519; RSA-PSS; RSA; and both with SHA-1.
        case .any:
            [0x0403, 0x0503, 0x0603, 0x0807, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0203, 0x0201]
        case .rsa: [0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0201]
        case .ecdsa: [0x0403, 0x0503, 0x0603, 0x0203]
        }
    }

    /// In the order in which OpenSSL offers them. Without 3DES, which OpenSSL is built without.
    private static func ciphers(_ keyType: ProbeKeyType) -> [String] {
        let ends = [
            "AES256-GCM-SHA384", "CHACHA20-POLY1305", "AES128-GCM-SHA256", "AES128-SHA256", "AES256-SHA", "AES128-SHA",
        ]
        let ephemeral = ends.flatMap { ["ECDHE-ECDSA-\($0)", "ECDHE-RSA-\($0)"] }
        let all = ephemeral + ["AES256-GCM-SHA384", "AES128-GCM-SHA256", "AES256-SHA", "AES128-SHA"]
        return switch keyType {
        case .any: all
        case .rsa: all.filter { !$0.contains("ECDSA") }
        case .ecdsa: all.filter { $0.contains("ECDSA") }
        }
    }
}

/// Owns one `SSL *`; used on the engine's thread only.
///
/// BoringSSL reads and writes memory here. What has come is taken from the socket at once (by itself BoringSSL makes two system calls
/// for every record), and what it says goes out at once, the goodbye together with the last message.
private final class BoringClient: TLSClient {
    private let setUp: BoringSetUp
    private let descriptor: Int32
    private let raw: OpaquePointer
    /// What the socket has not taken yet.
    private var unsent: [UInt8] = []
    private var hasBegun = false

    init?(_ setUp: BoringSetUp, on descriptor: Int32, serverName: String?) {
        guard let client = countersign_boring_client_new(setUp.raw, serverName) else { return nil }
        (self.setUp, self.descriptor, raw) = (setUp, descriptor, client)
    }

    deinit { countersign_boring_client_free(raw) }

    func advance() -> TLSProgress {
        while true {
            if let failure = flush() { return .ended(.failed(failure)) }
            if hasBegun {
                let count = recv(descriptor, setUp.inbox.baseAddress, setUp.inbox.count, 0)
                if count < 0 {
                    if errno == EINTR { continue }
                    if errno == EAGAIN { return .waiting }
                    return .ended(.failed(SystemFault.failure(errno)))
                }
                guard count > 0 else { return .ended(.failed(SystemFault.closed)) }
                guard countersign_boring_client_hear(raw, setUp.inbox.baseAddress, count) == 1 else {
                    return .ended(.failed(HandshakeFailure(.local, "no memory")))
                }
            }
            hasBegun = true
            switch countersign_boring_client_shake(raw) {
            case countersign_boring_listening: continue
            case countersign_boring_done:
                let outcome = taken()
                countersign_boring_client_say_goodbye(raw)
                _ = flush()
                return .ended(outcome)
            default:
                let failure = Self.failure()
                _ = flush()
                return .ended(.failed(failure))
            }
        }
    }

    /// nil: sent, or kept until the socket takes it.
    private func flush() -> HandshakeFailure? {
        var said: UnsafePointer<UInt8>?
        let count = countersign_boring_client_said(raw, &said)
        if count > 0, let said {
            unsent += UnsafeBufferPointer(start: said, count: count)
            countersign_boring_client_forget_said(raw)
        }
        while !unsent.isEmpty {
            let sent = send(descriptor, unsent, unsent.count, Int32(MSG_NOSIGNAL))
            if sent >= 0 {
                unsent.removeFirst(sent)
            } else if errno == EAGAIN {
                return nil
            } else if errno != EINTR {
                return SystemFault.failure(errno)
            }
        }
        return nil
    }

    private func taken() -> HandshakeOutcome {
        let certificates = (0..<countersign_boring_client_certificates(raw)).map { index in
            bytes { countersign_boring_client_certificate(raw, index, &$0) }
        }
        // BoringSSL has no limit below 16 KB.
        guard certificates.reduce(0, { $0 + 3 + $1.count }) <= setUp.chainBytes else {
            return .failed(SystemFault.chainTooLarge)
        }
        let staple = bytes { countersign_boring_client_staple(raw, &$0) }
        let version = countersign_boring_client_version(raw).map { String(cString: $0) } ?? ""
        let cipher = countersign_boring_client_cipher(raw).map { String(cString: $0) } ?? ""
        guard
            let served = ServedCertificate(
                certificates: certificates, version: version, cipher: cipher, staple: staple.isEmpty ? nil : staple)
        else { return .failed(SystemFault.noCertificate) }
        return .served(served)
    }

    private func bytes(_ read: (inout UnsafePointer<UInt8>?) -> Int) -> [UInt8] {
        var bytes: UnsafePointer<UInt8>?
        let count = read(&bytes)
        return Array(UnsafeBufferPointer(start: bytes, count: bytes == nil ? 0 : count))
    }

    private static func failure() -> HandshakeFailure {
        var reason: UnsafePointer<CChar>?
        let fault = countersign_boring_take_fault(&reason)
        let words = reason.map { String(cString: $0) }
        return switch fault {
        case countersign_boring_fault_alert: SystemFault.alert(words)
        case countersign_boring_fault_not_tls: SystemFault.notTLS(words ?? "no reason given")
        case countersign_boring_fault_too_large: SystemFault.chainTooLarge
        default: HandshakeFailure(.handshakeFailed, words ?? "the handshake failed")
        }
    }
}
