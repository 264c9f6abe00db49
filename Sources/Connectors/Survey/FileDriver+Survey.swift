// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import PKI
package import Planning
internal import Vocabulary

extension DeviceDriver {
    /// A store that is asked by name says nothing of what it was not asked for.
    package func survey(unlessStill known: DeviceStateToken?) async throws(DeviceError) -> DeviceSurvey? {
        throw DeviceError(
            .unsupported, operation: "survey",
            detail: "what a device of this kind holds besides its connectors is not looked for")
    }
}

extension FileDriver {
    /// Configuration and file metadata first; contents only where either has changed.
    package func survey(unlessStill known: DeviceStateToken?) async throws(DeviceError) -> DeviceSurvey? {
        let configured = try await configuredSlots()
        let paths = configured.entries.flatMap { [$0.certificate] + $0.privateKeys }.distinct()
        let results = try await files.perform([
            .stat(paths, followingLinks: false), .stat(paths, followingLinks: true),
            .run(["cat", "/proc/self/mountinfo"], input: nil, outputLimit: 4 << 20),
        ])
        guard results.count == 3, case .ran(let exit, let mounts, _, _) = results[2] else {
            throw DeviceError(.failed, operation: "survey", detail: "results are missing")
        }
        let (own, followed) = (results[0].statuses, results[1].statuses)
        let token = DeviceStateToken(
            FileStatus.token("survey/1 \(tokenForm)", of: own + followed, configured.digest))
        if token == known { return nil }
        let custody = Custody(mountinfo: exit == 0 ? String(decoding: mounts, as: UTF8.self) : "")
        let places = Dictionary(zip(paths, zip(own, followed))) { first, _ in first }
        let slots = try await slots(of: configured)
        var found: [FoundSlot] = []
        for (entry, content) in zip(configured.entries, slots) {
            let key = places[content.slot.keyPath]
            let keepers = content.slot.paths.reversed().compactMap { path in
                places[path].flatMap { custody.keeper(of: path, $0.0) }
            }
            let certificates = content.certificates
            found.append(
                FoundSlot(
                    certificate: content.slot.path, privateKey: content.slot.keyPath,
                    observation: content.observation(of: files.device, under: files.secret),
                    certificates: certificates,
                    owner: key.flatMap { $0.1.kind == .absent ? nil : "\($0.1.owner):\($0.1.group)" },
                    mode: key.flatMap { $0.1.kind == .absent ? nil : $0.1.mode }, managedBy: keepers.first,
                    source: entry.source, listenings: entry.listenings(for: certificates.first)))
        }
        return DeviceSurvey(
            token: token, slots: found.sorted { $0.certificate < $1.certificate }, unclear: configured.unclear)
    }

    /// Contents of each, in order. Where the key may lie in several places, the first that holds one is it.
    private func slots(of configured: ConfiguredSlots) async throws(DeviceError) -> [SlotContent] {
        func slot(_ entry: ConfiguredSlots.Entry, _ key: String) -> Slot {
            Slot(
                files: key == entry.certificate
                    ? .bundle(key) : .pair(certificate: entry.certificate, privateKey: key))
        }
        var found = try await files.contents(
            of: configured.entries.map { slot($0, $0.privateKeys.first ?? $0.certificate) })
        for (index, entry) in configured.entries.enumerated() where !found[index].hasKey {
            for key in entry.privateKeys.dropFirst() {
                let other = try await files.contents(of: [slot(entry, key)])
                guard let other = other.first, other.hasKey else { continue }
                found[index] = other
                break
            }
        }
        return found
    }
}

extension ConfiguredSlots.Entry {
    fileprivate func listenings(for leaf: [UInt8]?) -> [Listening] {
        guard takesNamesOfCertificate else { return listening }
        let names = leaf.flatMap { try? CertificateFacts(der: $0) }?.dnsNames.compactMap(AskableName.name) ?? []
        return listening.map { place in
            var place = place
            if place.serverNames.isEmpty { place.serverNames = names }
            return place
        }
    }
}
