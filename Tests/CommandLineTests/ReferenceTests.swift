// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestKit
import Testing

@Suite("The reference") struct ReferenceTests {
    @Test("is what the code says now", arguments: ["kinds", "commands", "codes", "json", "metrics"])
    func isCurrent(page: String) async throws {
        let committed = try String(
            contentsOf: ExampleTests.root.appending(path: "docs/reference/\(page).md"), encoding: .utf8)
        let made = try await BuiltBinary.run("reference", page)
        #expect(made.code == 0, "\(made.errors)")
        #expect(made.output == committed, "run scripts/reference")
    }
}
