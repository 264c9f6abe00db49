// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

/// What the trailers of one record say, each value of exactly one form.
struct RecordTerms: Equatable {
    static let version = "approval/v1"
    static let mostWorkOrders = 1000
    static let mostAcknowledgements = 1000

    var repository: String
    var level: String
    var decision: ApprovalRecord.Decision
    var subject: ApprovalRecord.Subject
    var implementation: ApprovalRecord.Implementation
    var emergency: Bool
    var acknowledgements: [ApprovalRecord.Acknowledgement]

    /// Fails with `Malformed`.
    init(_ trailers: [RecordMessage.Trailer]) throws(Refusal) {
        func values(_ name: RecordMessage.Name) -> [String] { trailers.filter { $0.name == name }.map(\.value) }
        func value(_ name: RecordMessage.Name) throws(Refusal) -> String {
            guard let value = values(name).first else { throw Words.malformed("\(name.rawValue) is missing") }
            return value
        }
        let version = try value(.record)
        guard version == Self.version else {
            throw Words.malformed("a record of the form \(version); this is read: \(Self.version)")
        }
        repository = try value(.repository)
        guard Self.isUUID(repository) else { throw Words.malformed("the repository is not a lower-case UUID") }
        level = try value(.level)
        guard Self.isLevel(level) else { throw Words.malformed("`\(level.prefix(60))` is not the name of a level") }
        guard let decision = ApprovalRecord.Decision(rawValue: try value(.decision)) else {
            throw Words.malformed("the decision is none of \(ApprovalRecord.Decision.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        self.decision = decision
        subject = try Self.subject(workOrders: values(.workOrder), policyChange: values(.policyChange).first)
        implementation = try Self.implementation(try value(.implementation))
        if [.reject, .revoke, .cancel, .halt, .resume].contains(decision), implementation != .manual {
            throw Words.malformed("a \(decision.rawValue) has the implementation `manual`")
        }
        if [.halt, .resume].contains(decision), case .policyChange = subject {
            throw Words.malformed("a \(decision.rawValue) is of work orders, not of a policy change")
        }
        switch values(.emergencyClass).first {
        case nil: emergency = false
        case "emergency": emergency = true
        case let other?: throw Words.malformed("there is no class `\(other.prefix(60))`")
        }
        acknowledgements = try Self.acknowledgements(values(.acknowledge))
    }

    private static func subject(
        workOrders: [String], policyChange: String?
    ) throws(Refusal) -> ApprovalRecord.Subject {
        if let policyChange {
            guard workOrders.isEmpty else { throw Words.malformed("it names work orders and a policy change") }
            return .policyChange(try named(policyChange) { $0.id })
        }
        guard !workOrders.isEmpty else { throw Words.malformed("it names no work order and no policy change") }
        guard workOrders.count <= mostWorkOrders else {
            throw Words.malformed("it names \(workOrders.count) work orders; \(mostWorkOrders) are the most")
        }
        var (digests, seen): ([WorkOrderDigest], Set<WorkOrderDigest>) = ([], [])
        for value in workOrders {
            let digest = try named(value) { (digest: WorkOrderDigest) in digest.id }
            guard seen.insert(digest).inserted else { throw Words.malformed("it names \(digest.id) twice") }
            digests.append(digest)
        }
        return .workOrders(digests)
    }

    /// `WO-7Q3K9D2M sha256:5d0c…`: the id must be the digest's own, or a reader would be shown one and sign another.
    private static func named<Subject>(
        _ value: String, _ id: (Digest<Subject>) -> String
    ) throws(Refusal) -> Digest<Subject> {
        let parts = value.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 2, let digest = Digest<Subject>(text: parts[1]) else {
            throw Words.malformed("`\(value.prefix(80))` is not an id and a full digest in lower-case hex")
        }
        guard parts[0] == id(digest) else {
            throw Words.malformed(
                "`\(parts[0].prefix(40))` is not the id of the digest beside it, which is \(id(digest))")
        }
        return digest
    }

    private static func implementation(_ value: String) throws(Refusal) -> ApprovalRecord.Implementation {
        if value == "manual" { return .manual }
        let parts = value.split(separator: " ", omittingEmptySubsequences: false)
        let times = parts.last?.split(separator: "/", omittingEmptySubsequences: false) ?? []
        guard parts.count == 2, parts[0] == "scheduled", times.count == 2, let start = Timestamp(rfc3339: times[0]),
            let end = Timestamp(rfc3339: times[1])
        else {
            throw Words.malformed(
                "the implementation is neither `manual` nor `scheduled FROM/UNTIL` (RFC 3339, with offset)")
        }
        guard start < end else { throw Words.malformed("the scheduled time ends before it begins") }
        return .scheduled(Window(start: start, end: end))
    }

    fileprivate static func acknowledgements(
        _ values: [String]
    ) throws(Refusal) -> [ApprovalRecord.Acknowledgement] {
        guard values.count <= mostAcknowledgements else { throw Words.malformed("it acknowledges too much") }
        var found: [ApprovalRecord.Acknowledgement] = []
        for value in values {
            let parts = value.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
            switch (parts[0], parts.count) {
            case ("holds-other", 1): found.append(.holdsOther)
            case ("changes", 2):
                guard let number = number(parts[1]), number > 0 else { throw unknown(value) }
                found.append(.changes(number))
            case ("endpoint-down", 2):
                guard isEndpoint(parts[1]) else { throw unknown(value) }
                found.append(.endpointDown(parts[1]))
            default: throw unknown(value)
            }
        }
        return found

        func unknown(_ value: String) -> Refusal {
            Words.malformed(
                "`\(value.prefix(60))` is none of `changes NUMBER`, `endpoint-down ADDRESS:PORT`, `holds-other`")
        }
    }

    /// Decimal, without sign and leading zeros, at most nine digits.
    private static func number(_ text: some StringProtocol) -> Int? {
        guard (1...9).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            text == "0" || text.utf8.first != 0x30
        else { return nil }
        return Int(text)
    }

    private static func isEndpoint(_ text: String) -> Bool {
        guard let colon = text.lastIndex(of: ":"), colon > text.startIndex else { return false }
        return number(text[text.index(after: colon)...]).map { (1...65535).contains($0) } ?? false
    }

    /// 8-4-4-4-12 lower-case hex digits (RFC 9562).
    static func isUUID(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return bytes.count == 36
            && bytes.indices.allSatisfy { index in
                switch index {
                case 8, 13, 18, 23: bytes[index] == 0x2d
                default: (0x30...0x39).contains(bytes[index]) || (0x61...0x66).contains(bytes[index])
                }
            }
    }

    private static func isLevel(_ text: String) -> Bool {
        (1...63).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (0x61...0x7a).contains($0 | 0x20) || (0x30...0x39).contains($0) || $0 == 0x2d || $0 == 0x2e
                    || $0 == 0x5f
            }
    }
}

extension ApprovalRecord.Acknowledgement {
    /// As the trailer says it; nil for what says nothing that is known.
    package init?(_ text: String) {
        guard let known = try? RecordTerms.acknowledgements([text]).first else { return nil }
        self = known
    }
}
