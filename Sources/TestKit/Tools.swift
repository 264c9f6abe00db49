// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Processes

/// Runs a tool that a fixture is made with; anything but exit status 0 is an error with what it said.
@discardableResult
package func run(
    _ program: String, _ arguments: String..., in directory: String? = nil, environment: [String: String?] = [:],
    input: [UInt8] = [], deadline: Duration = .seconds(60)
) async throws -> ProcessResult {
    try await run([program] + arguments, in: directory, environment: environment, input: input, deadline: deadline)
}

@discardableResult
package func run(
    _ arguments: [String], in directory: String? = nil, environment: [String: String?] = [:], input: [UInt8] = [],
    deadline: Duration = .seconds(60)
) async throws -> ProcessResult {
    let result = try await outcome(
        of: arguments, in: directory, environment: environment, input: input, deadline: deadline)
    guard result.succeeded else {
        throw FixtureError(
            "\(arguments.joined(separator: " ")): \(result.status)\n\(result.outputText)\(result.errorText)")
    }
    return result
}

/// Runs a tool whose exit status the test itself judges.
package func outcome(
    of arguments: [String], in directory: String? = nil, environment: [String: String?] = [:], input: [UInt8] = [],
    deadline: Duration = .seconds(60)
) async throws -> ProcessResult {
    guard let program = arguments.first else { throw FixtureError("no program") }
    return try await Command(
        program, Array(arguments.dropFirst()), environment: environment, directory: directory, input: .bytes(input),
        deadline: deadline
    ).run()
}
