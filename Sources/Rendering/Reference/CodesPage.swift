// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Declarations
internal import Planning

/// docs/reference/codes.md
package enum CodesPage {
    package static var rendered: String {
        var page = ReferencePage(
            "Codes and states",
            """
            Codes are a contract: scripts may compare them. Where one is printed, a message beside it says what is wrong in \
            this case; this page says what to do.
            """)
        page.section("States of a work order", "`state` in JSON. Derived from facts at each pass, never stored.")
        page.table(
            ["state", "shown as", "meaning"],
            StateWords.meanings.map { ["`\($0.name)`", StateWords.title($0.name), $0.meaning] })
        page.section(
            "Blocked",
            """
            `blocks[].code` of a work order that cannot go on. *By a commit*: only another commit lifts it, and it cannot be \
            signed until then. *By the world*: signatures count meanwhile, and it is pushed when the block is lifted.
            """)
        page.table(
            ["code", "lifted", "what to do"],
            Block.Code.allCases.map {
                ["`\($0.rawValue)`", $0.isOfContent ? "by a commit" : "by the world", $0.remedy]
            })
        page.section(
            "Held", "`wave.hold.code` of a work order that is `ReadyToImplement` and does not go yet. Its signatures stay as they are.")
        page.table(["code", "what to do"], WaveHold.Code.allCases.map { ["`\($0.rawValue)`", $0.remedy] })
        page.section("Refused signatures", "`refused[].code`: why a record does not count.")
        page.table(["code", "what to do"], Refusal.Code.allCases.map { ["`\($0.rawValue)`", $0.remedy] })
        page.section("Sync", "`sync` and `syncReason` of a connector.")
        page.table(["sync", "reason", "meaning"], SyncWords.meanings.map { ["`\($0.sync)`", $0.reason, $0.meaning] })
        page.section("Colours", "`colour`, the worst first. A word always stands beside it.")
        page.table(["colour", "meaning"], StatusColour.allCases.map { ["`\($0.rawValue)`", ColourWords.meaning($0)] })
        page.section(
            "Rules of `validate`", "In brackets at the end of a line: `file:line:column: error: message [rule]`.")
        page.table(["rule", "what to do"], RuleReference.all.map { ["`\($0.name)`", $0.remedy] })
        return page.rendered
    }
}
