// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
package import Planning
package import Vocabulary

/// What one channel tells, in the forms that channels take. Names and words of ours only: see `Alert`.
package struct Message: Sendable {
    /// Whose message it is.
    package struct Sender: Hashable, Sendable {
        package var repository: String
        package var repositoryName: String
        package var zone: ZoneName

        package init(repository: String, repositoryName: String, zone: ZoneName) {
            (self.repository, self.repositoryName, self.zone) = (repository, repositoryName, zone)
        }
    }
    package var sender: Sender
    package var dispatch: Dispatch
    package var at: Timestamp

    package init(_ dispatch: Dispatch, from sender: Sender, at: Timestamp) {
        (self.dispatch, self.sender, self.at) = (dispatch, sender, at)
    }

    private var worst: AlertPolicySpec.Severity? {
        dispatch.notices.filter { $0.event != .resolved }.map(\.alert.severity).max()
    }

    /// One line.
    package var subject: String {
        let name = "[\(sender.repositoryName)]"
        guard dispatch.count == 1, let notice = dispatch.notices.first else {
            return "\(name) \(worst.map { "\($0.rawValue): " } ?? "")\(counts)"
        }
        return "\(name) \(Self.head(notice)) \(notice.alert.headline)"
    }

    private static func head(_ notice: AlertNotice) -> String {
        switch notice.event {
        case .raised: "\(notice.alert.severity.rawValue):"
        case .repeated: "\(notice.alert.severity.rawValue), still:"
        case .resolved: "over:"
        }
    }

    private var counts: String {
        guard dispatch.count == dispatch.notices.count else { return "\(dispatch.count) alerts" }
        let parts = [(AlertNotice.Event.raised, "new"), (.repeated, "still standing"), (.resolved, "over")].compactMap {
            event, word in
            let count = dispatch.notices.count { $0.event == event }
            return count == 0 ? nil : "\(count) \(word)"
        }
        return parts.joined(separator: ", ")
    }

    /// Lines for a person.
    package var text: String {
        var lines = ["\(sender.repositoryName), zone \(sender.zone): \(counts)"]
        for notice in dispatch.notices {
            lines.append("")
            lines.append("\(Self.head(notice)) \(notice.alert.headline)")
            if notice.event != .resolved, let next = notice.alert.next { lines.append("    next: \(next)") }
        }
        let left = dispatch.count - dispatch.notices.count
        if left > 0 { lines += ["", "and \(left) more: countersign alerts"] }
        return lines.map { Shown.text($0) + "\n" }.joined()
    }

    /// What webhooks and commands get.
    package var json: JSONValue {
        [
            "formatVersion": "1", "delivery": .string(dispatch.id), "at": .string(at.description),
            "repository": .string(sender.repository), "repositoryName": .string(sender.repositoryName),
            "zone": .string(sender.zone.text), "subject": .string(Shown.text(subject)),
            "alerts": .array(dispatch.notices.map { AlertJSON.value($0) }),
            "more": .integer(Int64(dispatch.count - dispatch.notices.count)),
        ]
    }

    /// What chat services take: `&`, `<` and `>` begin links, mentions and markup there.
    package func chat(field: String) -> JSONValue {
        let escaped = text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
        var object = JSONObject()
        object[field] = .string(escaped)
        return .object(object)
    }
}
