// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Operations
internal import Declarations

/// How much was checked, and what was not read.
package enum ValidateText {
    package static func render(_ report: ValidateOperation.Report, _ style: Style) -> String {
        guard report.isValid else { return notRead(report, style) }
        var page = Page(style)
        let counts = report.counts.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($0.value) \($0.key.rawValue)" }
        page.add("\("valid", .good): \(counts.joined(separator: ", "))")
        return page.rendered + notRead(report, style)
    }

    /// Only what is committed is read: files of the work tree that differ are named.
    private static func notRead(_ report: ValidateOperation.Report, _ style: Style) -> String {
        guard !report.notRead.isEmpty else { return "" }
        var page = Page(style)
        let shown = report.notRead.prefix(5).joined(separator: ", ")
        let more = report.notRead.count > 5 ? " and \(report.notRead.count - 5) more" : ""
        page.add("\("not read", .caution), because not committed: \(shown)\(more)")
        return page.rendered
    }
}
