// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Glibc
internal import Processes
internal import Vocabulary

/// The user's own `git`: what goes over the network or signs uses their credential helpers, proxies, keys and agents.
package struct UserGit: Sendable {
    package var program: String
    /// Added to the environment of each call; nil takes a variable away.
    package var environment: [String: String?]
    /// Whether git, ssh and gpg may ask the person at the terminal. Messages of git then go there too.
    package var isInteractive: Bool

    package init(program: String = "git", environment: [String: String?] = [:], isInteractive: Bool = false) {
        self.program = program
        self.environment = environment
        self.isInteractive = isInteractive
    }

    /// Constant for every call: no replace refs, no password prompts that nobody answers, messages that can be
    /// parsed; and no variable of a surrounding git (a hook, an alias) that names another repository.
    private static let fixed: [String: String?] = {
        var fixed: [String: String?] = [
            "GIT_NO_REPLACE_OBJECTS": "1", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C",
        ]
        for name in [
            "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_NAMESPACE",
            "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_PREFIX", "GIT_GRAFT_FILE", "GIT_SHALLOW_FILE",
            "GIT_REPLACE_REF_BASE", "LANGUAGE",
        ] {
            fixed.updateValue(nil, forKey: name)
        }
        return fixed
    }()

    /// Runs git, whatever it says.
    ///
    /// - Throws: `noGit`, `deadline`, `cancelled`, `tooLarge`, `failed`.
    func run(
        _ arguments: [String], in directory: String?, input: [UInt8] = [], outputLimit: Int = 16 << 20,
        deadline: Duration, terminal: Command.Terminal, operation: String
    ) async throws(GitError) -> ProcessResult {
        do throws(ProcessError) {
            return try await Command(
                // Never a hook: the repository's hooks are not part of what was agreed on.
                program, ["-c", "core.hooksPath=/dev/null"] + arguments,
                environment: Self.fixed.merging(environment) { $1 }, directory: directory, input: .bytes(input),
                outputLimit: outputLimit, deadline: deadline, terminal: terminal
            ).run()
        } catch {
            let code: GitError.Code =
                switch error.code {
                case .notFound: .noGit
                case .deadline: .deadline
                case .cancelled: .cancelled
                case .outputLimit: .tooLarge
                case .noDirectory, .notStarted, .failed: .failed
                }
            throw GitError(code: code, operation: operation, detail: error.description)
        }
    }

    /// What git said last, in one line, without credentials.
    static func words(_ result: ProcessResult) -> String {
        let lines = result.errorText.split(separator: "\n").filter { !$0.hasPrefix("hint:") && !$0.isEmpty }
        guard !lines.isEmpty else { return result.status.description }
        return withoutCredentials(lines.suffix(4).joined(separator: "; "))
    }

    /// `https://user:token@host` → `https://…@host`
    static func withoutCredentials(_ text: String) -> String {
        text.replacing(/:\/\/[^\/@\s']+@/, with: "://…@")
    }
}

extension Repository {
    /// Runs the user's git on this repository.
    func git(
        _ arguments: [String], input: [UInt8] = [], outputLimit: Int = 16 << 20, deadline: Duration = .seconds(60),
        terminal: Command.Terminal = .none, operation: String
    ) async throws(GitError) -> ProcessResult {
        // Named, not found: `safe.bareRepository` and a repository in between cannot change which one it is.
        var place = ["--git-dir=\(directory)"]
        if let workTree { place.append("--work-tree=\(workTree)") }
        return try await userGit.run(
            place + arguments, in: workTree ?? directory, input: input, outputLimit: outputLimit, deadline: deadline,
            terminal: terminal, operation: operation)
    }
}
