// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Rendering

/// One family of metrics: its name is a contract, as rules and dashboards rely on it.
struct Family: Sendable {
    enum Kind: String, Sendable { case gauge, counter, histogram, info }
    var name: String
    var kind: Kind
    var labels: [String] = []
    var help: String

    init(_ name: String, _ kind: Kind, _ labels: [String] = [], _ help: String) {
        (self.name, self.kind, self.labels, self.help) = ("countersign_" + name, kind, labels, help)
    }

    static let build = Family("build", .info, ["version"], "The program.")
    static let live = Family("live", .gauge, "1 while the service turns.")
    static let ready = Family("ready", .gauge, "1 while what it shows and does is of now.")
    static let started = Family("started_timestamp_seconds", .gauge, "When the service began.")
    static let lastPass = Family("last_pass_timestamp_seconds", .gauge, "When the last pass ended that could be made.")
    static let inHand = Family("pass_in_hand", .gauge, "1 while a pass is in hand.")
    static let passes = Family(
        "passes", .counter, ["result"],
        "Passes that ended: ok, problems (something went wrong within) or failed (none could be made).")
    static let passTook = Family("pass_duration_seconds", .histogram, "How long whole passes took.")
    static let phaseTook = Family(
        "phase_duration_seconds", .histogram, ["phase"],
        "How long each phase of a pass took: fetch, recover, observe (devices and handshakes), push, write.")
    static let pushes = Family("pushes", .counter, ["outcome"], "Pushes that ended.")
    static let problems = Family(
        "problems", .counter, ["kind"],
        "What went wrong in passes: git, journal, clock, status, trust, device or other.")
    static let records = Family("records_seen", .counter, "Approval records that were seen for the first time.")
    static let statusCommits = Family("status_commits", .counter, "Status commits that were written.")
    static let alerts = Family("alerts", .gauge, ["severity"], "Alerts that stand, by the AlertPolicies in force.")
    static let alertsTold = Family("alerts_told", .counter, "Alerts that arrived at a channel.")
    static let deliveries = Family(
        "deliveries", .counter, ["result"], "Messages to channels: ok (they have it) or failed (tried again later).")
    static let alertsWaiting = Family(
        "alerts_waiting", .gauge, ["channel"], "Alerts that wait to be told over a channel.")
    static let channelFailing = Family(
        "channel_failing", .gauge, ["channel"], "1 while a channel does not take messages.")
    static let workOrders = Family("work_orders", .gauge, ["state"], "Open work orders.")
    static let queue = Family("queue", .gauge, "Work orders that are signed and not pushed yet.")
    static let held = Family(
        "work_orders_held", .gauge, ["why"],
        "Signed work orders that wait all the same: Halted (somebody said so), WaveFailed, WaveBefore, WavePause.")
    static let connectors = Family(
        "connectors", .gauge, ["sync"], "Connectors, by whether they hold and serve what is declared.")
    static let colours = Family("connector_colours", .gauge, ["colour"], "Connectors by colour.")
    static let drift = Family("drifted_slots", .gauge, "Slots that were changed by hand.")
    static let unreachable = Family("unreachable_devices", .gauge, "Devices that cannot be looked at.")
    static let emergencies = Family("emergencies_unreviewed", .gauge, "Emergency pushes that nobody has reviewed.")
    static let policyChange = Family("policy_change_pending", .gauge, "1 while a policy change waits.")
    static let notAfter = Family(
        "certificate_not_after_timestamp_seconds", .gauge, ["certificate"],
        "When a certificate ends; of the \(Figures.named) that end first.")
    static let daysLeft = Family(
        "certificate_days_left", .gauge, ["certificate"],
        "Days left of a certificate; of the \(Figures.named) that end first.")
    static let ending = Family(
        "certificates_ending", .gauge, ["days"], "Certificates that end within 10, 30 or 90 days; 0: that have ended.")
    static let certificates = Family("certificates", .gauge, "Certificates that are known.")

    static let all = [
        build, live, ready, started, lastPass, inHand, passes, passTook, phaseTook, pushes, problems, records,
        statusCommits, alerts, alertsTold, deliveries, alertsWaiting, channelFailing,
        workOrders, queue, held, connectors, colours, drift, unreachable, emergencies, policyChange, notAfter, daysLeft,
        ending, certificates,
    ]
}

extension Family {
    init(_ name: String, _ kind: Kind, _ help: String) { self.init(name, kind, [], help) }

    /// As its samples are called.
    var sample: String {
        switch kind {
        case .counter: name + "_total"
        case .info: name + "_info"
        case .gauge, .histogram: name
        }
    }
}

/// docs/reference/metrics.md
package enum MetricsPage {
    package static var rendered: String {
        var page = ReferencePage(
            "Metrics",
            """
            What `/metrics` of `countersign run --listen` says, in the text format of OpenMetrics 1.0. Names and labels are a contract: \
            rules and dashboards may rely on them. Of all labels only `certificate` and `channel` are open, and they are bounded. Ready rules for \
            Prometheus and a dashboard for Grafana are in [examples/monitoring](../../examples/monitoring/README.md).
            """)
        page.table(
            ["sample", "kind", "labels", "meaning"],
            Family.all.map { family in
                [
                    "`\(family.sample)`", family.kind.rawValue,
                    family.labels.isEmpty ? "–" : family.labels.map { "`\($0)`" }.joined(separator: ", "), family.help,
                ]
            })
        page.section(
            "Health",
            """
            `/health/live` answers 200 while the service turns: a pass is in hand, or the next one is not overdue. `/health/ready` answers \
            200 while what it shows and does is of now: a pass has ended, and nothing in it stopped pushes (git, journal, clock, status \
            branch or trust). Else both answer 503 with a line for each reason. Neither asks for a token.
            """)
        return page.rendered
    }
}
