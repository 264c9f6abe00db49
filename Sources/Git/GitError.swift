// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import CLibGit2

/// What went wrong with a repository: a stable code, what we were doing, and the words of libgit2 or git.
package struct GitError: Error, Equatable, Sendable {
    package enum Code: String, Sendable {
        /// No repository here or above.
        case notARepository
        /// The repository belongs to another user, and `safe.directory` does not name it.
        case notOwned
        /// The history ends early: who asked for what cannot be known.
        case shallow
        case grafted
        /// A format or extension that is not understood here (sha256 among them).
        case unsupported
        /// No such revision, ref, object or remote ref.
        case notFound
        case ambiguous
        /// An object that is not what its id says, or not well-formed.
        case corrupt
        case tooLarge
        case tooDeep
        case locked
        /// A ref is not where it was expected to be: somebody else was faster.
        case moved
        /// A name or path that git does not take.
        case invalid
        /// There is no `git` on PATH.
        case noGit
        /// The remote does not answer or does not let us in.
        case unreachable
        /// The remote took our connection, but not what we pushed.
        case refused
        /// `git` does not know who commits.
        case noIdentity
        /// `git commit-tree -S` made no commit.
        case notSigned
        case deadline
        case cancelled
        case failed
    }
    package var code: Code
    /// `read tree 5d0c…`
    package var operation: String
    /// What libgit2 or git said, credentials in URLs taken out.
    package var detail: String

    package init(code: Code, operation: String, detail: String) {
        self.code = code
        self.operation = operation
        self.detail = detail
    }

    /// The next step, where there is one.
    package var hint: String? {
        switch code {
        case .notARepository: "run it inside a clone, or name one with --repo DIR"
        case .notOwned:
            "the folder belongs to another user; if you trust it: git config --global --add safe.directory DIR"
        case .shallow: "fetch the rest of the history: git fetch --unshallow"
        case .grafted: "remove info/grafts from the repository: it changes history without a trace"
        case .unsupported: "repositories with SHA-1 ids and the usual extensions are understood"
        case .corrupt: "git fsck --full shows what is damaged; a fresh clone repairs it"
        case .locked: "another git process is at work here, or one died: then remove the .lock file it names"
        case .moved: "somebody else was faster: fetch and try again"
        case .noGit: "install git, or put it on PATH"
        case .unreachable: "check that `git fetch` works here without asking for a password"
        case .noIdentity: "git config --global user.name NAME; git config --global user.email ADDRESS"
        case .notSigned:
            "to sign with an SSH key: git config --global gpg.format ssh; "
                + "git config --global user.signingKey ~/.ssh/id_ed25519.pub"
        case .notFound, .ambiguous, .tooLarge, .tooDeep, .invalid, .refused, .deadline, .cancelled, .failed: nil
        }
    }
}

extension GitError: CustomStringConvertible {
    package var description: String { detail.isEmpty ? operation : "\(operation): \(detail)" }
}

extension GitError {
    /// libgit2's errors are per thread: call this in the same synchronous function as the call that failed.
    static func last(_ status: Int32, _ operation: String) -> GitError {
        let error = git_error_last()
        let detail = error?.pointee.message.map { String(cString: $0) } ?? "error \(status)"
        let domain = error.map { git_error_t(UInt32(bitPattern: $0.pointee.klass)) }
        return GitError(code: code(status, domain, detail), operation: operation, detail: detail)
    }

    private static func code(_ status: Int32, _ domain: git_error_t?, _ detail: String) -> Code {
        // libgit2 1.5 reports another owner as a config value that was not found.
        if status == GIT_EOWNER.rawValue || detail.contains("safe.directory") { return .notOwned }
        if detail.contains("unsupported extension") || detail.contains("unsupported repository version") {
            return .unsupported
        }
        switch git_error_code(status) {
        case GIT_ENOTFOUND, GIT_EUNBORNBRANCH: return .notFound
        case GIT_EAMBIGUOUS: return .ambiguous
        case GIT_EEXISTS, GIT_EMODIFIED: return .moved
        case GIT_ELOCKED: return .locked
        case GIT_EINVALIDSPEC: return .invalid
        case GIT_EMISMATCH: return .corrupt
        default: break
        }
        switch domain {
        case GIT_ERROR_ODB, GIT_ERROR_ZLIB, GIT_ERROR_OBJECT, GIT_ERROR_TREE, GIT_ERROR_INDEXER: return .corrupt
        default: return .failed
        }
    }

    func during(_ operation: String) -> GitError { GitError(code: code, operation: operation, detail: detail) }
}

/// Throws libgit2's last error unless `status` says that all went well.
func check(_ status: Int32, _ operation: @autoclosure () -> String) throws(GitError) {
    if status < 0 { throw GitError.last(status, operation()) }
}
