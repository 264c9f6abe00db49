// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import PKI
internal import Planning
internal import Vocabulary

/// What batches have replaced, while the device keeps it (`keepPrevious`).
extension FileSlots {
    func kept(_ slots: [Slot]) async throws(DeviceError) -> [KeptPair] {
        let folders = try await keptFolders(slots)
        let roles: [BatchManifest.Role] = [.certificate, .privateKey, .bundle]
        let files = folders.flatMap { folder in roles.map { joined(folder, $0.rawValue) } }
        var contents = try await perform(files.map { .read($0, limit: Self.certificateLimit) }).makeIterator()
        return folders.compactMap { folder in
            let (certificate, key) = (contents.next()?.content, contents.next()?.content)
            let bundle = contents.next()?.content
            guard let lies = certificate ?? bundle else { return nil }
            let pem = PEM.read(lies.withUnsafeBytes { Array($0) })
            let leaf = pem.blocks.first { $0.label == "CERTIFICATE" }?.der
            let privateKey = (key ?? bundle).flatMap { try? PrivateKey($0) }
            let named = leaf.flatMap { der in CertificateOutline(der)?.publicKeyFingerprint(in: der) }
            return KeptPair(
                path: folder, leaf: leaf.map { Fingerprint(hashing: $0) },
                keys: Set([privateKey?.publicKeyFingerprint, named].compactMap(\.self)), privateKey: privateKey)
        }
    }

    func forget(_ keys: Set<SPKIFingerprint>, _ slots: [Slot], fence: Fence) async throws(DeviceError) {
        let folders = try await kept(slots).filter { !$0.keys.isDisjoint(with: keys) }.map(\.path)
        guard !folders.isEmpty else { return }
        memory.forget()
        _ = try await perform(
            Self.fences(fence, slots) + folders.map { .remove($0) } + [.sync(folders.map(folder(of:)).distinct())])
    }

    private func keptFolders(_ slots: [Slot]) async throws(DeviceError) -> [String] {
        let survey = try await perform(Self.surveys(of: slots)).statuses
        return
            (Self.previous(in: survey).filter { $0.kind == .folder }
            + Self.connectorFolders(in: survey).flatMap(\.surplus)).map(\.path).distinct()
    }
}
