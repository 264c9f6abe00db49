// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Planning
internal import StatusBranch
package import Vocabulary

extension ApproveOperation {
    /// The content that a slot last completed: what people signed for it before.
    package struct Former: Sendable {
        package var digest: WorkOrderDigest
        package var at: Timestamp
        package var content: JSONValue
    }

    /// What each work order's slot last completed, by the work order that is about to be signed; from the status commit that the record
    /// stands on. Only what still has the digest that was signed is shown.
    package func former(_ prepared: Prepared) throws(UserError) -> [WorkOrderDigest: Former] {
        let archive = StatusArchive(site.git, tree: prepared.record.tree)
        var found: [WorkOrderDigest: Former] = [:]
        for (order, last) in prepared.lastCompleted {
            let entries: [ArchiveEntry]
            do throws(StatusError) {
                entries = try archive.workOrders(named: last.description)
            } catch {
                throw UserError(error, zone: prepared.report.zone)
            }
            guard
                let entry = entries.first(where: {
                    $0.digest == last && WorkOrderDocument.digest(of: $0.content.canonicalBytes) == last
                })
            else {
                continue
            }
            found[order] = Former(digest: last, at: entry.at, content: entry.content)
        }
        return found
    }
}
