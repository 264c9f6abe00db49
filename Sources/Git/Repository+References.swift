// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import CLibGit2
package import Vocabulary

/// A ref that points at an object. What kind of object, `Repository.kind(of:)` says: an annotated tag is not followed.
package struct Reference: Hashable, Sendable {
    /// `refs/heads/main`
    package var name: String
    package var id: ObjectID

    package init(name: String, id: ObjectID) { (self.name, self.id) = (name, id) }
}

extension Repository {
    /// The refs below `prefix` (`refs/heads/approvals/`), sorted by name; symbolic ones are left out.
    package func references(under prefix: String) throws(GitError) -> [Reference] {
        let operation = "list \(prefix)"
        return try locked { (handle) throws(GitError) in
            var iterator: OpaquePointer?
            try check(git_reference_iterator_new(&iterator, handle.repository), operation)
            defer { git_reference_iterator_free(iterator) }
            var references: [Reference] = []
            while true {
                var reference: OpaquePointer?
                let status = git_reference_next(&reference, iterator)
                if status == GIT_ITEROVER.rawValue { break }
                try check(status, operation)
                defer { git_reference_free(reference) }
                guard let name = git_reference_name(reference), let target = git_reference_target(reference) else {
                    continue
                }
                let text = String(cString: name)
                if text.utf8.starts(with: prefix.utf8) {
                    references.append(Reference(name: text, id: ObjectID(target.pointee)))
                }
            }
            return references.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        }
    }

    /// Where a ref (`refs/heads/main`, `HEAD`) points, symbolic refs followed; nil if there is none.
    package func reference(_ name: String) throws(GitError) -> ObjectID? {
        try locked { (handle) throws(GitError) in
            var raw = git_oid()
            let status = git_reference_name_to_id(&raw, handle.repository, name)
            if status == GIT_ENOTFOUND.rawValue { return nil }
            try check(status, "read \(name)")
            return ObjectID(raw)
        }
    }

    /// Whether the configuration names a place for a remote (`origin`). No git is run for it: every command asks.
    package func hasRemote(_ name: String) throws(GitError) -> Bool {
        try locked { (handle) throws(GitError) in
            var remote: OpaquePointer?
            let status = git_remote_lookup(&remote, handle.repository, name)
            if status == GIT_ENOTFOUND.rawValue { return false }
            try check(status, "read the remote \(name)")
            git_remote_free(remote)
            return true
        }
    }

    /// The branch that HEAD is on (`refs/heads/main`), also where it has no commit yet; nil when detached.
    package func headBranch() throws(GitError) -> String? { try symbolicTarget(of: "HEAD") }

    /// The ref that a symbolic one names; nil for any other, and where there is none.
    package func symbolicTarget(of name: String) throws(GitError) -> String? {
        try locked { (handle) throws(GitError) in
            var reference: OpaquePointer?
            let status = git_reference_lookup(&reference, handle.repository, name)
            if status == GIT_ENOTFOUND.rawValue { return nil }
            try check(status, "read \(name)")
            defer { git_reference_free(reference) }
            return git_reference_symbolic_target(reference).map { String(cString: $0) }
        }
    }

    /// Moves or makes a local ref, if it still points at `expected` (nil: if there is none).
    ///
    /// - Throws: `moved` where it does not, `locked`, `invalid`.
    package func update(_ name: String, to id: ObjectID, expecting expected: ObjectID?) throws(GitError) {
        let operation = "update \(name)"
        try locked { (handle) throws(GitError) in
            var (reference, raw): (OpaquePointer?, git_oid) = (nil, id.raw)
            let status: Int32
            if var old = expected?.raw {
                status = git_reference_create_matching(&reference, handle.repository, name, &raw, 1, &old, nil)
            } else {
                status = git_reference_create(&reference, handle.repository, name, &raw, 0, nil)
            }
            git_reference_free(reference)
            // A ref that is gone is not where it was expected either.
            if status == GIT_ENOTFOUND.rawValue, expected != nil {
                throw GitError(code: .moved, operation: operation, detail: "it is gone")
            }
            try check(status, operation)
        }
    }

    /// Deletes a local ref, if it still points at `expected`.
    ///
    /// - Throws: `moved`, `locked`.
    package func delete(_ name: String, expecting expected: ObjectID) throws(GitError) {
        let operation = "delete \(name)"
        try locked { (handle) throws(GitError) in
            var transaction: OpaquePointer?
            try check(git_transaction_new(&transaction, handle.repository), operation)
            defer { git_transaction_free(transaction) }
            try check(git_transaction_lock_ref(transaction, name), operation)
            var raw = git_oid()
            guard git_reference_name_to_id(&raw, handle.repository, name) == 0, ObjectID(raw) == expected else {
                throw GitError(code: .moved, operation: operation, detail: "it does not point at \(expected.short)")
            }
            try check(git_transaction_remove(transaction, name), operation)
            try check(git_transaction_commit(transaction), operation)
        }
    }
}
