// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

/// One thing to do on a device. All values travel as data; the remote side runs a constant program of ours.
///
/// Paths are absolute and canonical. *Ours* is what lies in a folder named `OwnFolder.name`: there no link is followed, and
/// the folder itself must belong to the user we run as. Only there is anything made or written; elsewhere a step may put one
/// of ours in a file's place, or take it away.
package enum Step: Sendable {
    /// Refuses (`fenced`) if a later one was seen in this folder; keeps the latest, durably. Until all steps of this call have
    /// been done, nobody else gets past a fence here. Where the folder is absent nobody has pushed, and it passes.
    case fence(Fence, folder: String)
    /// Refuses (`changed`) unless every path has this content (nil: absent). Of a link, the content is what it points to by name.
    case expect([String: FileDigest?])
    /// Ours. Made, or, if it is there, given what of the mode it lacks.
    case folder(String, Ownership)
    case stat([String], followingLinks: Bool)
    /// What lies in a folder, in the order of names; links are not followed. Empty if it is absent.
    case list(String)
    /// `list` of a folder, then of each folder in it, in one answer.
    case survey(String)
    /// What `expect` compares, computed where the files are: no byte of them travels.
    case digest([String])
    /// Follows links, but not to or within what is ours. More than `limit` bytes is an error.
    case read(String, limit: Int)
    /// Ours. Whole or not at all, with its final owner and mode before the first byte is in it, never through a link.
    case write(String, SecretBytes, Ownership)
    /// Ours: a symbolic link.
    case link(String, to: String)
    /// rename(2): `path` becomes what `by` was. One of them is ours.
    case replace(String, by: String)
    /// To ours. The same inode where that can be, else content, owner, mode and time of change.
    case copy(String, to: String)
    /// Absent already is fine. A folder, with all that is in it, only where it is ours.
    case remove(String)
    /// fsync(2) of files and folders; absent ones and links are passed over (their folder holds them).
    case sync([String])
    case run([String], input: SecretBytes?, outputLimit: Int)  // argv
}

/// The folder beside a slot's private key in which everything of ours lies.
package enum OwnFolder {
    package static let name = ".countersign"

    /// Whether a folder of this name stands before the last component. Asked for each path of thousands: no `split`.
    package static func isOurs(_ path: String) -> Bool {
        var path = path
        return path.withUTF8 { bytes in
            bytes.indices.contains { bytes[$0] == 0x2f && bytes[$0...].dropFirst().starts(with: pattern) }
        }
    }
    private static let pattern = Array("\(name)/".utf8)
}

/// Owner, group and mode of a file or folder.
package struct Ownership: Sendable, Hashable {
    package var owner: String?  // user[:group], by name or number; nil: the process's own
    package var mode: UInt32
    package init(owner: String?, mode: UInt32) { (self.owner, self.mode) = (owner, mode) }
}

package enum StepResult: Sendable {
    case done
    case status([FileStatus])  // in the order asked for
    case digests([String: FileDigest?])
    case content(SecretBytes?)  // nil: absent
    /// `exit`: 127 if there is no such program, 128 + signal if it was killed.
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
    package var device: UInt64
    package var inode: UInt64
    package var modifiedNanoseconds: Int64
    package var changedNanoseconds: Int64
    package var linkTarget: String?

    package init(
        path: String, kind: Kind, mode: UInt32 = 0, owner: String = "", group: String = "", size: Int64 = 0,
        device: UInt64 = 0, inode: UInt64 = 0, modifiedNanoseconds: Int64 = 0, changedNanoseconds: Int64 = 0,
        linkTarget: String? = nil
    ) {
        (self.path, self.kind, self.mode, self.owner, self.group) = (path, kind, mode, owner, group)
        (self.size, self.device, self.inode) = (size, device, inode)
        (self.modifiedNanoseconds, self.changedNanoseconds) = (modifiedNanoseconds, changedNanoseconds)
        self.linkTarget = linkTarget
    }

    /// Both are there and are one file.
    package func isSameFile(as other: FileStatus) -> Bool {
        kind != .absent && kind == other.kind && device == other.device && inode == other.inode
    }
}

/// All steps in one round trip, in order, stopping at the first that fails. Faults are injected by a wrapper of this.
package protocol Transport: Sendable {
    func perform(_ steps: [Step], within: Duration) async throws(DeviceError) -> [StepResult]
}
