// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Foundation
internal import Operations
internal import Rendering
internal import Vocabulary

/// A command: parsed by the parser, then run with where to print. What it gives back is the exit status.
protocol CountersignCommand: AsyncParsableCommand {
    var global: GlobalOptions { get }
    /// What `--format` may be.
    static var formats: Set<Format> { get }
    /// How it may end, for the reference. Mistakes in the arguments come on top.
    static var exits: [(status: ExitStatus, when: String)] { get }
    func execute(_ output: Output) async throws -> ExitStatus
}

extension CountersignCommand {
    static var formats: Set<Format> { [.text, .json] }
    static var exits: [(status: ExitStatus, when: String)] { [(.success, "done"), (.failure, "an error, which is told")] }
}

/// Parses, runs, and says what went wrong. The one place where errors become words and exit codes.
enum Shell {
    static func run(_ arguments: [String]) async -> ExitStatus {
        let environment = ProcessInfo.processInfo.environment
        var arguments = ArgumentOrder.normalised(arguments)
        let early = Output(environment: environment, isJSON: ArgumentOrder.wantsJSON(arguments))
        if let refusal = unknownCommand(arguments) {
            early.fail(refusal)
            return .usage
        }
        do {
            arguments = try ServiceFile.expanded(arguments)
        } catch {
            early.fail(error)
            return .failure
        }
        do {
            var command = try Root.parseAsRoot(arguments)
            guard let ours = command as? any CountersignCommand else {
                if command is Root { throw ValidationError("a command is missing") }
                try command.run()  // the parser's own, like `help`
                return .success
            }
            return await run(ours, Output(ours.global, environment: environment))
        } catch {
            return refuse(error, early)
        }
    }

    /// What a process that is about to end need not take apart: freeing ten thousand declarations one by one takes 60 ms.
    static func untilExit<Object: AnyObject>(_ object: Object) -> Object {
        _ = Unmanaged.passRetained(object)
        return object
    }

    /// The parser takes a mistyped command for an argument too many.
    private static func unknownCommand(_ arguments: [String]) -> UserError? {
        let names = Root.configuration.subcommands.compactMap { $0.configuration.commandName } + ["help"]
        guard let first = arguments.first, !first.hasPrefix("-"), !names.contains(first) else { return nil }
        let meant = nearest(to: first, among: names).map { "; did you mean \"\($0)\"?" } ?? ""
        return UserError("Usage", "there is no command \"\(first)\"\(meant)", hint: "countersign help")
    }

    private static func run<Command: CountersignCommand>(_ command: Command, _ output: Output) async -> ExitStatus {
        guard Command.formats.contains(output.format) else {
            let known = Command.formats.map(\.rawValue).sorted().joined(separator: ", ")
            output.fail(
                UserError(
                    "Usage", "--format \(output.format.rawValue) is not made by this command",
                    hint: "it prints \(known)"))
            return .usage
        }
        do {
            return try await command.execute(output)
        } catch is CancellationError {
            return .interrupted
        } catch {
            output.fail(ErrorWords.said(of: error))
            return .failure
        }
    }

    /// What the parser throws: help and version, which are no errors, and mistakes in the arguments.
    private static func refuse(_ error: any Error, _ output: Output) -> ExitStatus {
        let message = Root.fullMessage(for: error)
        guard Root.exitCode(for: error) != .success else {
            output.print(message.hasSuffix("\n") ? message : message + "\n")
            return .success
        }
        if output.format == .json {
            output.fail(UserError("Usage", Root.message(for: error), hint: "countersign help"))
        } else {
            // The parser repeats arguments as they were given.
            var page = Page(output.messageStyle)
            page.add(
                outside: message.hasPrefix("Error: ") ? "countersign: " + message.dropFirst(7) : message, indent: 0)
            output.say(rendered: page.rendered)
        }
        return .usage
    }
}
