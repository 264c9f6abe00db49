// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Vocabulary

extension LocalSession {
    func status(of paths: [String], followingLinks: Bool) throws(DeviceError) -> [FileStatus] {
        var all: [FileStatus] = []
        all.reserveCapacity(paths.count)
        for path in paths {
            guard let place = try place(path) else {
                all.append(FileStatus(path: path, kind: .absent))
                continue
            }
            all.append(try status(of: place, followingLinks: followingLinks && !place.isOurs))
        }
        return all
    }

    private func status(of place: Place, followingLinks: Bool = false) throws(DeviceError) -> FileStatus {
        var info = stat()
        guard fstatat(place.folder, place.name, &info, followingLinks ? 0 : AT_SYMLINK_NOFOLLOW) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return FileStatus(path: place.path, kind: .absent) }
            throw .system("stat", place.path, errno)
        }
        return FileStatus(
            path: place.path, kind: info.kind, mode: info.permissions, owner: accounts.name(ofUser: info.st_uid),
            group: accounts.name(ofGroup: info.st_gid), size: Int64(info.st_size), device: UInt64(info.st_dev),
            inode: UInt64(info.st_ino), modifiedNanoseconds: info.st_mtim.nanoseconds,
            changedNanoseconds: info.st_ctim.nanoseconds,
            linkTarget: info.kind == .link ? target(ofLink: place.name, in: place.folder) : nil)
    }

    func list(_ path: String) throws(DeviceError) -> [FileStatus] {
        guard let folder = try folder(path) else { return [] }
        let prefix = path == "/" ? "/" : path + "/"
        var all: [FileStatus] = []
        for name in try names(in: folder, path).sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
            let place = Place(folder: folder, name: name, path: prefix + name, isOurs: OwnFolder.isOurs(prefix + name))
            let status = try status(of: place)
            if status.kind != .absent { all.append(status) }  // gone meanwhile
        }
        return all
    }

    func survey(_ path: String) throws(DeviceError) -> [FileStatus] {
        var all = try list(path)
        for entry in all where entry.kind == .folder { all += try list(entry.path) }
        return all
    }

    func names(in folder: Int32, _ path: String) throws(DeviceError) -> [String] {
        let own = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)  // readdir(3) has a position, and closes it
        guard own >= 0 else { throw .system("list", path, errno) }
        guard let stream = fdopendir(own) else {
            close(own)
            throw .system("list", path, errno)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                guard errno == 0 else { throw .system("list", path, errno) }
                return names
            }
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
    }

    /// nil if it is absent.
    func read(_ path: String, limit: Int) throws(DeviceError) -> SecretBytes? {
        guard let place = try place(path) else { return nil }
        // O_NONBLOCK: a named pipe in a slot's place must not hold us.
        let flags = O_RDONLY | O_NONBLOCK | (place.isOurs ? O_NOFOLLOW : 0)
        guard let descriptor = Descriptor(place.name, in: place.folder, flags) else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw .system("read", path, errno)
        }
        return try Self.content(of: descriptor, path, limit: limit)
    }

    /// All of a regular file, into memory that is overwritten when it is let go.
    static func content(
        of descriptor: borrowing Descriptor, _ path: String, limit: Int
    ) throws(DeviceError) -> SecretBytes {
        guard let status = descriptor.status() else { throw .system("read", path, errno) }
        guard status.kind == .file else {
            throw DeviceError(.failed, operation: "read", detail: "\(path): not a regular file")
        }
        guard status.st_size <= limit else {
            throw DeviceError(
                .failed, operation: "read", detail: "\(path): \(status.st_size) bytes, at most \(limit) are read")
        }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size) + 1)
        var count = 0
        let number = bytes.withUnsafeMutableBytes { buffer -> Int32 in
            while count < buffer.count {
                let got = Glibc.read(descriptor.raw, buffer.baseAddress.map { $0 + count }, buffer.count - count)
                if got == 0 { return 0 }
                if got > 0 { count += got } else if errno != EINTR { return errno }
            }
            return 0
        }
        defer {
            bytes.withUnsafeMutableBytes { memory in memory.baseAddress.map { explicit_bzero($0, memory.count) } ?? () }
        }
        guard number == 0 else { throw .system("read", path, number) }
        guard count < bytes.count else {
            throw DeviceError(.changed, operation: "read", detail: "\(path): grew while it was read")
        }
        return bytes.withUnsafeBytes { SecretBytes(copying: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }

    /// nil if it is absent. Of a link, its text stands for it: where it leads is not looked at.
    func digest(of path: String) throws(DeviceError) -> FileDigest? {
        guard let place = try place(path) else { return nil }
        guard let descriptor = Descriptor(place.name, in: place.folder, O_RDONLY | O_NONBLOCK | O_NOFOLLOW) else {
            let number = errno
            if number == ENOENT || number == ENOTDIR { return nil }
            guard number == ELOOP, let target = target(ofLink: place.name, in: place.folder) else {
                throw .system("read", path, number)
            }
            return LinkText.digest(target)
        }
        let content = try Self.content(of: descriptor, path, limit: 16 << 20)
        var hasher = SHA256Hasher()
        content.withUnsafeBytes { hasher.update($0) }
        return hasher.finish()
    }

    func expect(_ expected: [String: FileDigest?]) throws(DeviceError) {
        for (path, digest) in expected.sorted(by: { $0.key < $1.key }) {
            guard try self.digest(of: path) == digest else {
                throw DeviceError(.changed, operation: "expect", detail: "\(path): not what it was")
            }
        }
    }
}
