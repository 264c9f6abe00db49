// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

enum Environment {
    static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}

extension DeviceError {
    /// What errno(3) says of a system call on `path`.
    static func system(_ operation: String, _ path: String, _ number: Int32) -> DeviceError {
        let code: Code =
            switch number {
            case EACCES, EPERM, EROFS, ELOOP: .denied
            case ENOSPC, EDQUOT: .noSpace
            case ETIMEDOUT: .timedOut
            default: .failed
            }
        // O_NOFOLLOW's error would be read as a loop of links.
        let words = number == ELOOP ? "a symbolic link stands where none may be" : String(cString: strerror(number))
        return DeviceError(code, operation: operation, detail: "\(path): \(words)")
    }
}

/// Owns one file descriptor.
struct Descriptor: ~Copyable {
    let raw: Int32

    /// openat(2), close-on-exec; nil if it cannot be, for the reason in errno.
    init?(_ name: String, in folder: Int32 = AT_FDCWD, _ flags: Int32, mode: mode_t = 0) {
        var opened: Int32
        repeat { opened = openat(folder, name, flags | O_CLOEXEC, mode) } while opened < 0 && errno == EINTR
        guard opened >= 0 else { return nil }
        raw = opened
    }
    deinit { close(raw) }

    func status() -> stat? {
        var status = stat()
        return fstat(raw, &status) == 0 ? status : nil
    }
}

extension stat {
    var kind: FileStatus.Kind {
        switch st_mode & S_IFMT {
        case S_IFREG: .file
        case S_IFDIR: .folder
        case S_IFLNK: .link
        default: .other
        }
    }
    var permissions: UInt32 { st_mode & 0o7777 }
}

extension timespec {
    var nanoseconds: Int64 { Int64(tv_sec) * 1_000_000_000 + Int64(tv_nsec) }
}

/// readlinkat(2); nil if it is no link.
func target(ofLink name: String, in folder: Int32) -> String? {
    let buffer = [UInt8](unsafeUninitializedCapacity: Int(PATH_MAX)) { buffer, count in
        count = buffer.withMemoryRebound(to: CChar.self) { memory in
            memory.baseAddress.map { max(readlinkat(folder, name, $0, memory.count), 0) } ?? 0
        }
    }
    return buffer.isEmpty ? nil : String(decoding: buffer, as: UTF8.self)
}

/// Users and groups by name and number, each asked for once.
struct Accounts {
    private var users: [uid_t: String] = [:]
    private var groups: [gid_t: String] = [:]

    mutating func name(ofUser id: uid_t) -> String {
        if let known = users[id] { return known }
        let name = Self.look({ getpwuid_r(id, $0, $1, $2, $3) }, { String(cString: $0.pw_name) }) ?? String(id)
        users[id] = name
        return name
    }

    mutating func name(ofGroup id: gid_t) -> String {
        if let known = groups[id] { return known }
        let name = Self.look({ getgrgid_r(id, $0, $1, $2, $3) }, { String(cString: $0.gr_name) }) ?? String(id)
        groups[id] = name
        return name
    }

    /// `user[:group]` → ids, as chown(1) takes them: a number is one only where nobody has it for a name.
    static func ids(of owner: String) -> (user: uid_t, group: gid_t?)? {
        let parts = owner.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let named = look({ getpwnam_r(parts[0], $0, $1, $2, $3) }, { $0.pw_uid })
        guard let user = named ?? uid_t(parts[0]) else { return nil }
        guard parts.count == 2 else { return (user, nil) }
        guard let group = look({ getgrnam_r(parts[1], $0, $1, $2, $3) }, { $0.gr_gid }) ?? gid_t(parts[1]) else {
            return nil
        }
        return (user, group)
    }

    private static func look<Entry, Value>(
        _ ask: (
            UnsafeMutablePointer<Entry>, UnsafeMutablePointer<CChar>, Int,
            UnsafeMutablePointer<UnsafeMutablePointer<Entry>?>
        ) -> Int32,
        _ take: (Entry) -> Value
    ) -> Value? {
        let entry = UnsafeMutablePointer<Entry>.allocate(capacity: 1)
        defer { entry.deallocate() }
        var size = 1024
        while size <= 1 << 20 {
            let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: size)
            defer { buffer.deallocate() }
            var found: UnsafeMutablePointer<Entry>?
            guard ask(entry, buffer, size, &found) == ERANGE else { return found.map { take($0.pointee) } }
            size *= 4
        }
        return nil
    }
}
