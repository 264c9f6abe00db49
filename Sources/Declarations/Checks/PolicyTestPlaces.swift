// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// Where in its file each case of a PolicyTest stands, for whoever must correct it.
package struct PolicyTestPlaces {
    private var locator: Locator

    /// - Parameter files: with their text.
    package init(_ files: [DecodedFile]) { locator = Locator(files) { _ in nil } }

    package mutating func place(of test: PolicyTest, case index: Int) -> SourcePosition {
        locator.position(of: ["spec", "cases", .entry(index)], in: test.position)
    }

    /// - Parameter field: of `expect`.
    package mutating func place(of test: PolicyTest, case index: Int, expecting field: String) -> SourcePosition {
        locator.position(of: ["spec", "cases", .entry(index), "expect", .field(field)], in: test.position)
    }

    /// - Parameter index: of a file that `policies` names.
    package mutating func place(of test: PolicyTest, policies index: Int) -> SourcePosition {
        locator.position(of: ["spec", "policies", .entry(index)], in: test.position)
    }
}
