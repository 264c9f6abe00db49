// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import GRDB
internal import Vocabulary

extension JournalError {
    /// What went wrong underneath, in SQLite's words.
    init(_ error: any Error, during operation: String) {
        switch error {
        case let error as JournalError: self = error
        case let error as MisfitFact: self.init(.conflict, operation: operation, detail: error.detail)
        case let error as UnpackError: self.init(.corrupt, operation: operation, detail: error.detail)
        case let error as DatabaseError:
            self.init(
                Code(error.resultCode), operation: operation,
                detail: error.message ?? "SQLite error \(error.extendedResultCode.rawValue)")
        default: self.init(.notWritable, operation: operation, detail: String(describing: error))
        }
    }
}

extension JournalError.Code {
    fileprivate init(_ code: ResultCode) {
        switch code {
        case .SQLITE_FULL: self = .full
        case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_PROTOCOL: self = .busy
        case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_FORMAT, .SQLITE_SCHEMA, .SQLITE_CONSTRAINT, .SQLITE_MISMATCH,
            .SQLITE_ERROR:
            self = .corrupt
        default: self = .notWritable  // READONLY, CANTOPEN, PERM, AUTH, IOERR, NOLFS, NOMEM
        }
    }
}
