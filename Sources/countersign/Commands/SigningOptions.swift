// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Approvals
internal import Vocabulary

/// What every signing command takes.
struct SigningOptions: ParsableArguments {
    @Argument(
        help: "WO-…, REQ-… or POL-… (a unique beginning is enough), or sha256: and 64 digits; with --yes only the last."
    )
    var ids: [String]
    @Option(help: "The level to sign.")
    var level: String?
    @Option(name: .shortAndLong, help: ArgumentHelp("A comment, kept in the signed record.", valueName: "text"))
    var message: String?
    @Flag(name: .customLong("diff"), help: "Show what differs from what each slot last completed.")
    var showsDifference = false
    @Flag(name: .customLong("yes"), help: "Sign without asking; only for full digests.")
    var isAgreed = false
    @Flag(name: .customLong("no-push"), help: "Make the record, but do not push it.")
    var staysLocal = false

    func validate() throws {
        guard isAgreed else { return }
        // An ID has 40 bits: a name for people. Without a look at the content only the digest says what is signed.
        if let short = ids.first(where: { WorkOrderDigest(text: $0) == nil }) {
            throw ValidationError("--yes signs full digests only (sha256: and 64 digits), not '\(short)'")
        }
    }
}

/// When it may be pushed.
struct TimingOptions: ParsableArguments {
    @Flag(help: "Attended: pushed once implement is signed (the default).")
    var manual = false
    @Option(
        name: .customLong("at"), help: ArgumentHelp("Unattended: pushed from then on, RFC 3339.", valueName: "time"))
    var start: Timestamp?
    @Option(
        name: .customLong("until"),
        help: ArgumentHelp("Never pushed later than that (default: 4 h after --at).", valueName: "time"))
    var end: Timestamp?
    @Option(
        help: ArgumentHelp(
            "At the last level: 'changes N', 'endpoint-down ADDRESS:PORT' or 'holds-other'.", valueName: "what"))
    var acknowledge: [Acknowledged] = []

    func validate() throws {
        if manual, start != nil { throw ValidationError("--manual and --at exclude each other") }
        guard let start else {
            if end != nil { throw ValidationError("--until needs --at") }
            return
        }
        if let end, end <= start { throw ValidationError("--until is not after --at") }
    }

    var implementation: ApprovalRecord.Implementation {
        start.map { .scheduled(Window(start: $0, end: end ?? $0 + .hours(4))) } ?? .manual
    }
}

/// One `--acknowledge`, as it is written in the record.
struct Acknowledged: ExpressibleByArgument {
    var acknowledgement: ApprovalRecord.Acknowledgement

    init?(argument: String) {
        guard let known = ApprovalRecord.Acknowledgement(argument) else { return nil }
        acknowledgement = known
    }
}

extension Timestamp: ExpressibleByArgument {
    public init?(argument: String) { self.init(rfc3339: argument) }
}
