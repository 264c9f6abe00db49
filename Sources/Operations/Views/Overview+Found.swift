// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Journal
package import Planning
internal import Vocabulary

extension Overview {
    /// The inventory with what nobody has declared: what connectors hold all the same, and on the gateway what `discover` found last.
    package func wholeInventory() async throws(UserError) -> Inventory {
        var inventory = try inventory()
        var surveys: [DeviceName: DeviceSurvey] = [:]
        if let journal = view.gateway?.state.journal {
            surveys = try await journaled { () async throws(JournalError) in
                try await journal.surveys().mapValues(\.survey)
            }
        }
        inventory.addFound(report.plan.connectors, surveys, history: derivation.history, now: report.now)
        return inventory
    }
}
