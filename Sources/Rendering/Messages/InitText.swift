// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Operations

/// What `init` made, and what to do next.
package enum InitText {
    package static func render(_ report: InitOperation.Report, _ style: Style) -> String {
        var page = Page(style)
        page.add("made \("\(report.folder)", .strong) for \(report.person):")
        for file in report.files { page.add("\(file)", indent: 2) }
        page.space()
        if report.isTeam {
            page.add("\("missing", .caution): pki and netops hold only \(report.person), and nobody may sign twice: add the others as Person, and to the groups")
        } else {
            page.add("\("trial policy", .caution): one person decides alone. `countersign init --team` begins with two levels.")
        }
        page.add("This host's recorder key is in \(report.stateDirectory)")
        page.space()
        page.add("Fill in devices/ and certificates/ before you trust a commit: afterwards devices, people and policies change only by an approved policy change.")
        page.add("next: \("cd \(report.folder) && git add . && git commit -S -m \"Begin\" && countersign validate", .strong)")
        page.add("then: \("countersign trust HEAD", .strong)")
        return page.rendered
    }
}
