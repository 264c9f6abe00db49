// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Declarations
internal import Journal
package import Planning
package import Vocabulary

/// What people should hear of, and how the channels fare.
package struct AlertsReport: Sendable {
    package struct Channel: Sendable {
        package var name: ChannelName
        package var spec: ChannelSpec
        /// nil elsewhere than on the gateway, and where nothing was told yet.
        package var standing: ChannelStanding?
    }
    package var plan: PlanReport
    package var standing: [Alert]
    /// When each was told last; nothing is known of that elsewhere than on the gateway.
    package var told: [Alert.ID: Timestamp]
    /// What the next pass would tell, if it came now.
    package var due: [AlertNotice]
    /// What would be told within the next day, if nothing changed, and when.
    package var later: [AlertNotice]
    package var channels: [Channel]
    package var isGateway: Bool
}

/// `alerts`: tells nobody anything, and remembers nothing.
package struct AlertsOperation: Sendable {
    private let site: Site
    private let time: any TimeSource

    package init(site: Site, time: any TimeSource) { (self.site, self.time) = (site, time) }

    package func run() async throws(UserError) -> AlertsReport {
        let overview = try await Overview.open(site, time: time)
        let journal = overview.view.gateway?.state.journal
        let (memory, standings) = try await journaled { () async throws(JournalError) in
            (try await journal?.alertMemory() ?? AlertMemory(), try await journal?.channelStandings() ?? [])
        }
        let input = AlertInput(overview.derivation, overview.report)
        let circumstances = Circumstances(input, memory: memory)
        let round = input.round(circumstances, now: input.now)
        let tomorrow = input.round(circumstances.remembering(round.memory), now: input.now + .days(1))
        let policies = overview.derivation.inForce.alertPolicies
        let later = tomorrow.notices.filter { $0.event != .resolved }.map { notice in
            var notice = notice
            let again = policies[notice.alert.id.policy]?.spec.repeatAfter
            let last = round.memory.told[notice.alert.id]?.at
            notice.at =
                notice.event == .repeated
                ? (last ?? input.now) + (again ?? 0) : max(input.now, notice.alert.since)
            return notice
        }
        let known = Dictionary(standings.map { ($0.channel, $0) }) { first, _ in first }
        let channels = overview.derivation.inForce.repository?.spec.channels ?? [:]
        return AlertsReport(
            plan: overview.report, standing: round.standing,
            told: memory.told.filter { !$0.value.isOver }.mapValues(\.at), due: round.notices, later: later,
            channels: channels.sorted { $0.key < $1.key }.map {
                AlertsReport.Channel(name: $0.key, spec: $0.value, standing: known[$0.key])
            }, isGateway: journal != nil)
    }
}
