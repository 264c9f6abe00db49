// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

/// One thing to do on a device. All values travel as data; the remote side runs a constant program of ours.
package enum Step: Sendable {
    /// Refuses (`fenced`) if a higher one was seen in this folder; keeps the highest.
    case fence(UInt64, folder: String)
    /// Refuses (`changed`) unless every path has this content (nil: absent).
    case expect([String: FileDigest?])
    case folder(String, Ownership)
    case stat([String])
    case read(String, limit: Int)
    /// Created with its final mode from the first byte, never through a link.
    case write(String, SecretBytes, Ownership)
    case link(String, to: String)
    /// rename(2): `path` becomes what `by` was.
    case replace(String, by: String)
    case copy(String, to: String)  // content, owner and mode; a hard link where it can be
    case remove(String)
    case sync([String])
    case run([String], input: SecretBytes?, outputLimit: Int)
}

/// Owner, group and mode of a file or folder; nil keeps that of `like`, else the process's own.
package struct Ownership: Sendable, Hashable {
    package var owner: String?  // user[:group]
    package var mode: UInt32
    package init(owner: String?, mode: UInt32) { (self.owner, self.mode) = (owner, mode) }
}

package enum StepResult: Sendable {
    case done
    case status([FileStatus])
    case content([UInt8]?)  // nil: absent
    case ran(exit: Int32, output: [UInt8], errors: [UInt8], took: Duration)
}

package struct FileStatus: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable { case absent, file, folder, link, other }
    package var path: String
    package var kind: Kind
    package var mode: UInt32
    package var owner: String
    package var group: String
    package var size: Int64
    package var inode: UInt64
    package var modifiedNanoseconds: Int64
    package var changedNanoseconds: Int64
    package var linkTarget: String?

    package init(
        path: String, kind: Kind, mode: UInt32 = 0, owner: String = "", group: String = "", size: Int64 = 0,
        inode: UInt64 = 0, modifiedNanoseconds: Int64 = 0, changedNanoseconds: Int64 = 0, linkTarget: String? = nil
    ) {
        (self.path, self.kind, self.mode, self.owner, self.group) = (path, kind, mode, owner, group)
        (self.size, self.inode, self.modifiedNanoseconds) = (size, inode, modifiedNanoseconds)
        (self.changedNanoseconds, self.linkTarget) = (changedNanoseconds, linkTarget)
    }
}

/// All steps in one round trip, in order, stopping at the first that fails. Faults are injected by a wrapper of this.
package protocol Transport: Sendable {
    func perform(_ steps: [Step], within: Duration) async throws(DeviceError) -> [StepResult]
}
