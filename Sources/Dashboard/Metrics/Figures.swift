// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import Operations
internal import Planning
internal import Rendering
internal import Vocabulary

/// What `/metrics` says. Labels are few: states, colours and outcomes are closed sets, and of certificates only those that end first
/// have a line of their own.
enum Figures {
    /// Certificates with a line of their own.
    static let named = 200

    static func text(_ reading: Board.Reading, now: Timestamp) -> String {
        var page = OpenMetrics()
        let (vitals, counters) = (reading.vitals, reading.counters)
        let health = Health(vitals, hasPicture: reading.picture != nil, now: now)
        page.write(.build, [([vitals.program], 1)])
        page.write(.live, health.isLive ? 1 : 0)
        page.write(.ready, health.isReady ? 1 : 0)
        page.write(.started, Double(vitals.began.secondsSince1970))
        if let last = vitals.lastWhole { page.write(.lastPass, Double(last.secondsSince1970)) }
        page.write(.inHand, vitals.hand == nil ? 0 : 1)
        // Every label that there can be, from the beginning: what is not there yet cannot rise.
        page.write(.passes, Counters.PassResult.allCases.map { ([$0.rawValue], Double(counters.passes[$0] ?? 0)) })
        page.write(.passTook, [([], counters.passTook)])
        page.write(
            .phaseTook,
            PassReport.Phase.allCases.map { ([$0.rawValue], counters.phaseTook[$0] ?? Counters.Histogram()) })
        page.write(.pushes, OutcomeWords.names.map { ([$0], Double(counters.pushes[$0] ?? 0)) })
        page.write(.problems, ProblemKind.allCases.map { ([$0.rawValue], Double(counters.problems[$0] ?? 0)) })
        page.write(.records, Double(counters.newRecords))
        page.write(.statusCommits, Double(counters.statusCommits))
        page.write(
            .alerts,
            AlertPolicySpec.Severity.allCases.map { severity in
                ([severity.rawValue], Double(vitals.alerts.count { $0.severity == severity }))
            })
        page.write(.alertsTold, Double(counters.alertsTold))
        page.write(
            .deliveries,
            Counters.DeliveryResult.allCases.map { ([$0.rawValue], Double(counters.deliveries[$0] ?? 0)) })
        page.write(.alertsWaiting, vitals.channels.map { ([$0.channel.text], Double($0.waiting)) })
        page.write(.channelFailing, vitals.channels.map { ([$0.channel.text], $0.failure == nil ? 0 : 1) })
        if let picture = reading.picture { standing(picture, now: now, &page) }
        page.end()
        return page.text
    }

    private static func standing(_ picture: Picture, now: Timestamp, _ page: inout OpenMetrics) {
        page.write(.workOrders, StateWords.open.map { ([$0], Double(picture.states[$0] ?? 0)) })
        let signed = ["ReadyToImplement", "Scheduled", "Implementing"]
        page.write(.queue, Double(signed.reduce(0) { $0 + (picture.states[$1] ?? 0) }))
        let holds = Dictionary(picture.orders.compactMap { $0.wave?.hold?.code }.map { ($0, 1) }, uniquingKeysWith: +)
        page.write(.held, WaveHold.Code.allCases.map { ([$0.rawValue], Double(holds[$0] ?? 0)) })
        page.write(.connectors, SyncWords.names.map { ([$0], Double(picture.syncs[$0] ?? 0)) })
        page.write(.colours, StatusColour.allCases.map { ([$0.rawValue], Double(picture.colours[$0] ?? 0)) })
        page.write(.drift, Double(picture.plan.drift.count))
        page.write(.unreachable, Double(picture.snapshot.devices.count { $0.unreachable != nil }))
        page.write(.emergencies, Double(picture.plan.emergencies.count))
        page.write(.policyChange, picture.report.policyChange == nil ? 0 : 1)
        let first = picture.ends.prefix(named)
        page.write(.notAfter, first.map { ([$0.item.name.text], Double($0.at.secondsSince1970)) })
        page.write(.daysLeft, first.map { ([$0.item.name.text], Double(($0.at - now).count) / 86_400) })
        page.write(
            .ending,
            [0, 10, 30, 90].map { (days: Int64) in
                ([String(days)], Double(picture.endTimes.count { $0 <= now + .days(days) }))
            })
        page.write(.certificates, Double(picture.certificates.count))
    }
}
