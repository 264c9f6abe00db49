// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Vocabulary

/// The folders that one call has opened, and the fences it holds.
///
/// Sendable because one call uses it from one place after another, never from two at once.
final class LocalSession: @unchecked Sendable {
    private var folders: [String: Int32] = [:]
    private var last = ""
    private var fences: [String: Int32] = [:]
    var accounts = Accounts()

    deinit {
        for descriptor in folders.values { close(descriptor) }
        for descriptor in fences.values { close(descriptor) }
    }

    func perform(_ steps: [Step], until deadline: ContinuousClock.Instant) -> Result<[StepResult], DeviceError> {
        var results: [StepResult] = []
        results.reserveCapacity(steps.count)
        do throws(DeviceError) {
            for step in steps {
                guard ContinuousClock.now < deadline else {
                    throw DeviceError(.timedOut, operation: "file work", detail: "the time for it is over")
                }
                results.append(try perform(step, until: deadline))
            }
        } catch {
            return .failure(error)
        }
        return .success(results)
    }

    private func perform(_ step: Step, until deadline: ContinuousClock.Instant) throws(DeviceError) -> StepResult {
        switch step {
        case .fence(let fence, let folder): try pass(fence, in: folder, until: deadline)
        case .expect(let expected): try expect(expected)
        case .folder(let path, let ownership): try makeFolder(path, ownership)
        case .stat(let paths, let following): return .status(try status(of: paths, followingLinks: following))
        case .list(let path): return .status(try list(path))
        case .survey(let path): return .status(try survey(path))
        case .digest(let paths):
            var digests: [String: FileDigest?] = [:]
            for path in paths { digests.updateValue(try digest(of: path), forKey: path) }
            return .digests(digests)
        case .read(let path, let limit): return .content(try read(path, limit: limit))
        case .readWithoutKeys(let path, let limit):
            return .content(try read(path, limit: limit).map(PrivateKeyBlocks.removed(from:)))
        case .write(let path, let bytes, let ownership): try write(path, bytes, ownership)
        case .compose(let path, let parts, let ownership): try write(path, try composed(parts), ownership)
        case .link(let path, let target): try link(path, to: target)
        case .replace(let path, let source): try replace(path, by: source)
        case .copy(let source, let path): try copy(source, to: path)
        case .remove(let path): try remove(path)
        case .sync(let paths): for path in paths { try sync(path) }
        case .run: throw DeviceError(.failed, operation: "run", detail: "not a step on files")
        }
        return .done
    }

    /// A name in an open folder: later steps cannot be led elsewhere by a folder that was exchanged meanwhile.
    struct Place {
        var folder: Int32
        var name: String
        var path: String
        var isOurs: Bool
    }

    /// nil where the folder is absent.
    func place(_ path: String) throws(DeviceError) -> Place? {
        let (parent, name) = path == "/" ? ("/", ".") : try Self.split(path)
        guard let folder = try folder(parent) else { return nil }
        return Place(folder: folder, name: name, path: path, isOurs: OwnFolder.isOurs(path))
    }

    /// Of what is to be made or written: below our own folder, which is there.
    func ownPlace(_ operation: String, _ path: String) throws(DeviceError) -> Place {
        guard OwnFolder.isOurs(path) else {
            throw DeviceError(.denied, operation: operation, detail: "\(path): not below \(OwnFolder.name)")
        }
        return try existingPlace(operation, path)
    }

    func existingPlace(_ operation: String, _ path: String) throws(DeviceError) -> Place {
        guard let place = try place(path) else { throw .system(operation, path, ENOENT) }
        return place
    }

    static func split(_ path: String) throws(DeviceError) -> (parent: String, name: String) {
        var path = path
        let slash = path.withUTF8 { bytes -> Int? in
            guard bytes.first == 0x2f, bytes.count > 1 else { return nil }
            var begin = 1  // of the component
            for index in 1...bytes.count {
                if index < bytes.count, bytes[index] != 0x2f {
                    if bytes[index] == 0 { return nil }
                    continue
                }
                let dots = index - begin <= 2 && bytes[begin..<index].allSatisfy { $0 == 0x2e }
                if dots { return nil }  // also where it is empty
                if index == bytes.count { return begin - 1 }
                begin = index + 1
            }
            return nil
        }
        guard let slash else {
            throw DeviceError(.failed, operation: "path", detail: "\(path): not absolute and canonical")
        }
        let index = path.utf8.index(path.startIndex, offsetBy: slash)
        return (slash == 0 ? "/" : String(path[..<index]), String(path[path.utf8.index(after: index)...]))
    }

    /// Opens a folder, each once. nil if it is absent.
    func folder(_ path: String) throws(DeviceError) -> Int32? {
        if let known = folders[path] {
            last = path
            return known
        }
        guard let opened = try open(path) else { return nil }
        // The one before stays open: renames need two.
        if folders.count >= 64, let surplus = folders.keys.first(where: { $0 != last }) {
            folders.removeValue(forKey: surplus).map { _ = close($0) }
        }
        folders[path] = opened
        last = path
        return opened
    }

    /// A folder that was removed must not be remembered.
    func forget(below path: String) {
        for known in folders.keys where known == path || known.hasPrefix(path + "/") {
            folders.removeValue(forKey: known).map { _ = close($0) }
        }
    }

    private func open(_ path: String) throws(DeviceError) -> Int32? {
        let components = path.split(separator: "/")
        let own = components.firstIndex { $0 == OwnFolder.name }
        // Links in front of our folder are the administrator's own affair.
        let base = own.map { "/" + components[..<$0].joined(separator: "/") } ?? path
        var current = openat(AT_FDCWD, base, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        for (index, component) in components[(own ?? components.endIndex)...].enumerated() {
            guard current >= 0 else { break }
            let next = openat(current, String(component), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            let number = errno
            close(current)
            errno = number
            current = next
            if next >= 0, index == 0 {
                do throws(DeviceError) {
                    try Self.checkIsOurs(next, path)
                } catch {
                    close(next)
                    throw error
                }
            }
        }
        if current >= 0 { return current }
        if errno == ENOENT { return nil }
        // With O_DIRECTORY a link is "not a directory".
        if errno == ENOTDIR, own == nil { return nil }
        throw .system("open folder", path, errno == ENOTDIR ? ELOOP : errno)
    }

    private static func checkIsOurs(_ folder: Int32, _ path: String) throws(DeviceError) {
        var status = stat()
        guard fstat(folder, &status) == 0 else { throw .system("stat", path, errno) }
        guard status.st_uid == geteuid(), status.st_mode & 0o022 == 0 else {
            throw DeviceError(
                .denied, operation: "open folder",
                detail: "\(path): \(OwnFolder.name) belongs to somebody else, or others may write to it")
        }
    }

    /// Locks the folder until the end of the call and compares with the latest fence kept there.
    private func pass(_ fence: Fence, in path: String, until deadline: ContinuousClock.Instant) throws(DeviceError) {
        guard let folder = try folder(path) else { return }
        if fences[path] == nil {
            let lock = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard lock >= 0 else { throw .system("fence", path, errno) }
            // flock(2) either waits for ever or not at all: it is asked again until the call's time is over.
            while flock(lock, LOCK_EX | LOCK_NB) != 0 {
                guard errno == EWOULDBLOCK || errno == EINTR, ContinuousClock.now < deadline else {
                    let number = errno == EWOULDBLOCK ? ETIMEDOUT : errno
                    close(lock)
                    throw .system("fence", path, number)
                }
                usleep(2000)
            }
            fences[path] = lock
        }
        let file = path + "/_fence"
        if let bytes = try read(file, limit: Fence.limit) {
            guard let kept = Fence(kept: bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }) else {
                throw DeviceError(.failed, operation: "fence", detail: "\(file): damaged")
            }
            if kept.description == fence.description { return }
            if let refusal = fence.refusal(after: kept) {
                throw DeviceError(.fenced, operation: "fence", detail: "\(file): \(refusal)")
            }
        }
        var text = Array("\(fence)\n".utf8)
        try write(file, SecretBytes(taking: &text), Ownership(owner: nil, mode: 0o600))
        try sync(file)
        try sync(path)
    }
}
