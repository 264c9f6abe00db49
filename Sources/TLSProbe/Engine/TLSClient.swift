// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// The client's side of one TLS handshake on a connected socket, by whichever library.
protocol TLSClient: AnyObject {
    /// Goes as far as it can without waiting; after a handshake it says goodbye, so that the server's log stays clean.
    func advance() -> TLSProgress
}

enum TLSProgress {
    /// Until something comes, or goes, on the socket.
    case waiting
    case ended(HandshakeOutcome)
}

/// How a client is set up, for all handshakes of one kind in a run.
protocol TLSSetUp {
    /// The socket does not block, and stays the caller's.
    func client(on descriptor: Int32, serverName: String?) throws(HandshakeFailure) -> any TLSClient
}

/// Two libraries, one verdict.
///
/// BoringSSL begins, because a handshake costs it less than half of what it costs OpenSSL 3.0 (docs/benchmarks.md, "Probe"), with
/// TLS 1.2 as with 1.3, with RSA as with ECDSA, and whatever was spoken before: so it begins with every protocol and key type. It
/// offers what OpenSSL offers, in the same order, as far as it has it. A certificate that it brings is taken: it is what any client is
/// sent, and the server has proved to have its key.
///
/// A failure is OpenSSL's to pronounce, over a second connection: it speaks what BoringSSL has left out (DHE, CCM, Camellia, RSA-PSS
/// keys, Ed448, X448, keys below 512 bits, certificates whose key usage allows no signature), and its words are those that an operator
/// finds elsewhere. The endpoint is OpenSSL's for the rest of the run then. Only time that has run out is not asked for again.
///
/// A server that has several certificates chooses among them by what is offered. The same one is chosen unless it is only to be had by
/// what BoringSSL has left out, beside one that is not: an RSA-PSS or Ed448 key, or an ECDSA key for CBC ciphers with SHA-384 alone.
package enum TLSLibrary: Hashable, Sendable {
    case boringSSL, openSSL

    func setUp(_ keyType: ProbeKeyType, chainBytes: Int) -> (any TLSSetUp)? {
        switch self {
        case .boringSSL: BoringSetUp(keyType, chainBytes: chainBytes)
        case .openSSL: OpenSSLSetUp(keyType, chainBytes: chainBytes)
        }
    }
}
