// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc
internal import Vocabulary

extension LocalSession {
    func makeFolder(_ path: String, _ ownership: Ownership) throws(DeviceError) {
        let (parent, name) = try Self.split(path)
        guard name == OwnFolder.name || OwnFolder.isOurs(path) else {
            throw DeviceError(.denied, operation: "make folder", detail: "\(path): not below \(OwnFolder.name)")
        }
        guard let folder = try folder(parent) else {
            throw DeviceError(.failed, operation: "make folder", detail: "\(parent): there is no such folder")
        }
        var ownership = ownership
        let isNew = mkdirat(folder, name, 0o700) == 0
        if !isNew, errno != EEXIST { throw .system("make folder", path, errno) }
        guard let made = try self.folder(path) else { throw .system("make folder", path, ENOENT) }
        var status = stat()
        guard fstat(made, &status) == 0 else { throw .system("make folder", path, errno) }
        if !isNew { ownership = Ownership(owner: nil, mode: status.permissions | ownership.mode) }
        try own(made, ownership, path, now: status)
    }

    /// Owner before mode: chown(2) takes set-id bits away, and a mode must not open a file to a group that is not its own yet.
    private func own(
        _ descriptor: Int32, _ ownership: Ownership, _ path: String, now status: stat
    ) throws(DeviceError) {
        if let owner = ownership.owner {
            guard let ids = Accounts.ids(of: owner) else {
                throw DeviceError(
                    .denied, operation: "set owner", detail: "\(path): there is no \(Shown.text(owner)) here")
            }
            let group = ids.group ?? status.st_gid
            if ids.user != status.st_uid || group != status.st_gid {
                guard fchown(descriptor, ids.user, group) == 0 else {
                    let cause = DeviceError.system("set owner", path, errno)
                    throw DeviceError(
                        .denied, operation: cause.operation, detail: "\(cause.detail) (owner \(Shown.text(owner)))")
                }
            }
        }
        if status.permissions != ownership.mode {
            guard fchmod(descriptor, ownership.mode & 0o777) == 0 else { throw .system("set mode", path, errno) }
        }
    }

    func write(_ path: String, _ bytes: SecretBytes, _ ownership: Ownership) throws(DeviceError) {
        let place = try ownPlace("write", path)
        let temporary = place.name + "~"
        do throws(DeviceError) {
            let file = try create(temporary, in: place.folder, path)
            guard let status = file.status() else { throw .system("write", path, errno) }
            try own(file.raw, ownership, path, now: status)
            let number = bytes.withUnsafeBytes { buffer -> Int32 in
                var count = 0
                while count < buffer.count {
                    let wrote = Glibc.write(file.raw, buffer.baseAddress.map { $0 + count }, buffer.count - count)
                    if wrote >= 0 { count += wrote } else if errno != EINTR { return errno }
                }
                return 0
            }
            guard number == 0 else { throw .system("write", path, number) }
            guard renameat(place.folder, temporary, place.folder, place.name) == 0 else {
                throw .system("write", path, errno)
            }
        } catch {
            unlinkat(place.folder, temporary, 0)
            throw error
        }
    }

    func composed(_ parts: [Step.Part]) throws(DeviceError) -> SecretBytes {
        var whole: SecretBytes?
        for part in parts {
            switch part {
            case .bytes(let bytes): whole = whole?.followed(by: bytes) ?? bytes
            case .file(let path):
                _ = try ownPlace("read", path)
                guard let bytes = try read(path, limit: FileSlots.keyLimit) else { throw .system("read", path, ENOENT) }
                whole = whole?.followed(by: bytes) ?? bytes
            }
        }
        var nothing: [UInt8] = []
        return whole ?? SecretBytes(taking: &nothing)
    }

    private func create(_ name: String, in folder: Int32, _ path: String) throws(DeviceError) -> Descriptor {
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW
        if let made = Descriptor(name, in: folder, flags, mode: 0o600) { return made }
        if errno == EEXIST {  // of one that was killed here
            unlinkat(folder, name, 0)
            if let made = Descriptor(name, in: folder, flags, mode: 0o600) { return made }
        }
        throw .system("write", path, errno)
    }

    func link(_ path: String, to target: String) throws(DeviceError) {
        let place = try ownPlace("link", path)
        let temporary = place.name + "~"
        unlinkat(place.folder, temporary, 0)
        guard symlinkat(target, place.folder, temporary) == 0,
            renameat(place.folder, temporary, place.folder, place.name) == 0
        else { throw .system("link", path, errno) }
    }

    func replace(_ path: String, by source: String) throws(DeviceError) {
        guard OwnFolder.isOurs(path) || OwnFolder.isOurs(source) else {
            throw DeviceError(.denied, operation: "replace", detail: "\(path): neither it nor \(source) is ours")
        }
        let to = try existingPlace("replace", path)
        let from = try existingPlace("replace", source)
        guard renameat(from.folder, from.name, to.folder, to.name) == 0 else { throw .system("replace", path, errno) }
        forget(below: source)
        forget(below: path)
    }

    func copy(_ source: String, to path: String) throws(DeviceError) {
        let to = try ownPlace("copy", path)
        let from = try existingPlace("copy", source)
        let temporary = to.name + "~"
        unlinkat(to.folder, temporary, 0)
        // Not followed: a link is kept as the link that it is.
        guard linkat(from.folder, from.name, to.folder, temporary, 0) == 0 else {
            guard [EPERM, EXDEV, EMLINK, EOPNOTSUPP, EACCES].contains(errno) else {
                throw .system("copy", source, errno)
            }
            try copyContent(from, to)
            return
        }
        // rename(2) of one name of a file over another does nothing, not even take the first away.
        let renamed = renameat(to.folder, temporary, to.folder, to.name)
        let number = errno
        unlinkat(to.folder, temporary, 0)
        guard renamed == 0 else { throw .system("copy", path, number) }
    }

    private func copyContent(_ from: Place, _ to: Place) throws(DeviceError) {
        var status = stat()
        guard fstatat(from.folder, from.name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            throw .system("copy", from.path, errno)
        }
        if status.kind == .link, let target = target(ofLink: from.name, in: from.folder) {
            return try link(to.path, to: target)
        }
        guard let descriptor = Descriptor(from.name, in: from.folder, O_RDONLY | O_NONBLOCK | O_NOFOLLOW) else {
            throw .system("copy", from.path, errno)
        }
        let bytes = try Self.content(of: descriptor, from.path, limit: 16 << 20)
        try write(
            to.path, bytes, Ownership(owner: "\(status.st_uid):\(status.st_gid)", mode: status.permissions & 0o777))
        let times = [status.st_atim, status.st_mtim]
        guard utimensat(to.folder, to.name, times, AT_SYMLINK_NOFOLLOW) == 0 else {
            throw .system("copy", to.path, errno)
        }
    }

    func remove(_ path: String) throws(DeviceError) {
        guard let place = try place(path) else { return }
        if unlinkat(place.folder, place.name, 0) == 0 || errno == ENOENT { return }
        guard errno == EISDIR, place.isOurs else { throw .system("remove", path, errno) }
        guard let folder = try folder(path) else { return }
        // Never into what is mounted there: it would be something live.
        var extended = statx()
        guard statx(folder, "", AT_EMPTY_PATH, UInt32(STATX_BASIC_STATS), &extended) == 0 else {
            throw .system("remove", path, errno)
        }
        guard extended.stx_attributes & UInt64(STATX_ATTR_MOUNT_ROOT) == 0 else { throw .system("remove", path, EBUSY) }
        for name in try names(in: folder, path) { try remove(path + "/" + name) }
        forget(below: path)
        guard let parent = try self.place(path) else { return }
        guard unlinkat(parent.folder, parent.name, AT_REMOVEDIR) == 0 || errno == ENOENT else {
            throw .system("remove", path, errno)
        }
    }

    func sync(_ path: String) throws(DeviceError) {
        guard let place = try place(path) else { return }
        guard let descriptor = Descriptor(place.name, in: place.folder, O_RDONLY | O_NONBLOCK | O_NOFOLLOW) else {
            if errno == ENOENT || errno == ELOOP { return }
            throw .system("sync", path, errno)
        }
        guard fsync(descriptor.raw) == 0 else { throw .system("sync", path, errno) }
    }
}
