// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import Planning
internal import Vocabulary

/// E-mail by the gateway's own sendmail: it queues, and knows the way. The message goes to its standard input, recipients are
/// arguments, and no recipient is ever read out of the message (no -t).
struct MailCourier {
    private let mail: ChannelSpec.Mail

    init(_ mail: ChannelSpec.Mail) { self.mail = mail }

    func send(_ message: Message, to recipients: [String], within limit: Duration) async throws(DeliveryError) {
        // Sendmail's manual: -i takes a line with a single dot for what it is, -f names the sender of the envelope.
        try await ProgramRun.run(
            mail.program + ["-i", "-f", mail.from, "--"] + recipients,
            input: Array(Self.text(message, from: mail.from, to: recipients).utf8), within: limit)
    }

    /// RFC 5322. One header is one line of printable ASCII, whatever stands in it.
    static func text(_ message: Message, from: String, to recipients: [String]) -> String {
        let domain = from.split(separator: "@").last.map(String.init) ?? "localhost"
        let headers = [
            ("From", from), ("To", recipients.joined(separator: ",\n ")), ("Subject", line(message.subject)),
            ("Date", date(message.at)), ("Message-ID", "<\(message.dispatch.id)@\(domain)>"),
            // RFC 3834: nobody's absence is told to a program.
            ("Auto-Submitted", "auto-generated"), ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"), ("Content-Transfer-Encoding", "8bit"),
            ("Countersign-Delivery", message.dispatch.id),
        ]
        return headers.map { "\($0): \($1)\n" }.joined() + "\n" + message.text
    }

    /// Printable ASCII, at most 200 characters: nothing ends the header or the line limit of RFC 5322, 2.1.1.
    static func line(_ text: String) -> String {
        let plain = Shown.text(text).unicodeScalars.map { scalar in
            (0x20...0x7e).contains(scalar.value) ? Character(scalar) : "?"
        }
        return plain.count > 200 ? String(plain.prefix(197)) + "..." : String(plain)
    }

    /// RFC 5322, 3.3.
    static func date(_ time: Timestamp) -> String {
        let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]  // 1970-01-01 was a Thursday
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let civil = CivilTime(time)
        let day = days[Int(((time.secondsSince1970 / 86_400) % 7 + 7) % 7)]
        return
            "\(day), \(civil.day) \(months[civil.month - 1]) \(civil.year) \(time.description.dropFirst(11).prefix(8)) +0000"
    }
}
