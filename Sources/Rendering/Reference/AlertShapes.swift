// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import Planning

/// What `alerts` prints, and what webhooks and commands get.
enum AlertShapes {
    private static let members: [JSONShape.Member] = [
        .has("policy", .text, "The AlertPolicy."),
        .has("kind", .words(AlertKind.allCases.map(\.rawValue)), "What it is about."),
        .has("subject", .text, "Tells it from others of its policy and kind."),
        .has("severity", .words(AlertPolicySpec.Severity.allCases.map(\.rawValue)), "How urgent it is."),
        .has("headline", .text, "One line."), .has("since", .time, "Since when it holds."),
        .has("next", .orNull(.text), "The command that comes next."),
        .has("certificate", .orNull(.text), "Of which certificate."),
        .has("connectors", .list(.text), "Where: the first \(Alert.mostConnectors)."),
        .has("connectorCount", .number, "Of how many."), .has("device", .orNull(.text), "On which device."),
        .has("person", .orNull(.text), "Whose key."), .has("workOrder", .orNull(.text), "`WO-…`"),
        .has("request", .orNull(.text), "`REQ-…` or `POL-…`"),
        .has("level", .orNull(.text), "The level that waits."),
        .has("approvers", .list(.text), "Who may sign there, as the policy says it."),
        .has("people", .list(.text), "Who could."),
    ]
    private static let alert = JSONShape("Alert", members)
    private static let standing = JSONShape(
        "Standing alert",
        members + [.has("toldAt", .orNull(.time), "When it was told last; null: not yet, or unknown here.")])
    private static let notice = JSONShape(
        "Notice",
        [
            .has("channel", .text, "Over which channel."),
            .has("recipient", .orNull(.text), "Who alone, over a channel for approvers."),
            .has("event", .words(AlertNotice.Event.allCases.map(\.rawValue)), "Why."), .has("at", .time, "When."),
            .has("alert", .object(alert), "What."),
        ])
    private static let failure = JSONShape(
        "Channel failure",
        [
            .has("since", .time, "Since when nothing arrives."), .has("problem", .text, "What went wrong last."),
            .has("attempts", .number, "Failures in a row."), .has("nextTry", .time, "When it is tried again."),
        ])
    private static let channel = JSONShape(
        "Channel",
        [
            .has("name", .text, "As the Repository names it."), .has("target", .text, "Where it leads, in words."),
            .has("waiting", .number, "Notices that wait."),
            .has("deliveredAt", .orNull(.time), "When something arrived last."),
            .has("failure", .orNull(.object(failure)), "null: it does as it should."),
        ])

    static let document = JSONShape(
        "Alerts",
        JSONDocuments.header + [
            .has("alerts", .list(.object(standing)), "What people should hear of, the most urgent first."),
            .has("channels", .list(.object(channel)), "Where messages go."),
            .may("due", .list(.object(notice)), "With `--dry-run`: what would be told now."),
            .may(
                "later", .list(.object(notice)),
                "With `--dry-run`: what would be told within a day, if nothing changes."),
        ])

    private static let sent = JSONShape(
        "Sent alert",
        members + [
            .has("event", .words(AlertNotice.Event.allCases.map(\.rawValue)), "Why it is told."),
            .has("at", .time, "When that was so."),
        ])
    static let message = JSONShape(
        "Message",
        [
            JSONDocuments.version, .has("delivery", .text, "The same when it is sent again."),
            .has("at", .time, "When it was sent."), .has("repository", .text, "The repository's id."),
            .has("repositoryName", .text, "Its name."), .has("zone", .text, "Whose reconciler tells it."),
            .has("subject", .text, "One line."),
            .has("alerts", .list(.object(sent)), "The most urgent first, \(Dispatch.most) at most."),
            .has("more", .number, "How many were left out."),
        ])
}
