// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Operations
internal import Reconciler
internal import Rendering
internal import Vocabulary

enum HookKind: String, CaseIterable, ExpressibleByArgument {
    case preReceive = "pre-receive"
    case postReceive = "post-receive"
}

struct HookCommand: CountersignCommand {
    static let configuration = CommandConfiguration(
        commandName: "hook",
        abstract: "What a git server runs for a push: refuses what must not come in, or wakes the service.",
        discussion: """
            pre-receive refuses the whole push, with a line for each ref, if it would delete or rewrite the branch in force or make \
            it invalid, write a status branch that the pusher is not the recorder of, or put anything but one well-formed signed \
            record below approvals/. post-receive wakes the service of this host, and lets the push be whatever comes of that.
            """)

    @Argument(help: "pre-receive or post-receive.") var hook: HookKind
    @Option(help: ArgumentHelp("post-receive: the state directory of the service to wake.", valueName: "state"))
    var wake: String?
    @OptionGroup(title: "Global options") var global: GlobalOptions

    static var formats: Set<Format> { [.text] }
    static var exits: [(status: ExitStatus, when: String)] {
        [
            (.success, "the push may come in; post-receive: always"),
            (.failure, "pre-receive: refused, or it could not be looked at"),
        ]
    }

    func validate() throws {
        switch (hook, wake) {
        case (.preReceive, .some): throw ValidationError("--wake is for post-receive")
        case (.postReceive, nil): throw ValidationError("post-receive needs --wake STATE")
        default: break
        }
    }

    func execute(_ output: Output) async throws -> ExitStatus {
        // All of it, also where nobody asks what it says: git writes it to us.
        var lines: [String] = []
        while let line = Terminal.readLine() { lines.append(line) }
        switch hook {
        case .preReceive:
            let refused = try PreReceiveOperation(
                repository: global.repo, environment: output.environment, time: HostClock()
            ).run(lines)
            for refusal in refused {
                let name =
                    refusal.reference.hasPrefix("refs/heads/")
                    ? refusal.reference.dropFirst(11) : refusal.reference[...]
                output.say(rendered: "countersign: \(Shown.text("\(name): \(refusal.reason); \(refusal.hint)"))\n")
            }
            return refused.isEmpty ? .success : .failure
        case .postReceive:
            var options = global.siteOptions(environment: output.environment)
            options.state = wake
            do throws(UserError) {
                _ = try await WakeOperation(options: options).run()
            } catch {
                output.say(
                    rendered: "countersign: the push is in; its service was not woken: \(Shown.text(error.message))\n")
            }
            return .success
        }
    }
}
