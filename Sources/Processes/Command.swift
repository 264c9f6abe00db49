// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

/// A child process to be: what to run, with what around it, and how long and how loud it may be.
///
/// There is never a shell: `arguments` reach the program as they are. Secrets go through `input`, because argv and
/// environment of a process can be read by others.
package struct Command: Sendable {
    /// An absolute path, or a name that is looked up on PATH (the child's, where `environment` sets one).
    package var program: String
    package var arguments: [String]
    /// Added to the environment of this process; nil takes a variable away.
    package var environment: [String: String?]
    /// nil: this process's own.
    package var directory: String?
    package var input: Input
    /// Bytes; one more is an error (`ProcessError.Code.outputLimit`).
    package var outputLimit: Int
    package var errorLimit: Int
    /// From when the child runs until it has ended; then the whole group is ended and `ProcessError.Code.deadline` thrown.
    package var deadline: Duration
    /// After TERM, before KILL.
    package var grace: Duration
    package var terminal: Terminal

    /// What the child reads. It is no error if the child does not read it all.
    package enum Input: Sendable {
        case none
        case bytes([UInt8])
        case secret(SecretBytes)
    }

    package enum Terminal: Sendable {
        /// A session and process group of its own, without the terminal, so that what would ask for a passphrase
        /// fails at once; standard error is collected.
        case none
        /// Standard error is ours and the child stays in our process group, so that it may ask for a passphrase:
        /// a group in the background is stopped by SIGTTIN when it reads the terminal (termios(3)).
        case shared
    }

    package init(
        _ program: String, _ arguments: [String] = [], environment: [String: String?] = [:], directory: String? = nil,
        input: Input = .none, outputLimit: Int = 16 << 20, errorLimit: Int = 1 << 20, deadline: Duration,
        grace: Duration = .seconds(2), terminal: Terminal = .none
    ) {
        self.program = program
        self.arguments = arguments
        self.environment = environment
        self.directory = directory
        self.input = input
        self.outputLimit = outputLimit
        self.errorLimit = errorLimit
        self.deadline = deadline
        self.grace = grace
        self.terminal = terminal
    }
}

/// A child that has ended by itself, whatever it said.
package struct ProcessResult: Sendable {
    package enum Status: Hashable, Sendable {
        case exited(Int32)
        case signalled(Int32)
    }

    package var status: Status
    package var output: [UInt8]
    /// Empty where the terminal was shared.
    package var errorOutput: [UInt8]
    package var duration: Duration

    package var succeeded: Bool { status == .exited(0) }
    package var outputText: String { String(decoding: output, as: UTF8.self) }
    package var errorText: String { String(decoding: errorOutput, as: UTF8.self) }
}

extension ProcessResult.Status: CustomStringConvertible {
    package var description: String {
        switch self {
        case .exited(let code): "exit status \(code)"
        case .signalled(let signal): "signal \(signal)"
        }
    }
}

/// Why there is no result of a child process. Neither arguments nor input appear in it.
package struct ProcessError: Error, Equatable, Sendable {
    package enum Code: String, Sendable {
        /// No such program on PATH, or not executable.
        case notFound
        /// The working directory is not there.
        case noDirectory
        /// The system did not start it: `detail`.
        case notStarted
        case deadline
        case cancelled
        /// More than `outputLimit` or `errorLimit`.
        case outputLimit
        /// Reading, writing or waiting failed: `detail`.
        case failed
    }
    package var code: Code
    package var program: String
    package var detail: String

    package init(code: Code, program: String, detail: String) {
        self.code = code
        self.program = program
        self.detail = detail
    }
}

extension ProcessError: CustomStringConvertible {
    package var description: String { "\(program): \(detail)" }
}
