// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import Glibc
internal import Synchronization
package import Vocabulary

/// What was made of blobs, kept from one run to the next in a folder that only its user writes to: a blob that was decoded
/// once is not inflated, hashed, parsed and checked for itself again.
///
/// Derived data only. What is in it can be made again from git at any time, and is wherever it is missing, damaged, or made by another
/// build of this program: a later one may read a file otherwise. It decides nothing that the same bytes in git would not.
///
/// The file, all numbers little-endian: 64 bytes of head (`magic`, build, number of entries, length), the SHA-256 of each
/// block of 1 MiB after these digests, then the index (blob, use, offset and length of each entry; sorted), then the entries.
package final class DerivedBlobs: Sendable {
    package enum Use: UInt8, Sendable {
        /// What a YAML file declares, if nothing is wrong with it.
        case declarations = 1
        /// The certificates of a chain file that reads as one.
        case chain = 2
        /// The slot that a file of a status branch tells of.
        case slot = 3
        /// What the checks say of a tree, by the tree's own id.
        case checks = 4
    }

    struct Key: Hashable, Comparable {
        var blob: ObjectID
        var use: UInt8
        static func < (left: Self, right: Self) -> Bool { (left.blob, left.use) < (right.blob, right.use) }
    }

    private let path: String
    private let file: DerivedFile?
    private let new = Mutex<[Key: [UInt8]]>([:])
    private let found = Atomic(0)
    private let foundBytes = Atomic(0)

    /// - Parameter folder: is there, and belongs to this user alone.
    package init(folder: String) {
        path = folder + "/derived"
        file = DerivedFile(path)
    }

    /// What `body` makes of an entry; nil where there is none, and where `body` finds it unreadable.
    package func find<Result>(_ use: Use, _ blob: ObjectID, _ body: (UnsafeRawBufferPointer) -> Result?) -> Result? {
        guard let bytes = file?.entry(Key(blob: blob, use: use.rawValue)), let result = body(bytes) else { return nil }
        found.add(1, ordering: .relaxed)
        foundBytes.add(bytes.count, ordering: .relaxed)
        return result
    }

    package func keep(_ use: Use, _ blob: ObjectID, _ bytes: [UInt8]) {
        guard bytes.count < DerivedFile.longest else { return }
        new.withLock { $0[Key(blob: blob, use: use.rawValue)] = bytes }
    }

    /// What was read so far takes no memory from now on. Where it is read again, it comes from the system's cache.
    package func forget() { file?.forget() }

    /// Writes what is new beside what was there. A few new ones are not worth a write: they are made again. What is no longer asked
    /// for is dropped once it is more than what is.
    package func save() {
        defer { forget() }
        let new = new.withLock { $0 }
        let isChecked = new.keys.contains { $0.use == Use.checks.rawValue }
        guard isChecked || new.count > 16 + found.load(ordering: .relaxed) / 64 else { return }
        let newBytes = new.values.reduce(0) { $0 + $1.count }
        let wanted = foundBytes.load(ordering: .relaxed) + newBytes
        let old = file.map { $0.length + newBytes <= 2 * wanted + 16 << 20 ? $0 : nil } ?? nil
        DerivedFile.write(new, over: old, to: path)
        self.new.withLock { $0 = [:] }
    }
}

/// The file, mapped. Nothing of it is looked at before its digests have been compared.
// Sendable because the mapping is never written to, and lives as long as this.
private final class DerivedFile: @unchecked Sendable {
    static let longest = 16 << 20
    private static let block = 1 << 20
    private static let head = 64
    private static let row = 20 + 1 + 3 + 4 + 8
    private static let magic = Array("countersign derived v1\n".utf8)

    private let bytes: UnsafeRawBufferPointer
    private let index: UnsafeRawBufferPointer
    private let count: Int
    var length: Int { bytes.count }

    init?(_ path: String) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid(),
            status.st_mode & 0o022 == 0, status.st_size > Self.head,
            let mapped = mmap(nil, Int(status.st_size), PROT_READ, MAP_PRIVATE, descriptor, 0), mapped != MAP_FAILED
        else { return nil }
        let bytes = UnsafeRawBufferPointer(start: mapped, count: Int(status.st_size))
        guard let sound = Self.soundIndex(of: bytes) else {
            munmap(mapped, bytes.count)
            return nil
        }
        self.bytes = bytes
        (index, count) = sound
    }

    deinit { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count) }

    func forget() { madvise(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count, MADV_DONTNEED) }

    private static func number(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> Int {
        Int(truncatingIfNeeded: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
    }

    /// nil for a file of another build, and for one that is not, to the last byte, what was written.
    private static func soundIndex(of bytes: UnsafeRawBufferPointer) -> (UnsafeRawBufferPointer, Int)? {
        guard let build = Build.this, bytes[0..<magic.count].elementsEqual(magic),
            bytes[24..<40].elementsEqual(build.prefix(16)), number(bytes, 48) == bytes.count
        else { return nil }
        let count = number(bytes, 40)
        let body = bytes.count - head
        // Digests stand before what they are of: of n blocks there are n digests.
        guard count >= 0, count <= body / row else { return nil }
        let blocks = (body + block + 32 - 1) / (block + 32)
        let start = head + blocks * 32
        guard start + count * row <= bytes.count else { return nil }
        let damaged = Atomic(false)
        // Read only, and mapped for longer than this.
        nonisolated(unsafe) let bytes = bytes
        DispatchQueue.concurrentPerform(iterations: blocks) { index in
            let place = head + index * 32
            let said = FileDigest(bytes: UnsafeRawBufferPointer(rebasing: bytes[place..<place + 32]))
            if digest(bytes, ofBlock: index, from: start) != said { damaged.store(true, ordering: .relaxed) }
        }
        guard !damaged.load(ordering: .relaxed) else { return nil }
        return (UnsafeRawBufferPointer(rebasing: bytes[start..<start + count * row]), count)
    }

    private static func digest(_ bytes: UnsafeRawBufferPointer, ofBlock index: Int, from start: Int) -> FileDigest {
        let from = start + index * block
        var hasher = SHA256Hasher()
        hasher.update(UnsafeRawBufferPointer(rebasing: bytes[0..<head]))
        hasher.update(UnsafeRawBufferPointer(rebasing: bytes[from..<min(bytes.count, from + block)]))
        return hasher.finish()
    }

    func entry(_ key: DerivedBlobs.Key) -> UnsafeRawBufferPointer? {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            guard let found = self.key(middle) else { return nil }
            if found == key { return content(middle) }
            if found < key { low = middle + 1 } else { high = middle }
        }
        return nil
    }

    private func key(_ place: Int) -> DerivedBlobs.Key? {
        let row = UnsafeRawBufferPointer(rebasing: index[place * Self.row..<(place + 1) * Self.row])
        guard let blob = ObjectID(raw: UnsafeRawBufferPointer(rebasing: row[0..<20])) else { return nil }
        return DerivedBlobs.Key(blob: blob, use: row[20])
    }

    private func content(_ place: Int) -> UnsafeRawBufferPointer? {
        let start = place * Self.row
        let length = Int(UInt32(littleEndian: index.loadUnaligned(fromByteOffset: start + 24, as: UInt32.self)))
        let offset = Self.number(index, start + 28)
        guard offset >= 0, offset <= bytes.count, length <= bytes.count - offset else { return nil }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length])
    }

    /// Replaces the file: whoever reads has the old one or the new one. Not synced: a torn one is found by its digests.
    static func write(_ new: [DerivedBlobs.Key: [UInt8]], over old: DerivedFile?, to path: String) {
        guard let build = Build.this else { return }
        var kept: [(key: DerivedBlobs.Key, place: Int)] = []
        if let old {
            for place in 0..<old.count {
                if let key = old.key(place), new[key] == nil { kept.append((key, place)) }
            }
        }
        let all = (kept.map { ($0.key, Optional($0.place)) } + new.keys.map { ($0, nil) }).sorted { $0.0 < $1.0 }
        let contents = all.reduce(0) { sum, entry in
            sum + (entry.1.map { old?.content($0)?.count ?? 0 } ?? new[entry.0]?.count ?? 0)
        }
        let payload = all.count * row + contents
        let blocks = (payload + block - 1) / block
        let start = head + blocks * 32
        let whole = UnsafeMutableRawBufferPointer.allocate(byteCount: start + payload, alignment: 16)
        defer { whole.deallocate() }
        func put(_ number: Int, at offset: Int) {
            whole.storeBytes(of: UInt64(number).littleEndian, toByteOffset: offset, as: UInt64.self)
        }
        whole[0..<head].initializeMemory(as: UInt8.self, repeating: 0)
        whole[0..<magic.count].copyBytes(from: magic)
        whole[24..<40].copyBytes(from: build.prefix(16))
        put(all.count, at: 40)
        put(whole.count, at: 48)
        var offset = start + all.count * row
        // The entries of one use stand together: they are read together, and then forgotten.
        for (place, entry) in all.enumerated().sorted(by: {
            ($0.element.0.use, $0.offset) < ($1.element.0.use, $1.offset)
        }) {
            let at = start + place * row
            whole[at..<at + 20].copyBytes(from: entry.0.blob.bytes)
            whole.storeBytes(of: UInt32(entry.0.use).littleEndian, toByteOffset: at + 20, as: UInt32.self)
            let length: Int
            if let old, let place = entry.1 {
                let content = old.content(place) ?? UnsafeRawBufferPointer(start: nil, count: 0)
                whole[offset..<offset + content.count].copyBytes(from: content)
                length = content.count
            } else {
                let content = new[entry.0] ?? []
                whole[offset..<offset + content.count].copyBytes(from: content)
                length = content.count
            }
            whole.storeBytes(of: UInt32(length).littleEndian, toByteOffset: at + 24, as: UInt32.self)
            put(offset, at: at + 28)
            offset += length
        }
        for index in 0..<blocks {
            let digest = digest(UnsafeRawBufferPointer(whole), ofBlock: index, from: start)
            whole[head + index * 32..<head + index * 32 + 32].copyBytes(from: digest.bytes)
        }
        store(UnsafeRawBufferPointer(whole), at: path)
    }

    private static func store(_ bytes: UnsafeRawBufferPointer, at path: String) {
        let staged = path + ".\(getpid()).\(UInt64.random(in: .min ... .max))"
        let descriptor = open(staged, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        var done = 0
        while done < bytes.count {
            let count = Glibc.write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            done += count
        }
        close(descriptor)
        if done < bytes.count || rename(staged, path) != 0 { unlink(staged) }
    }
}

/// Which build of this program runs: another one reads nothing that this one wrote.
private enum Build {
    /// 32 bytes; nil where the system does not say.
    static let this: [UInt8]? = {
        var status = stat()
        guard stat("/proc/self/exe", &status) == 0 else { return nil }
        let text = [
            Int64(truncatingIfNeeded: status.st_dev), Int64(truncatingIfNeeded: status.st_ino), Int64(status.st_size),
            Int64(status.st_mtim.tv_sec), Int64(status.st_mtim.tv_nsec), Int64(status.st_ctim.tv_sec),
            Int64(status.st_ctim.tv_nsec),
        ].map { String($0) }.joined(separator: " ")
        return FileDigest(hashing: Array(text.utf8)).bytes
    }()
}
