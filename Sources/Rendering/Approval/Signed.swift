// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Planning
package import Operations
package import Vocabulary

/// What came of a signature.
package enum SignedText {
    package static func render(
        _ signed: ApproveOperation.Signed, _ prepared: ApproveOperation.Prepared, _ style: Style
    ) -> String {
        var page = Page(style)
        let what: Text =
            "signed \(prepared.record.decision.rawValue) at level \"\(prepared.record.level, .strong)\" as \(prepared.signer.person): \(signed.commit.short)"
        page.add(signed.pushed ? what + ", pushed as \(signed.branch)" : what + ", kept here as \(signed.branch)")
        for (id, state) in signed.states {
            page.add("\(id, .strong)  \(StateWords.words(state, now: prepared.report.now))", indent: 2)
        }
        if !signed.pushed { page.add("next: \("git push origin \(signed.branch)", .strong)") }
        return page.rendered
    }
}

package enum SignedJSON {
    package static func value(_ signed: ApproveOperation.Signed, _ prepared: ApproveOperation.Prepared) -> JSONValue {
        [
            "formatVersion": "1", "commit": .text(signed.commit), "branch": .string(signed.branch),
            "pushed": .bool(signed.pushed), "person": .text(prepared.signer.person),
            "level": .string(prepared.record.level), "decision": .string(prepared.record.decision.rawValue),
            "workOrders": .array(
                signed.states.map { id, state in ["id": .string(id), "state": .string(state.name)] }),
        ]
    }
}
