// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

package enum FileMode: UInt32, Hashable, Sendable {
    case file = 0o100644
    case executable = 0o100755
    case symlink = 0o120000
    case submodule = 0o160000
    case tree = 0o40000
}

/// One entry of one tree object: `100644 name\0` and 20 bytes of id (git's Documentation/gitformat).
struct TreeEntry: Hashable, Sendable {
    var name: [UInt8]
    var mode: FileMode
    var id: ObjectID

    /// Git sorts a folder as if its name ended in a slash.
    func isBefore(_ other: TreeEntry) -> Bool {
        let common = min(name.count, other.name.count)
        for index in 0..<common where name[index] != other.name[index] { return name[index] < other.name[index] }
        func next(_ entry: TreeEntry) -> Int {
            common < entry.name.count ? Int(entry.name[common]) : entry.mode == .tree ? 0x2f : 0
        }
        return next(self) < next(other)
    }
}

enum TreeObject {
    /// nil unless these are the bytes of a tree as git writes it: known modes, plain names, sorted, none twice.
    static func parse(_ bytes: UnsafeRawBufferPointer) -> [TreeEntry]? {
        var entries: [TreeEntry] = []
        entries.reserveCapacity(bytes.count / 32)
        var offset = 0
        while offset < bytes.count {
            var mode: UInt32 = 0
            let start = offset
            while offset < bytes.count, bytes[offset] != 0x20 {
                guard (0x30...0x37).contains(bytes[offset]), offset - start < 7 else { return nil }
                mode = mode << 3 | UInt32(bytes[offset] - 0x30)
                offset += 1
            }
            offset += 1
            let nameStart = offset
            while offset < bytes.count, bytes[offset] != 0 { offset += 1 }
            guard offset + 21 <= bytes.count, nameStart < offset,
                // Early versions of git wrote group-writable files so.
                let mode = FileMode(rawValue: mode == 0o100664 ? 0o100644 : mode),
                let id = ObjectID(bytes: UnsafeRawBufferPointer(rebasing: bytes[(offset + 1)..<(offset + 21)]))
            else { return nil }
            let entry = TreeEntry(name: Array(bytes[nameStart..<offset]), mode: mode, id: id)
            guard isPlain(entry.name), entries.last?.isBefore(entry) ?? true else { return nil }
            entries.append(entry)
            offset += 21
        }
        return entries
    }

    static func serialize(_ entries: [TreeEntry]) -> [UInt8] {
        var bytes: [UInt8] = []
        for entry in entries.sorted(by: { $0.isBefore($1) }) {
            bytes += Array(String(entry.mode.rawValue, radix: 8).utf8) + [0x20] + entry.name + [0] + entry.id.bytes
        }
        return bytes
    }

    /// A name that leads nowhere but to its own entry.
    static func isPlain(_ name: [UInt8]) -> Bool {
        if name.isEmpty || name == [0x2e] || name == [0x2e, 0x2e] { return false }
        if name.contains(where: { $0 == 0x2f || $0 == 0 }) { return false }
        return !(name.count == 4 && name.map { $0 | 0x20 } == Array(".git".utf8))
    }
}
