// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// The documents that commands print, member by member.
package enum JSONDocuments {
    package struct Document: Sendable {
        package var command: String
        package var about: String
        package var shape: JSONShape
    }

    package static let all: [Document] = [
        Document(command: "plan", about: "What would be done, and who must sign.", shape: plan),
        Document(
            command: "status", about: "How everything stands; with an ID or a name, only what belongs to it.",
            shape: status),
        Document(
            command: "certificates", about: "Every certificate that is declared, and what was found undeclared.",
            shape: certificates),
        Document(command: "verify", about: "What every endpoint serves now.", shape: verify),
        Document(
            command: "discover", about: "What devices hold, what their configurations name, and what is served.",
            shape: discover),
        Document(command: "doctor", about: "What this host stands on.", shape: doctor),
        Document(command: "report", about: "The pushes since the last report.", shape: report),
        Document(command: "alerts", about: "What people should hear of.", shape: AlertShapes.document),
        Document(
            command: "… (what a webhook or a command gets)", about: "See [alerts](../how-to/alerts.md).",
            shape: AlertShapes.message),
        Document(
            command: "explain ID (open work order)",
            about: "`kind` says which of the following it is. Here `workOrder`: a work order as in `plan`, and:",
            shape: workOrder),
        Document(command: "explain ID (open request)", about: "`kind` is `request`.", shape: request),
        Document(command: "explain ID (finished work order)", about: "`kind` is `finished`.", shape: finished),
        Document(command: "show NAME", about: "Declared resources of that name.", shape: show),
        Document(
            command: "audit", about: "Every push, replayed from git and public keys.", shape: AuditShapes.document),
        Document(command: "driver-check", about: "Whether a plugin stands what every driver must.", shape: driverCheck),
        Document(
            command: "… (any command that fails)",
            about: "On standard output, with the exit code that the command has.", shape: failure),
    ]

    static let version = JSONShape.Member.has("formatVersion", .words(["1"]), "The version of this contract.")

    static let header: [JSONShape.Member] = [
        version, .has("repository", .text, "The repository's id."), .has("repositoryName", .text, "Its name."),
        .has("zone", .text, "Whose reconciler's view this is."), .has("ref", .text, "The ref that was read."),
        .has("change", .commit, "The commit that was read."),
        .has("base", .orNull(.commit), "What it is compared with: `--base`, else the accepted tip."),
        .has("policyDigest", .digest, "The trust set in force."),
        .has("trust", .object(PlanShapes.trust), "How it came into force."),
        .has("emergencies", .list(.object(PlanShapes.emergency)), "Pushed as an emergency and not reviewed yet."),
        .has("observation", .object(PlanShapes.observation), "Where the knowledge of devices comes from."),
        .has(
            "invalidTip", .orNull(.object(PlanShapes.invalidTip)),
            "A newer commit that does not validate and is not followed."),
        .has("notices", .list(.text), "What a person should know beside it."),
    ]

    static let plan = JSONShape(
        "Plan",
        header + [
            .has(
                "planDigest", .digest, "SHA-256 of `countersign plan v1` and the sorted work order digests, one a line."
            ),
            .has("policyChanges", .list(.object(PlanShapes.policyChange)), "Open changes of the trust set."),
            .has("requests", .list(.object(PlanShapes.request)), "Open work orders by certificate and leaf."),
            .has(
                "workOrders", .list(.object(PlanShapes.workOrder)),
                "Each slot where desired and observed differ, or that awaits adoption."),
            .has("drift", .list(.object(PlanShapes.drift)), "What was changed by hand on a device."),
            .has("refused", .list(.object(PlanShapes.refused)), "Records that fit no open work order."),
            .has("limits", .object(PlanShapes.limits), "How much would change, and how much may."),
            .has("summary", .object(PlanShapes.summary), "Counts of work orders."),
        ])

    static let status = JSONShape(
        "Status",
        header + [
            .has("connectors", .list(.object(ViewShapes.connector)), "Each declared connector."),
            .has(
                "certificates", .list(.object(ViewShapes.certificate)),
                "Each declared certificate, old leaves included."),
            .has("workOrders", .list(.object(PlanShapes.workOrder)), "The open work orders."),
            .has("policyChanges", .list(.object(PlanShapes.policyChange)), "Open changes of the trust set."),
        ])

    static let certificates = JSONShape(
        "Certificates",
        header + [
            .has("certificates", .list(.object(ViewShapes.certificate)), "Each declared certificate."),
            .has(
                "found", .list(.object(ViewShapes.found)),
                "What lies in slots and, on the gateway, what `discover` found last, and nobody has declared."),
        ])

    static let verify = JSONShape(
        "Verify",
        header + [
            .has("endpoints", .list(.object(ViewShapes.endpoint)), "Each address of each endpoint of what was pushed."),
            .has("summary", .object(ViewShapes.verifySummary), "Counts of verdicts."),
        ])

    static let discover = JSONShape(
        "Discover",
        header + [
            .has("devices", .list(.object(DiscoverShapes.device)), "Declared ones first."),
            .has("proposal", .orNull(.object(DiscoverShapes.proposal)), "What `--propose` has written."),
            .has("summary", .object(DiscoverShapes.summary), "Counts."),
        ])

    static let doctor = JSONShape(
        "Doctor",
        [
            version,
            .has("findings", .list(.object(ViewShapes.finding)), "In the order in which they were looked at."),
            .has("summary", .object(ViewShapes.doctorSummary), "Counts of verdicts."),
        ])

    static let report = JSONShape(
        "Report",
        header + [
            .has("since", .orNull(.time), "The last report, or `--since`; null: the beginning."),
            .has("until", .time, "Now."),
            .has("pushes", .list(.object(ViewShapes.push)), "Each push that ended in between."),
            .has("summary", .object(ViewShapes.reportSummary), "The share of successful ones."),
            .has("shares", .object(ViewShapes.shares), "The same, told apart."),
            .has("failures", .list(.object(ViewShapes.failure)), "The failed ones."),
            .has("endpoints", .object(ViewShapes.verifySummary), "Of everything that was ever pushed or adopted."),
            .has("trend", .list(.object(ViewShapes.formerReport)), "Reports that the gateway has written, oldest first."),
        ])

    static let workOrder = JSONShape(
        "Explained work order",
        [version, .has("kind", .words(["workOrder"]), "What this is.")] + PlanShapes.workOrder.members)
    static let request = JSONShape(
        "Explained request",
        [version, .has("kind", .words(["request"]), "What this is.")] + PlanShapes.request.members + [
            .has("orders", .list(.object(PlanShapes.workOrder)), "Its work orders, whole.")
        ])
    static let finished = JSONShape(
        "Finished work order",
        [
            version, .has("kind", .words(["finished"]), "What this is."), .has("id", .text, "`WO-…`"),
            .has("digest", .digest, "What people signed."), .has("connector", .text, "Where."),
            .has("device", .text, "Its device."),
            .has("certificate", .orNull(.text), "Of what."),
            .has("leaf", .orNull(.fingerprint), "What it was to install."),
            .has("replaces", .orNull(.fingerprint), "What was there before."),
            .has("request", .orNull(.text), "`REQ-…`"),
            .has("state", .text, "How it ended."),
            .has("message", .orNull(.text), "What the device or the prober said."),
            .has("endedAt", .time, "When."), .has("given", .list(.object(PlanShapes.finishedGiven)), "Who signed."),
        ])

    static let show = JSONShape(
        "Show",
        [version, .has("resources", .list(.object(ViewShapes.resource)), "One name may belong to several kinds.")])

    static let driverCheck = JSONShape(
        "Driver check",
        [
            version, .has("argv", .list(.text), "The plugin."),
            .has("passed", .flag, "Whether every scenario passed, or has a reason."),
            .has("protocol", .list(.text), "What it answers otherwise than docs/plugins.md says."),
            .has(
                "scenarios",
                .list(
                    .object(
                        JSONShape(
                            "Scenario",
                            [
                                .has("scenario", .text, "Its name."),
                                .has("about", .text, "What must be so at its end."),
                                .has("result", .words(["passed", "failed", "notTried"]), "How it ended."),
                                .has("note", .orNull(.text), "What to know besides, or why it cannot be tried."),
                                .has("problems", .list(.text), "What is not so."),
                            ]))), "Each scenario; none where the protocol is not spoken."),
        ])

    static let failure = JSONShape(
        "Failure",
        [
            version,
            .has(
                "error",
                .object(
                    JSONShape(
                        "Error",
                        [
                            .has("code", .text, "Stable, CamelCase."), .has("message", .text, "What is wrong."),
                            .has("hint", .orNull(.text), "The next step."),
                        ])), "What went wrong."),
        ])
}
