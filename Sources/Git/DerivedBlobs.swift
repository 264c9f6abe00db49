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
        /// The SHA-256 of a blob that we wrote: whether another text is the same is told sooner by it than by git's own hash.
        case digest = 5
        /// A finished work order of a status branch, without its content.
        case archived = 6
        /// The day on which everything that an archive holds, by the id of its tree, had been reported.
        case reported = 7
    }

    struct Key: Hashable, Comparable {
        var blob: ObjectID
        var use: UInt8
        static func < (left: Self, right: Self) -> Bool { (left.blob, left.use) < (right.blob, right.use) }
    }

    private let path: String
    private let file: DerivedFile?
    /// What is not in the file that was there at the beginning.
    private struct Fresh {
        var unsaved: [Key: [UInt8]] = [:]
        /// Written already, and written again with what comes: the file is replaced as a whole.
        var saved: [Key: [UInt8]] = [:]
    }
    private let fresh = Mutex(Fresh())
    private let found = Atomic(0)
    private let foundBytes = Atomic(0)

    /// - Parameter folder: is there, and belongs to this user alone.
    package init(folder: String) {
        path = folder + "/derived"
        file = DerivedFile(path)
    }

    /// What `body` makes of an entry; nil where there is none, and where `body` finds it unreadable.
    package func find<Result>(_ use: Use, _ blob: ObjectID, _ body: (UnsafeRawBufferPointer) -> Result?) -> Result? {
        let read = file?.entry(Key(blob: blob, use: use.rawValue)) { bytes in body(bytes).map { ($0, bytes.count) } }
        guard let (result, count) = read ?? nil else { return nil }
        found.add(1, ordering: .relaxed)
        foundBytes.add(count, ordering: .relaxed)
        return result
    }

    package func keep(_ use: Use, _ blob: ObjectID, _ bytes: [UInt8]) {
        guard bytes.count < DerivedFile.longest else { return }
        fresh.withLock { $0.unsaved[Key(blob: blob, use: use.rawValue)] = bytes }
    }

    /// Writes what is new beside what was there. A few new ones are not worth a write: they are made again; what was said of a whole
    /// tree is. What is no longer asked for is dropped once it is more than what is.
    package func save() {
        let (unsaved, saved) = fresh.withLock { ($0.unsaved, $0.saved) }
        let isLarge = unsaved.keys.contains { $0.use == Use.checks.rawValue || $0.use == Use.reported.rawValue }
        guard isLarge || unsaved.count > 16 + found.load(ordering: .relaxed) / 64 else { return }
        let new = saved.merging(unsaved) { $1 }
        let newBytes = new.values.reduce(0) { $0 + $1.count }
        let wanted = foundBytes.load(ordering: .relaxed) + newBytes
        let old = file.map { $0.length + newBytes <= 2 * wanted + 16 << 20 ? $0 : nil } ?? nil
        DerivedFile.write(new, over: old, to: path)
        fresh.withLock { $0 = Fresh(saved: new) }
    }
}

/// The file. Nothing of it is looked at before its digests have been compared.
///
/// Its index is kept, entries are read one by one as they are asked for: mapped, all of the file would be in memory for them. Nobody
/// writes to a file that is there: it is replaced.
private final class DerivedFile: Sendable {
    static let longest = 16 << 20
    private static let block = 1 << 20
    private static let head = 64
    private static let row = 20 + 1 + 3 + 4 + 8
    private static let magic = Array("countersign derived v1\n".utf8)

    private let descriptor: CInt
    let length: Int
    private let index: [UInt8]
    private let count: Int

    init?(_ path: String) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid(),
            status.st_mode & 0o022 == 0, let sound = Self.soundIndex(of: descriptor, length: Int(status.st_size))
        else {
            close(descriptor)
            return nil
        }
        (self.descriptor, length) = (descriptor, Int(status.st_size))
        (index, count) = sound
    }

    deinit { close(descriptor) }

    private static func number(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> Int {
        Int(truncatingIfNeeded: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
    }

    /// What `body` makes of a part of a file; nil where it ends before.
    private static func reading<Result>(
        _ range: Range<Int>, of descriptor: CInt, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result? {
        withUnsafeTemporaryAllocation(byteCount: range.count, alignment: 8) { buffer in
            var done = 0
            while done < range.count {
                let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
                let count = pread(descriptor, rest.baseAddress, rest.count, off_t(range.lowerBound + done))
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return nil }
                done += count
            }
            return body(UnsafeRawBufferPointer(buffer))
        }
    }

    /// nil for a file of another build, and for one that is not, to the last byte, what was written.
    private static func soundIndex(of descriptor: CInt, length: Int) -> ([UInt8], Int)? {
        guard let build = Build.this, length > head, let first = reading(0..<head, of: descriptor, { Array($0) }),
            first[0..<magic.count].elementsEqual(magic), first[24..<40].elementsEqual(build.prefix(16)),
            first.withUnsafeBytes({ number($0, 48) }) == length
        else { return nil }
        let count = first.withUnsafeBytes { number($0, 40) }
        let body = length - head
        // Digests stand before what they are of: of n blocks there are n digests.
        guard count >= 0, count <= body / row else { return nil }
        let blocks = (body + block + 32 - 1) / (block + 32)
        let start = head + blocks * 32
        guard start + count * row <= length, let digests = reading(head..<start, of: descriptor, { Array($0) }) else {
            return nil
        }
        let damaged = Atomic(false)
        DispatchQueue.concurrentPerform(iterations: blocks) { place in
            let said = digests[place * 32..<place * 32 + 32]
            let range = start + place * block..<max(start + place * block, min(length, start + (place + 1) * block))
            let made = reading(range, of: descriptor) { digest(of: $0, after: first) }
            if made?.bytes.elementsEqual(said) != true { damaged.store(true, ordering: .relaxed) }
        }
        guard !damaged.load(ordering: .relaxed) else { return nil }
        return reading(start..<start + count * row, of: descriptor) { (Array($0), count) }
    }

    private static func digest(of block: UnsafeRawBufferPointer, after head: [UInt8]) -> FileDigest {
        var hasher = SHA256Hasher()
        head.withUnsafeBytes { hasher.update($0) }
        hasher.update(block)
        return hasher.finish()
    }

    /// What `body` makes of an entry.
    func entry<Result>(_ key: DerivedBlobs.Key, _ body: (UnsafeRawBufferPointer) -> Result) -> Result? {
        place(of: key).flatMap(range).flatMap { Self.reading($0, of: descriptor, body) }
    }

    private func place(of key: DerivedBlobs.Key) -> Int? {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            guard let found = self.key(middle) else { return nil }
            if found == key { return middle }
            if found < key { low = middle + 1 } else { high = middle }
        }
        return nil
    }

    private func key(_ place: Int) -> DerivedBlobs.Key? {
        index.withUnsafeBytes { index in
            let row = UnsafeRawBufferPointer(rebasing: index[place * Self.row..<(place + 1) * Self.row])
            return ObjectID(raw: UnsafeRawBufferPointer(rebasing: row[0..<20])).map {
                DerivedBlobs.Key(blob: $0, use: row[20])
            }
        }
    }

    private func range(_ place: Int) -> Range<Int>? {
        index.withUnsafeBytes { index in
            let start = place * Self.row
            let count = Int(UInt32(littleEndian: index.loadUnaligned(fromByteOffset: start + 24, as: UInt32.self)))
            let offset = Self.number(index, start + 28)
            guard offset >= 0, offset <= length, count <= length - offset else { return nil }
            return offset..<offset + count
        }
    }

    private func content(_ place: Int) -> [UInt8] {
        range(place).flatMap { Self.reading($0, of: descriptor) { Array($0) } } ?? []
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
            sum + (entry.1.map { old?.range($0)?.count ?? 0 } ?? new[entry.0]?.count ?? 0)
        }
        let payload = all.count * row + contents
        let blocks = (payload + block - 1) / block
        let start = head + blocks * 32
        let whole = UnsafeMutableRawBufferPointer.allocate(byteCount: start + payload, alignment: 16)
        defer { whole.deallocate() }
        func put(_ number: Int, at offset: Int) {
            whole.storeBytes(of: UInt64(number).littleEndian, toByteOffset: offset, as: UInt64.self)
        }
        whole.initializeMemory(as: UInt8.self, repeating: 0)
        whole[0..<magic.count].copyBytes(from: magic)
        whole[24..<40].copyBytes(from: build.prefix(16))
        put(all.count, at: 40)
        put(whole.count, at: 48)
        var offset = start + all.count * row
        for (place, entry) in all.enumerated() {
            let at = start + place * row
            whole[at..<at + 20].copyBytes(from: entry.0.blob.bytes)
            whole.storeBytes(of: UInt32(entry.0.use).littleEndian, toByteOffset: at + 20, as: UInt32.self)
            let content = entry.1.flatMap { old?.content($0) } ?? new[entry.0] ?? []
            whole[offset..<offset + content.count].copyBytes(from: content)
            whole.storeBytes(of: UInt32(content.count).littleEndian, toByteOffset: at + 24, as: UInt32.self)
            put(offset, at: at + 28)
            offset += content.count
        }
        let first = Array(whole[0..<head])
        for index in 0..<blocks {
            let part = whole[start + index * block..<min(whole.count, start + (index + 1) * block)]
            let digest = digest(of: UnsafeRawBufferPointer(rebasing: part), after: first)
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
