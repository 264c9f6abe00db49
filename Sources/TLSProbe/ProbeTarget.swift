// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

/// What is spoken before the TLS handshake.
package enum ProbeProtocol: String, Hashable, Sendable {
    /// TLS from the first byte.
    case tls
    /// STARTTLS, or what stands for it.
    case smtp, imap, pop3, postgres
}

/// Which of two certificates a server with both is asked for: the client offers only signatures (TLS 1.2 and 1.3) and
/// cipher suites (TLS 1.2 and before) of that kind.
package enum ProbeKeyType: String, Hashable, Sendable {
    case any, rsa, ecdsa
}

/// One place where a certificate should be served: every address that `host` stands for is asked.
package struct ProbeTarget: Hashable, Sendable {
    /// An address, or a name that is resolved to all its A and AAAA records.
    package var host: String
    package var port: UInt16
    /// Sent as SNI where it is a host name (RFC 6066, 3); nil, or an address: no SNI.
    package var serverName: String?
    package var `protocol`: ProbeProtocol
    package var keyType: ProbeKeyType
    /// Where it may be: no packet goes anywhere else, whatever the name resolves to. nil: anywhere.
    package var allowed: [ProbeRange]?

    package init(
        host: String, port: UInt16, serverName: String?, protocol: ProbeProtocol = .tls, keyType: ProbeKeyType = .any,
        allowed: [ProbeRange]? = nil
    ) {
        self.host = host
        self.port = port
        self.serverName = serverName
        self.protocol = `protocol`
        self.keyType = keyType
        self.allowed = allowed
    }
}

/// How long, how many at once, how much.
package struct ProbeLimits: Hashable, Sendable {
    /// For each name.
    package var resolve: Duration
    /// Until TCP is established.
    package var connect: Duration
    /// From then until the handshake is complete. Above the time that `concurrency` handshakes take one thread (about
    /// 0.2 ms each, 0.5 where OpenSSL makes them), or the probe's own queue looks like a slow server.
    package var handshake: Duration
    /// For the whole batch; what has not been reached by then is `notReached`.
    package var whole: Duration
    /// Handshakes that give the thread something to do: 32 give the rate of 256 (measured), with an eighth of the queue.
    package var concurrency: Int
    /// All that are open at once, those with them that have kept silent for longer than `quiet`: who hangs holds up nobody but himself.
    package var open: Int
    /// For so long a silent one has the place of one that is at work: `concurrency` of them at a time are found to hang in it, and
    /// 500 in 0.4 s.
    package var quiet: Duration
    package var perAddress: Int
    /// Bytes of all certificates that a server sends.
    package var chainBytes: Int

    package init(
        resolve: Duration = .seconds(5), connect: Duration = .seconds(5), handshake: Duration = .seconds(10),
        whole: Duration = .seconds(300), concurrency: Int = 32, open: Int = 512, quiet: Duration = .milliseconds(25),
        perAddress: Int = 8, chainBytes: Int = 100_000
    ) {
        self.resolve = resolve
        self.connect = connect
        self.handshake = handshake
        self.whole = whole
        self.concurrency = max(1, concurrency)
        // Below the 1,024 descriptors that a process may usually have (getrlimit(2)).
        self.open = max(self.concurrency, open)
        self.quiet = max(.milliseconds(1), quiet)
        self.perAddress = max(1, perAddress)
        self.chainBytes = max(1024, chainBytes)
    }
}
