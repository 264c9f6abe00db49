// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

/// What is said in plain text before the TLS handshake: bytes in, bytes out, until the server says go, or fails to.
///
/// Nothing of it is trusted. Lines, and all of them together, are bounded; and what a server, or whoever stands in the way, sends
/// after its go and before ours is refused: taken along into TLS it would pass for something said under its protection
/// (RFC 3207, 4.2; RFC 9051, 6.2.1; CVE-2021-23222 for PostgreSQL).
struct Opening: Sendable {
    enum Answer: Hashable, Sendable {
        /// Say this, possibly nothing, and go on reading.
        case say([UInt8])
        /// It is TLS from here.
        case begin
        case failed(HandshakeFailure)
    }

    private enum State: Sendable {
        case greeting, capabilities, go
    }

    private let spoken: ProbeProtocol
    private var state = State.greeting
    private var buffer: [UInt8] = []
    private var total = 0
    private var offersTLS = false

    /// Of one line, its end included (RFC 5321 has 512 bytes, servers take liberties).
    static let longestLine = 4096
    static let mostBytes = 64 << 10

    /// nil: TLS from the first byte.
    init?(_ spoken: ProbeProtocol) {
        if spoken == .tls { return nil }
        self.spoken = spoken
    }

    /// What we say first: with PostgreSQL the client begins.
    var first: [UInt8] {
        switch spoken {
        // Length 8, and the code that no version of the protocol has (1234, 5679): "SSLRequest".
        case .postgres: [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]
        case .tls, .smtp, .imap, .pop3: []
        }
    }

    mutating func hear(_ bytes: some Sequence<UInt8>) -> Answer {
        let before = buffer.count
        buffer += bytes
        total += buffer.count - before
        guard total <= Self.mostBytes else {
            return refuse(.notTLS, "more than \(Self.mostBytes) bytes and no TLS yet")
        }
        if spoken == .postgres { return hearPostgres() }
        var said: [UInt8] = []
        while let line = takeLine() {
            switch hear(line: line) {
            case .say(let words): said += words
            case .begin:
                guard buffer.isEmpty else {
                    return refuse(
                        .injected,
                        "\(buffer.count) bytes in plain text stand behind the server's go: somebody may have put them in"
                    )
                }
                return .begin
            case .failed(let failure): return .failed(failure)
            }
        }
        guard buffer.count < Self.longestLine else { return refuse(.notTLS, "a line that does not end") }
        return .say(said)
    }

    private func refuse(_ code: HandshakeFailure.Code, _ detail: String) -> Answer {
        .failed(HandshakeFailure(code, detail))
    }

    /// Without CR and LF.
    private mutating func takeLine() -> String? {
        guard let end = buffer.firstIndex(of: 0x0a) else { return nil }
        var line = buffer[..<end]
        if line.last == 0x0d { line.removeLast() }
        let text = String(decoding: line, as: UTF8.self)
        buffer.removeSubrange(...end)
        return text
    }

    private mutating func hear(line: String) -> Answer {
        switch spoken {
        case .smtp: hearSMTP(line)
        case .imap: hearIMAP(line)
        case .pop3: hearPOP3(line)
        case .tls, .postgres: refuse(.local, "not a protocol of lines")
        }
    }

    private func notOffered(_ line: String) -> Answer {
        refuse(.startTLSRefused, "the server will not speak TLS: \(Self.shown(line))")
    }
    private func foreign(_ line: String) -> Answer {
        refuse(.notTLS, "what answered does not speak \(spoken.rawValue): \(Self.shown(line))")
    }
    private static func shown(_ line: String) -> String { Shown.text(String(line.prefix(200))) }

    // MARK: SMTP (RFC 5321, 4.2; RFC 3207)

    private mutating func hearSMTP(_ line: String) -> Answer {
        let code = line.prefix(3)
        let mark = line.dropFirst(3).first
        guard code.count == 3, code.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            mark == nil || mark == "-" || mark == " "
        else { return foreign(line) }
        let isLast = mark != "-"
        switch state {
        case .greeting:
            guard code == "220" else { return notOffered(line) }
            guard isLast else { return .say([]) }
            state = .capabilities
            return .say(Array("EHLO countersign.invalid\r\n".utf8))
        case .capabilities:
            guard code == "250" else { return notOffered(line) }
            if line.dropFirst(4).split(separator: " ").first?.uppercased() == "STARTTLS" { offersTLS = true }
            guard isLast else { return .say([]) }
            guard offersTLS else { return refuse(.startTLSRefused, "the server offers no STARTTLS") }
            state = .go
            return .say(Array("STARTTLS\r\n".utf8))
        case .go:
            guard code == "220" else { return notOffered(line) }
            return isLast ? .begin : .say([])
        }
    }

    // MARK: IMAP (RFC 9051, 6.2.1)

    private mutating func hearIMAP(_ line: String) -> Answer {
        let words = line.split(separator: " ", maxSplits: 2).map(String.init)
        switch (state, words.first, words.dropFirst().first?.uppercased()) {
        case (.greeting, "*", "OK"):
            state = .go
            return .say(Array("a STARTTLS\r\n".utf8))
        case (.greeting, "*", "BYE"), (.greeting, "*", "PREAUTH"): return notOffered(line)
        case (.greeting, _, _): return foreign(line)
        case (_, "*", "BYE"): return notOffered(line)
        case (_, "*", _): return .say([])
        case (_, "a", "OK"): return .begin
        case (_, "a", _): return notOffered(line)
        default: return foreign(line)
        }
    }

    // MARK: POP3 (RFC 2595, 4)

    private mutating func hearPOP3(_ line: String) -> Answer {
        let isGood = line == "+OK" || line.hasPrefix("+OK ")
        guard isGood || line.hasPrefix("-ERR") else { return foreign(line) }
        guard isGood else { return notOffered(line) }
        guard state == .greeting else { return .begin }
        state = .go
        return .say(Array("STLS\r\n".utf8))
    }

    // MARK: PostgreSQL (Frontend/Backend Protocol, "SSL Session Encryption")

    private mutating func hearPostgres() -> Answer {
        guard let byte = buffer.first else { return .say([]) }
        switch byte {
        case UInt8(ascii: "S"):
            guard buffer.count == 1 else {
                return refuse(
                    .injected,
                    "\(buffer.count - 1) bytes in plain text stand behind the server's go: somebody may have put them in"
                )
            }
            return .begin
        case UInt8(ascii: "N"): return refuse(.startTLSRefused, "the server will not speak TLS: ssl is off")
        // A server from before 7.3, or one that cannot fork: an error message, which nothing vouches for.
        case UInt8(ascii: "E"): return refuse(.startTLSRefused, "the server answered the request for TLS by an error")
        default: return refuse(.notTLS, "what answered does not speak postgres")
        }
    }
}
