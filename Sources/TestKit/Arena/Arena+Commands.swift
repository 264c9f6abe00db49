// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Processes
package import Vocabulary

/// What a command said, and how it ended.
package struct Answer: Sendable, CustomStringConvertible {
    package var command: String
    package var code: Int32
    package var output: String
    package var errors: String

    package init(command: String, code: Int32, output: String, errors: String) {
        (self.command, self.code, self.output, self.errors) = (command, code, output, errors)
    }

    /// The whole output as JSON.
    package var json: JSONValue {
        get throws {
            do { return try JSONValue(parsing: Array(output.utf8)) } catch {
                throw FixtureError("no JSON (\(error)): \(self)")
            }
        }
    }

    /// The output, which must be one line.
    package var line: String { String(output.split(separator: "\n").first ?? "") }

    package var description: String {
        "$ \(command)\n\(output)\(errors.isEmpty ? "" : "--- on standard error:\n" + errors)--- exit \(code)"
    }
}

extension Arena {
    /// `countersign ARGUMENTS` as this actor types it in their own clone, with their own state. People give the commit that they
    /// trust with each command; the gateway has it pinned.
    ///
    /// - Parameter code: where it ends otherwise, an error with all that was said; nil: the caller judges.
    @discardableResult
    package func countersign(
        as actor: Actor, _ arguments: String..., exits code: Int32? = nil
    ) async throws -> Answer {
        try await countersign(globals(of: actor) + arguments, as: actor, exits: code)
    }

    package func globals(of actor: Actor) -> [String] {
        ["--repo", clone(of: actor), "--state", state(of: actor)] + (actor == .gateway ? [] : ["--trust", trusted])
    }

    /// The same with nothing added to the arguments.
    @discardableResult
    package func countersign(
        _ arguments: [String], as actor: Actor, in directory: String? = nil, environment: [String: String?] = [:],
        exits code: Int32? = nil
    ) async throws -> Answer {
        let result = try await outcome(
            of: [binary] + arguments, in: directory,
            environment: self.environment(of: actor).merging(environment) { $1 })
        guard case .exited(let ended) = result.status else {
            throw FixtureError("countersign \(arguments): \(result.status)\n\(result.outputText)\(result.errorText)")
        }
        let answer = Answer(
            command: "countersign " + arguments.joined(separator: " "), code: ended, output: result.outputText,
            errors: result.errorText)
        if let code, code != ended { throw FixtureError("exit \(code) was expected:\n\(answer)") }
        return answer
    }

    /// What `countersign ARGUMENTS` sees who looks at another time: `+61m`, `@2027-01-01 00:00:00`.
    package func countersign(
        at time: String, as actor: Actor, _ arguments: String..., within deadline: Duration = .seconds(20)
    ) async throws -> Answer {
        // libfaketime takes syscall(2) over, so that ends of children are waited for by signals, and now and then one is missed for ever.
        // Looking changes nothing: it looks again.
        for _ in 0..<10 {
            do {
                return try await look(at: time, as: actor, arguments, within: deadline)
            } catch where "\(error)".contains("not done after") {
                continue
            }
        }
        return try await look(at: time, as: actor, arguments, within: deadline)
    }

    private func look(
        at time: String, as actor: Actor, _ arguments: [String], within deadline: Duration
    ) async throws -> Answer {
        // Timers run by the kernel's own clock, which this fakes for nobody.
        let environment = environment(of: actor).merging(["FAKETIME_DONT_FAKE_MONOTONIC": "1"]) { $1 }
        let result = try await outcome(
            of: ["faketime", "-f", time, binary] + globals(of: actor) + arguments, environment: environment,
            deadline: deadline)
        guard case .exited(let code) = result.status else {
            throw FixtureError("countersign \(arguments): \(result.status)\n\(result.outputText)\(result.errorText)")
        }
        return Answer(
            command: "countersign " + arguments.joined(separator: " "), code: code, output: result.outputText,
            errors: result.errorText)
    }

    /// One pass by the gateway; what it reports.
    @discardableResult
    package func reconcile(exits code: Int32?) async throws -> JSONValue {
        try await countersign(as: .gateway, "reconcile", "--format", "json", exits: code).json
    }

    /// What the plan is for this actor: the gateway looks at the device, the others at what is on the status branch.
    package func plan(as actor: Actor = .gateway, exits code: Int32? = 2) async throws -> JSONValue {
        try await countersign(as: actor, "plan", "--format", "json", exits: code).json
    }

    package func status(as actor: Actor = .dave) async throws -> JSONValue {
        try await countersign(as: actor, "status", "--format", "json", exits: 0).json
    }

    /// A refused or unusual answer in JSON: `error`.
    package func refusal(as actor: Actor, _ arguments: String...) async throws -> (code: String, said: String) {
        let answer = try await countersign(globals(of: actor) + arguments + ["--format", "json"], as: actor, exits: 1)
        guard let error = try answer.json["error"], let code = error["code"]?.string else {
            throw FixtureError("no error: \(answer)")
        }
        return (code, (error["message"]?.string ?? "") + "\n" + (error["hint"]?.string ?? ""))
    }

    /// The full digest of the one open work order that does this, as bob sees it.
    package func digest(of action: String = "replace") async throws -> String {
        let orders = try await plan(as: .bob, exits: nil)["workOrders"]?.array ?? []
        let found = orders.filter { $0["action"]?.string == action }
        guard found.count == 1, let digest = found[0]["digest"]?.string else {
            throw FixtureError("not one work order to \(action): \(orders.map { "\($0)" }.joined(separator: "\n"))")
        }
        return digest
    }

    @discardableResult
    package func approve(_ digest: String, as actor: Actor = .bob) async throws -> JSONValue {
        try await countersign(as: actor, "approve", digest, "--yes", "--format", "json", exits: 0).json
    }

    @discardableResult
    package func implement(_ digest: String, as actor: Actor = .dave) async throws -> JSONValue {
        try await countersign(as: actor, "implement", digest, "--yes", "--format", "json", exits: 0).json
    }
}

extension JSONValue {
    /// The first of an array's objects whose member is this.
    package func first(where member: String, is value: String) -> JSONValue? {
        array?.first { $0[member]?.string == value }
    }
}
