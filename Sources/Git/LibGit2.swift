// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import CLibGit2
internal import Vocabulary

/// The library as a whole: started once, never shut down.
enum LibGit2 {
    static let ready: Bool = {
        guard git_libgit2_init() > 0 else { return false }
        // Sparse checkouts and partial clones are otherwise refused ("unsupported extension name"), and they change
        // nothing in the objects that are there.
        let names = ["worktreeconfig", "partialclone"]
        let extended = names[0].withCString { first in
            names[1].withCString { second in
                var list: [UnsafePointer<CChar>?] = [first, second]
                return countersign_git_set_extensions(&list, list.count)
            }
        }
        // Every object read is hashed again and compared with its id, by a SHA-1 that detects collisions.
        let strict = countersign_git_set_strict_hash_verification(1)
        // Like git itself: an object is on disk before a ref names it.
        let durable = countersign_git_set_fsync(1)
        return extended == 0 && strict == 0 && durable == 0
    }()
}

extension ObjectID {
    init(_ raw: git_oid) {
        guard let id = withUnsafeBytes(of: raw.id, { Self(bytes: $0) }) else {
            preconditionFailure("an object id has 20 bytes")
        }
        self = id
    }

    var raw: git_oid {
        var oid = git_oid()
        withUnsafeMutableBytes(of: &oid.id) { $0.copyBytes(from: bytes) }
        return oid
    }
}

package enum ObjectKind: String, Sendable {
    case commit, tree, blob, tag

    init?(_ raw: git_object_t) {
        switch raw {
        case GIT_OBJECT_COMMIT: self = .commit
        case GIT_OBJECT_TREE: self = .tree
        case GIT_OBJECT_BLOB: self = .blob
        case GIT_OBJECT_TAG: self = .tag
        default: return nil
        }
    }

    var raw: git_object_t {
        switch self {
        case .commit: GIT_OBJECT_COMMIT
        case .tree: GIT_OBJECT_TREE
        case .blob: GIT_OBJECT_BLOB
        case .tag: GIT_OBJECT_TAG
        }
    }
}
