// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import Delivery
internal import Journal
internal import Operations
internal import Planning
internal import Vocabulary

extension Pass {
    /// What people should hear of after this pass is put where it waits; it is told when the pass is over, by somebody else.
    func alert(
        _ derivation: Derivation, _ report: PlanReport, _ state: State
    ) async throws(UserError) -> PassReport.Alerts {
        let input = AlertInput(derivation, report)
        let channels = derivation.inForce.repository?.spec.channels ?? [:]
        let journal = state.journal
        let round = try await journaled { () async throws(JournalError) in
            let memory = try await journal.alertMemory()
            let round = input.round(memory)
            let isStale = try await journal.channelStandings().contains { channels[$0.channel] == nil }
            // Where nothing is new, nothing is written.
            if round.memory != memory || !round.notices.isEmpty || isStale {
                try await journal.keep(
                    round.memory, replacing: memory, round.notices, channels: Set(channels.keys))
            }
            return round
        }
        return PassReport.Alerts(
            standing: round.standing, notices: round.notices.count,
            book: DeliveryBook(derivation.inForce, zone: derivation.zone))
    }
}
