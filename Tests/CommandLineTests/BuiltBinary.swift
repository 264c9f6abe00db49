// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Processes
import TestKit
import Testing

/// The `countersign` that was built beside this test bundle.
enum BuiltBinary {
    static let path: String = {
        // .build/<triple>/debug/countersignPackageTests.xctest → .build/<triple>/debug/countersign
        let bundle = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        return bundle.deletingLastPathComponent().appending(path: "countersign").path
    }()

    struct Result {
        var code: Int32
        var output: String
        var errors: String
    }

    static func run(_ arguments: String..., environment: [String: String?] = [:]) async throws -> Result {
        let result = try await outcome(of: [path] + arguments, environment: environment, deadline: .seconds(30))
        guard case .exited(let code) = result.status else { throw FixtureError("\(arguments): \(result.status)") }
        return Result(code: code, output: result.outputText, errors: result.errorText)
    }
}
