// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

extension Repository {
    /// The file or folder at `path` of a tree (`connectors`, `evidence/ab/….json`); nil where there is none.
    ///
    /// - Throws: `corrupt`, `notFound` where the tree itself is missing.
    package func entry(_ path: String, of tree: ObjectID) throws(GitError) -> (mode: FileMode, id: ObjectID)? {
        try locked { (handle) throws(GitError) in
            var found: (mode: FileMode, id: ObjectID) = (.tree, tree)
            for name in path.split(separator: "/") {
                guard found.mode == .tree,
                    let entry = try handle.tree(found.id).first(where: { $0.name.elementsEqual(name.utf8) })
                else { return nil }
                found = (entry.mode, entry.id)
            }
            return found
        }
    }
}
