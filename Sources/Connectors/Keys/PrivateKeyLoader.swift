// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
package import PKI
package import Vocabulary

/// Reads the private keys that a Certificate declares as `file`: regular files below one of the zone's `keyRoots`, on the gateway.
///
/// What is wrong with a path is said, because the declaration shows it anyway; what is wrong with the content never is.
package struct PrivateKeyLoader: Sendable {
    package static let limit = 65536

    private let keyRoots: [String]

    /// - Parameter keyRoots: absolute folders. They themselves may be links; below them nothing is.
    package init(keyRoots: [String]) { self.keyRoots = keyRoots }

    /// `{spki}` is the hex fingerprint of the chain's own public key, so that certificate and key can arrive in any order.
    package static func path(_ declared: String, for spki: SPKIFingerprint) -> String {
        declared.replacing("{spki}", with: spki.hex)
    }

    /// Throws `absent`, `outside`, `notPlain`, `loose`, `tooLarge` or `denied` of the path, `unusable` for every failure of its
    /// content. Whether the key fits the certificate is for the caller to ask.
    package func load(_ declared: String, for spki: SPKIFingerprint) throws(KeyFileError) -> PrivateKey {
        let content = try content(declared, for: spki)
        do {
            return try PrivateKey(content)
        } catch {
            throw KeyFileError(.unusable, Self.path(declared, for: spki))
        }
    }

    /// The bytes as they are, read once. Throws as `load` does.
    package func content(_ declared: String, for spki: SPKIFingerprint) throws(KeyFileError) -> SecretBytes {
        let path = Self.path(declared, for: spki)
        let file = try open(path)
        do {
            return try LocalSession.content(of: file.descriptor, path, limit: Self.limit)
        } catch {
            throw KeyFileError(.unusable, path)
        }
    }

    /// The file as it is now, without its content: facts about a key hold as long as this does. Throws as `load` does.
    package func identity(_ declared: String, for spki: SPKIFingerprint) throws(KeyFileError) -> KeyFileIdentity {
        let status = try open(Self.path(declared, for: spki)).status
        return KeyFileIdentity(
            device: UInt64(status.st_dev), inode: UInt64(status.st_ino), size: Int64(status.st_size),
            modifiedNanoseconds: status.st_mtim.nanoseconds, changedNanoseconds: status.st_ctim.nanoseconds)
    }

    private struct OpenFile: ~Copyable {
        var descriptor: Descriptor
        var status: stat
    }

    /// Component by component, so that no folder on the way can be exchanged for a link.
    private func open(_ path: String) throws(KeyFileError) -> OpenFile {
        guard (try? LocalSession.split(path)) != nil,
            let root = keyRoots.filter({ path.hasPrefix($0 == "/" ? "/" : $0 + "/") }).max(by: { $0.count < $1.count })
        else { throw KeyFileError(.outside, path) }
        guard var folder = Descriptor(root, O_RDONLY | O_DIRECTORY) else { throw KeyFileError(errno, path) }
        let components = path.dropFirst(root.count).split(separator: "/").map(String.init)
        for component in components.dropLast() {
            guard let next = Descriptor(component, in: folder.raw, O_RDONLY | O_DIRECTORY | O_NOFOLLOW) else {
                throw KeyFileError(errno, path)
            }
            folder = next
        }
        guard let name = components.last else { throw KeyFileError(.outside, path) }
        guard let file = Descriptor(name, in: folder.raw, O_RDONLY | O_NOFOLLOW | O_NONBLOCK) else {
            throw KeyFileError(errno, path)
        }
        guard let status = file.status() else { throw KeyFileError(errno, path) }
        guard status.kind == .file else { throw KeyFileError(.notPlain, path) }
        guard status.permissions & 0o077 == 0 else { throw KeyFileError(.loose, path, mode: status.permissions) }
        guard status.st_size <= Self.limit else { throw KeyFileError(.tooLarge, path) }
        return OpenFile(descriptor: file, status: status)
    }
}

/// Which file a path led to, and as of when.
package struct KeyFileIdentity: Hashable, Sendable, Codable {
    package var device: UInt64
    package var inode: UInt64
    package var size: Int64
    package var modifiedNanoseconds: Int64
    package var changedNanoseconds: Int64
}

package struct KeyFileError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable { case absent, outside, notPlain, loose, tooLarge, denied, unusable }
    package var code: Code
    package var path: String
    /// Of a `loose` file.
    package var mode: UInt32
    package var description: String

    init(_ code: Code, _ path: String, mode: UInt32 = 0) {
        (self.code, self.path, self.mode) = (code, path, mode)
        let what =
            switch code {
            case .absent: "there is no such file"
            case .outside: "not below a keyRoot of the zone"
            case .notPlain: "not a regular file, or a link stands on the way to it"
            case .loose: "others may use it (mode 0\(String(mode, radix: 8))): chmod 0600"
            case .tooLarge: "larger than \(PrivateKeyLoader.limit) bytes"
            case .denied: "may not be read by the user this runs as"
            case .unusable: "private key cannot be read"
            }
        description = "\(Shown.text(path)): \(what)"
    }

    fileprivate init(_ number: Int32, _ path: String) {
        switch number {
        case ENOENT: self.init(.absent, path)
        case EACCES, EPERM: self.init(.denied, path)
        case ELOOP, ENOTDIR: self.init(.notPlain, path)
        default: self.init(.unusable, path)
        }
    }
}
