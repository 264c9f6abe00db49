// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import CLibGit2
internal import Glibc
internal import Synchronization
internal import Vocabulary

/// A git repository on this machine. Objects and refs are read and written by libgit2, synchronously; what goes over
/// the network, signs or looks at the work tree is the user's own `git`, asynchronously.
///
/// Replace refs, grafts and shallow boundaries never change what is read: libgit2 ignores them, and `git` is told to.
// Sendable because libgit2 is called with the lock held only (it wants one thread at a time), and the rest is constant.
package final class Repository: @unchecked Sendable {
    /// What libgit2's functions want.
    struct Handle {
        let repository: OpaquePointer
        let objects: OpaquePointer
    }

    /// The git directory (of this work tree), absolute.
    package let directory: String
    /// The git directory that all work trees share: refs, objects and config are there.
    package let commonDirectory: String
    /// nil for a bare repository.
    package let workTree: String?
    package let userGit: UserGit
    /// Folders of objects that are read beside the repository's own.
    let objectFolders: [String]

    private let handle: Handle
    private let lock = Mutex<Void>(())

    /// Opens the repository at `path` or above it.
    ///
    /// - Parameter objectFolders: more objects to read: where git keeps those of a push that it has not taken yet.
    /// - Throws: `notARepository`, `notOwned`, `shallow`, `grafted`, `unsupported`.
    package init(
        at path: String, userGit: UserGit = UserGit(), objectFolders: [String] = []
    ) throws(GitError) {
        let operation = "open repository \(path)"
        guard LibGit2.ready else {
            throw GitError(code: .failed, operation: operation, detail: "libgit2 does not start")
        }
        var repository: OpaquePointer?
        let status = git_repository_open_ext(&repository, path, 0, nil)
        guard status == 0, let repository else {
            let error = GitError.last(status, operation)
            throw error.code == .notFound
                ? GitError(
                    code: .notARepository, operation: operation,
                    detail: "there is no git repository in \(path) or above it")
                : error
        }
        do throws(GitError) {
            directory = Self.text(git_repository_path(repository))
            commonDirectory = Self.text(git_repository_commondir(repository))
            workTree = git_repository_workdir(repository).map { Self.text($0) }
            try Self.refuseCutHistory(commonDirectory, operation)
            var objects: OpaquePointer?
            try check(git_repository_odb(&objects, repository), operation)
            guard let objects else {
                throw GitError(code: .failed, operation: operation, detail: "no object database")
            }
            handle = Handle(repository: repository, objects: objects)
            for folder in objectFolders { try check(git_odb_add_disk_alternate(objects, folder), operation) }
        } catch {
            git_repository_free(repository)
            throw error
        }
        (self.userGit, self.objectFolders) = (userGit, objectFolders)
    }

    deinit {
        git_odb_free(handle.objects)
        git_repository_free(handle.repository)
    }

    func locked<Result: Sendable>(
        _ body: (Handle) throws(GitError) -> Result
    ) throws(GitError) -> Result {
        try lock.withLock { _ throws(GitError) in try body(handle) }
    }

    /// Another handle on the same repository, for work that changes its object database's set of backends.
    func withOwnHandle<Result>(
        _ operation: String, _ body: (Handle) throws(GitError) -> Result
    ) throws(GitError) -> Result {
        var repository: OpaquePointer?
        try check(
            git_repository_open_ext(&repository, commonDirectory, GIT_REPOSITORY_OPEN_NO_SEARCH.rawValue, nil),
            operation)
        guard let repository else { throw GitError(code: .failed, operation: operation, detail: "no handle") }
        defer { git_repository_free(repository) }
        var objects: OpaquePointer?
        try check(git_repository_odb(&objects, repository), operation)
        guard let objects else { throw GitError(code: .failed, operation: operation, detail: "no object database") }
        defer { git_odb_free(objects) }
        return try body(Handle(repository: repository, objects: objects))
    }

    /// `git_repository_is_shallow` looks into a linked work tree's own folder, where the file never is.
    private static func refuseCutHistory(_ common: String, _ operation: String) throws(GitError) {
        func isThere(_ name: String) -> Bool {
            var facts = stat()
            return stat(common + name, &facts) == 0 && facts.st_size > 0
        }
        if isThere("shallow") {
            throw GitError(code: .shallow, operation: operation, detail: "a shallow clone lacks part of its history")
        }
        if isThere("info/grafts") {
            throw GitError(code: .grafted, operation: operation, detail: "info/grafts changes its history")
        }
    }

    private static func text(_ pointer: UnsafePointer<CChar>?) -> String { pointer.map { String(cString: $0) } ?? "" }
}
