// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Connectors
internal import Declarations
internal import Git
internal import Journal
internal import Operations
internal import Processes

/// What a user is told of an error that no use case has put into words: the code, and what the library said.
enum ErrorWords {
    static func said(of error: any Error) -> UserError {
        switch error {
        case let error as UserError: error
        case let error as GitError: UserError(error)
        case let error as StateError:
            UserError(code("State", error.code.rawValue), "\(error.path): \(error.detail)", hint: hint(error.code))
        case let error as JournalError:
            UserError(
                code("Journal", error.code.rawValue), "\(error.operation): \(error.detail)", hint: hint(error.code))
        case let error as DeviceError:
            UserError(code("Device", error.code.rawValue), "\(error.operation): \(error.detail)")
        case let error as ProcessError:
            UserError(
                code("Program", error.code.rawValue), error.description,
                hint: error.code == .notFound ? "install \(error.program), or put it on PATH" : nil)
        case let error as Diagnostic: UserError("Invalid", error.description)
        default: UserError("Unexpected", String(describing: error))
        }
    }

    /// `State` and `openToOthers` → `StateOpenToOthers`.
    private static func code(_ part: String, _ code: String) -> String {
        part + code.prefix(1).uppercased() + code.dropFirst()
    }

    private static func hint(_ code: StateError.Code) -> String? {
        switch code {
        case .noPlace: "name a folder with --state DIR, or set HOME"
        case .absent: "name an existing folder with --state DIR"
        case .openToOthers: "take the rights of others away: chmod -R go= on it"
        case .foreignOwner: "run as its owner, or name another folder with --state DIR"
        case .notWritable, .full: "nothing is pushed until state can be written"
        case .invalidRepository, .wrongKind, .damaged: nil
        }
    }

    private static func hint(_ code: JournalError.Code) -> String? {
        switch code {
        case .busy: "another reconcile of this zone is at work; try again when it has ended"
        case .fenced, .conflict: "another process was faster; run it again"
        case .full, .notWritable: "nothing is pushed until state can be written"
        case .newerFormat: "this state was written by a later version of countersign; use that one"
        case .corrupt: nil
        }
    }
}
