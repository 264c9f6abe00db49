// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

/// A commit to be, in the form in which git writes it.
package struct CommitBuilder: Sendable {
    package var tree: ObjectID
    package var parents: [ObjectID]
    package var author: Identity
    package var committer: Identity
    package var message: String

    package init(tree: ObjectID, parents: [ObjectID], author: Identity, committer: Identity, message: String) {
        self.tree = tree
        self.parents = parents
        self.author = author
        self.committer = committer
        self.message = message
    }

    private var headers: String {
        "tree \(tree)\n" + parents.map { "parent \($0)\n" }.joined()
            + "author \(author.line)\ncommitter \(committer.line)\n"
    }

    /// The bytes without a signature: also what a signature is over.
    package var unsigned: [UInt8] { Array((headers + "\n" + message).utf8) }

    /// The bytes with the `gpgsig` header where git puts it: after the last header, folded.
    package func signed(by key: SSHPrivateKey) throws(SigningError) -> [UInt8] {
        let armor = try key.sign(unsigned, namespace: SSHSignature.gitNamespace)
        let folded = "gpgsig " + armor.split(separator: "\n").joined(separator: "\n ") + "\n"
        return Array((headers + folded + "\n" + message).utf8)
    }
}
