// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import PKI
internal import Planning
internal import Vocabulary

/// What is written for the candidates of one home folder: values in, steps out.
struct Staging: Sendable {
    private let batch: BatchID
    private let home: String
    private let ground: Ground
    private(set) var manifest: BatchManifest
    private(set) var expected: [String: FileDigest?] = [:]
    private var writes: [Step] = []
    private var linked = false

    init(batch: BatchID, home: String, ground: Ground) {
        (self.batch, self.home, self.ground) = (batch, home, ground)
        manifest = BatchManifest(batch: batch, folders: [FileSlots.batchFolder(batch, in: home)])
    }

    /// The folders of ours, each with its fence: a lock that is held while all that follows is done.
    func ownFolders(under fence: Fence) -> [Step] {
        manifest.folders.map(folder(of:)).distinct().flatMap { own -> [Step] in
            [
                .folder(own, Ownership(owner: nil, mode: linked && own == home ? 0o711 : 0o700)),
                .fence(fence, folder: own),
            ]
        }
    }

    /// Durable once done; the manifest comes last, so that without one nothing was staged to the end.
    var steps: [Step] {
        var steps: [Step] = []
        for folder in manifest.folders {
            steps.append(.remove(folder))
            steps.append(.folder(folder, Ownership(owner: nil, mode: 0o700)))
        }
        steps += writes
        var made: [String] = []
        for case .write(let path, _, _) in writes { made.append(path) }
        for case .folder(let path, _) in writes { made.append(path) }
        let file = joined(FileSlots.batchFolder(batch, in: home), "manifest")
        var document = manifest.document.canonicalBytes
        return steps + [
            .sync(made + manifest.folders),
            .write(file, SecretBytes(taking: &document), Ownership(owner: nil, mode: 0o600)),
            .sync([file] + manifest.folders + manifest.folders.map(folder(of:)).distinct()),
        ]
    }

    mutating func add(_ candidate: Candidate) throws(DeviceError) {
        let slot = candidate.slot
        for path in slot.paths { expected.updateValue(ground.digests[path] ?? nil, forKey: path) }
        let files = try content(of: candidate)
        if candidate.certificate != nil, slot.switch == .link {
            try addLinked(candidate, files)
        } else {
            for file in files { addFile(file, candidate) }
        }
    }

    private struct Content {
        var path: String
        var role: BatchManifest.Role
        var bytes: SecretBytes?  // nil: to be absent
        var digest: FileDigest?
        var ownership: Ownership
    }

    /// Key first. A key that stays as it lies there is left out.
    private func content(of candidate: Candidate) throws(DeviceError) -> [Content] {
        let slot = candidate.slot
        func content(_ path: String, _ role: BatchManifest.Role, _ bytes: SecretBytes?) -> Content {
            let isKey = role != .certificate
            return Content(
                path: path, role: role, bytes: bytes, digest: bytes.map { $0.digest },
                ownership: ownership(path, slot, isKey ? slot.mode : slot.certificateMode, isKey: isKey))
        }
        switch (slot.files, candidate.certificate) {
        case (.pair(let certificatePath, let keyPath), .some(let certificate)):
            var certificate = certificate
            return (candidate.privateKey.map { [content(keyPath, .privateKey, $0)] } ?? [])
                + [content(certificatePath, .certificate, SecretBytes(taking: &certificate))]
        case (.pair(let certificatePath, let keyPath), .none):
            return [content(certificatePath, .certificate, nil), content(keyPath, .privateKey, nil)]
        case (.bundle(let path), .some(let certificate)):
            // Postfix wants the key first, the others do not mind.
            let key: SecretBytes
            if let new = candidate.privateKey { key = new } else { key = try keptKey(in: path) }
            return [content(path, .bundle, key.followed(by: certificate))]
        case (.bundle(let path), .none): return [content(path, .bundle, nil)]
        case (.entry(let name), _):
            throw DeviceError(.unsupported, operation: "stage", detail: "\(name): no file of this device")
        }
    }

    private func keptKey(in path: String) throws(DeviceError) -> SecretBytes {
        guard let present = ground.bundles[path], let key = try? PrivateKey(present) else {
            throw DeviceError(.refused, operation: "stage", detail: "\(path): private key cannot be read")
        }
        return key.pkcs8PEM()
    }

    /// As declared, else as it is there, else 0600 and 0644. Nothing is ever left readable by others that holds a key.
    private func ownership(_ path: String, _ slot: Slot, _ mode: UInt32?, isKey: Bool) -> Ownership {
        let present = ground.files[path].flatMap { $0.kind == .file ? $0 : nil }
        var owner = slot.owner ?? present.map { "\($0.owner):\($0.group)" }
        if let named = owner, !named.contains(":"), let present { owner = "\(named):\(present.group)" }
        let mode = mode ?? present.map { $0.mode & 0o777 } ?? (isKey ? 0o600 : 0o644)
        return Ownership(owner: owner, mode: isKey ? mode & 0o770 : mode)
    }

    private func isUnchanged(_ content: Content, at path: String) -> Bool {
        guard let present = ground.files[path], present.kind == .file, let digest = content.digest,
            ground.entries[path]?.kind == .file
        else { return false }
        return ground.digests[path] == digest && present.mode == content.ownership.mode
            && (content.ownership.owner.map { $0 == "\(present.owner):\(present.group)" || $0 == present.owner } ?? true)
    }

    private mutating func addFile(_ content: Content, _ candidate: Candidate) {
        let slot = candidate.slot
        let old = ground.digests[content.path] ?? nil
        if content.digest == nil, old == nil { return }
        let number = manifest.candidates.count
        let own = ownFolder(for: content.path)
        let staged = joined(own, "\(number)-\(content.role.rawValue)")
        let unchanged = isUnchanged(content, at: content.path)
        manifest.candidates.append(
            BatchManifest.Candidate(
                slot: slot.path, live: content.path,
                staged: content.bytes == nil ? nil : unchanged ? content.path : staged))
        // What is there already is not exchanged: one moment less in which a pair disagrees.
        if unchanged { return }
        if let bytes = content.bytes { writes.append(.write(staged, bytes, content.ownership)) }
        manifest.files.append(
            BatchManifest.File(
                slot: slot.path, role: content.role, live: content.path, old: old, new: content.digest, staged: staged,
                previous: joined(own, "\(number)-previous"), generation: generation(of: slot)))
    }

    private func generation(of slot: Slot) -> String { (ground.holdings[slot.path] ?? .nothing).generation }

    /// The batch's folder on the file system that the file is on.
    private mutating func ownFolder(for path: String) -> String {
        let parent = folder(of: path)
        let here = FileSlots.batchFolder(batch, in: home)
        guard ground.fileSystems[parent] != ground.fileSystems[folder(of: home)] else { return here }
        let there = FileSlots.batchFolder(batch, in: joined(parent, OwnFolder.name))
        if !manifest.folders.contains(there) { manifest.folders.append(there) }
        return there
    }

    // MARK: switch: link

    /// A new folder with the whole pair, and a link to it that takes the place of `live`. Where the slot's paths are no links of
    /// ours yet, they become so first, with the content that they have.
    private mutating func addLinked(_ candidate: Candidate, _ files: [Content]) throws(DeviceError) {
        let slot = candidate.slot
        let number = manifest.candidates.count
        linked = true
        let own = joined(home, candidate.connector.text)
        let live = joined(own, "live")
        let open = Ownership(owner: nil, mode: 0o711)
        let fresh = OwnFolder.generation(batch)
        var present = ground.entries[live]?.linkTarget
        let entries = slot.paths.filter { ground.entries[$0]?.linkTarget != joined(live, name(of: $0, in: slot)) }
        for path in entries where ground.entries[path]?.kind == .link {
            throw DeviceError(
                .unsupported, operation: "stage",
                detail:
                    "\(path): a link of somebody else's; `switch: link` needs a file of its own, or say `switch: rename`"
            )
        }
        writes.append(.folder(own, open))
        if present == nil || !entries.isEmpty {
            let first = "present-" + batch.text
            writes += [.remove(joined(own, first)), .folder(joined(own, first), open)]
            for path in slot.paths where ground.files[path]?.kind == .file {
                let copied = joined(joined(own, first), name(of: path, in: slot))
                // One that a stopped switch has made a link already is found where the link leads.
                let source =
                    entries.contains(path) ? path : joined(joined(own, present ?? first), name(of: path, in: slot))
                writes.append(.copy(source, to: copied))
            }
            writes.append(.link(live, to: first))
            present = first
        }
        expected.updateValue(LinkText.digest(present ?? ""), forKey: live)
        writes += [.remove(joined(own, fresh)), .folder(joined(own, fresh), open)]
        for path in slot.paths {
            let place = joined(joined(own, fresh), name(of: path, in: slot))
            if let file = files.first(where: { $0.path == path }), let bytes = file.bytes {
                writes.append(.write(place, bytes, file.ownership))
            } else if ground.files[path]?.kind == .file, let present {
                writes.append(.copy(joined(joined(own, present), name(of: path, in: slot)), to: place))
            }
            manifest.candidates.append(BatchManifest.Candidate(slot: slot.path, live: path, staged: place))
        }
        let batchFolder = FileSlots.batchFolder(batch, in: home)
        for (index, path) in entries.enumerated() {
            let ownFolder = ownFolder(for: path)
            let staged = joined(ownFolder, "\(number)-entry-\(index)")
            let target = joined(live, name(of: path, in: slot))
            writes.append(.link(staged, to: target))
            manifest.files.append(
                BatchManifest.File(
                    slot: slot.path, role: .entry, live: path, old: ground.digests[path] ?? nil,
                    new: LinkText.digest(target), staged: staged,
                    previous: joined(ownFolder, "\(number)-entry-\(index)-previous"), generation: generation(of: slot)))
        }
        let staged = joined(batchFolder, "\(number)-live")
        writes.append(.link(staged, to: fresh))
        manifest.files.append(
            BatchManifest.File(
                slot: slot.path, role: .live, live: live, old: LinkText.digest(present ?? ""),
                new: LinkText.digest(fresh), staged: staged, previous: joined(batchFolder, "\(number)-previous"),
                generation: generation(of: slot)))
    }

    private func name(of path: String, in slot: Slot) -> String {
        switch slot.files {
        case .bundle, .entry: BatchManifest.Role.bundle.rawValue
        case .pair(let certificate, _):
            (path == certificate ? BatchManifest.Role.certificate : .privateKey).rawValue
        }
    }
}

/// What `Step.digest` says of a symbolic link.
enum LinkText {
    static func digest(_ target: String) -> FileDigest {
        FileDigest(hashing: Array("symbolic link\0".utf8), Array(target.utf8))
    }
}

extension SecretBytes {
    var digest: FileDigest {
        var hasher = SHA256Hasher()
        withUnsafeBytes { hasher.update($0) }
        return hasher.finish()
    }

    func followed(by more: [UInt8]) -> SecretBytes {
        var bytes = withUnsafeBytes { first in
            [UInt8](unsafeUninitializedCapacity: first.count + more.count) { buffer, count in
                UnsafeMutableRawBufferPointer(buffer).copyMemory(from: first)
                for (index, byte) in more.enumerated() { buffer[first.count + index] = byte }
                count = buffer.count
            }
        }
        return SecretBytes(taking: &bytes)
    }
}
