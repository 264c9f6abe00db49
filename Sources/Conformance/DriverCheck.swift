// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Connectors
package import Operations
internal import Processes
package import Vocabulary

/// `driver-check`: what a plugin must be before a repository names it.
package struct DriverCheck: Sendable {
    package struct Report: Sendable {
        package var argv: [String]
        /// What it answers otherwise than docs/plugins.md says, without any device.
        package var protocolProblems: [String]
        package var cells: [(scenario: Scenario, cell: Cell)]
        package var hasBench: Bool

        package init(
            argv: [String], protocolProblems: [String], cells: [(scenario: Scenario, cell: Cell)], hasBench: Bool
        ) {
            (self.argv, self.protocolProblems, self.cells) = (argv, protocolProblems, cells)
            self.hasBench = hasBench
        }
        package var hasPassed: Bool { protocolProblems.isEmpty && cells.allSatisfy(\.cell.isGood) }
    }

    private let argv: [String]
    private let bench: DescribedBench
    private let hasBench: Bool

    /// - Parameter description: the bench's file; nil: there is none.
    /// - Throws: `BenchNotUnderstood`, which says what is wrong with it.
    package init(_ argv: [String], bench description: [UInt8]?) throws(UserError) {
        let document: JSONValue?
        do throws(JSONError) {
            if let description { document = try JSONValue(parsing: description) } else { document = nil }
        } catch {
            throw Self.misunderstood("byte \(error.offset + 1): \(error.message)")
        }
        do throws(BenchError) {
            bench = try DescribedBench(argv, document)
        } catch {
            throw Self.misunderstood(error.description)
        }
        (self.argv, hasBench) = (argv, description != nil)
    }

    private static func misunderstood(_ why: String) -> UserError {
        UserError(
            "BenchNotUnderstood", "the bench is not understood: \(why)", hint: "docs/plugins.md says what stands in it")
    }

    /// - Parameters:
    ///   - folder: of the caller's own, private; certificates that are made for it lie there.
    ///   - depth: at how many points a push is stopped.
    ///   - done: is told of each scenario as soon as it has ended.
    package func run(
        folder: String, time: any TimeSource, depth: ConformanceRun.Depth,
        done: (Scenario, Cell, Duration) async -> Void
    ) async throws(UserError) -> Report {
        let problems = await protocolProblems()
        guard hasBench, problems.isEmpty else {
            return Report(
                argv: argv, protocolProblems: problems,
                cells: problems.isEmpty ? Scenario.allCases.map { ($0, .notTried(reason: nil)) } : [],
                hasBench: hasBench)
        }
        do {
            let run = try await ConformanceRun(on: bench, folder: folder, time: time, depth: depth)
            let cells = await run.run(done: done)
            return Report(argv: argv, protocolProblems: [], cells: cells, hasBench: true)
        } catch {
            throw UserError("BenchNotReady", "\(error)", hint: "openssl is needed on this machine")
        }
    }

    // MARK: without any device

    private func protocolProblems() async -> [String] {
        var problems: [String] = []
        func expectError(_ what: String, _ request: String, code: String?) async {
            let (answer, problem) = await ask(request)
            if let problem {
                problems.append("\(what): \(problem)")
            } else if let found = answer?["error"]?["code"]?.string {
                if let code, found != code { problems.append("\(what): the error's code is not \(code)") }
            } else {
                problems.append("\(what): it is not answered by an error")
            }
        }
        let device = #""device":{"name":"bench","settings":{}},"timeLimit":30000"#
        await expectError(
            "a version that does not exist",
            #"{"protocol":"countersign.driver/v999","verb":"observe",\#(device),"slots":[]}"#,
            code: "unsupported")
        await expectError(
            "a verb that does not exist", #"{"protocol":"countersign.driver/v1","verb":"dance",\#(device)}"#,
            code: "unsupported")
        await expectError("what is no JSON", #"{"protocol":"#, code: nil)
        await expectError(
            "a request without its members", #"{"protocol":"countersign.driver/v1","verb":"stage",\#(device)}"#,
            code: nil)
        return problems
    }

    /// The answer to a request as it stands there, or why there is none.
    private func ask(_ request: String) async -> (JSONValue?, String?) {
        guard let program = argv.first else { return (nil, "no program is named") }
        do throws(ProcessError) {
            let result = try await Command(
                program, Array(argv.dropFirst()), input: .bytes(Array(request.utf8)), deadline: .seconds(60)
            ).run()
            guard result.succeeded else {
                return (nil, "\(result.status): \(Shown.text(result.errorText.suffix(300)))")
            }
            guard let answer = try? JSONValue(parsing: result.output) else { return (nil, "the answer is no JSON") }
            guard answer["protocol"]?.string == "countersign.driver/v1" else {
                return (nil, "the answer's protocol is not countersign.driver/v1")
            }
            return (answer, nil)
        } catch {
            return (nil, error.description)
        }
    }
}
