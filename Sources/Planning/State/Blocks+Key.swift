// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import Vocabulary

/// Why the private key of a certificate cannot go, or cannot be trusted to go, onto this device.
extension Block {
    static func ofKey(
        _ certificate: Certificate, spki: SPKIFingerprint, check: KeyCheck, device: Device, zone: Zone?,
        observed: SlotObservation?, compromised: Set<SPKIFingerprint>
    ) -> [Block] {
        var blocks: [Block] = []
        let name = certificate.name
        if compromised.contains(spki) {
            blocks.append(
                Block(
                    .keyCompromised,
                    "the key of \(name) is listed in compromisedKeys and is never installed again; make a new key"))
        }
        switch certificate.spec.privateKey {
        case .installed:
            // It is where it is: good for what already has the key, not for carrying it elsewhere.
            if observed?.key != spki {
                blocks.append(
                    Block(
                        .noPrivateKey,
                        "\(name) says that its key is installed, and it does not lie in this slot; say in Certificate \(name) where "
                            + "the key is"))
            }
            return blocks
        case .endpoint(let holder):
            blocks.append(.laterKeySource("endpoint", of: name))
            if holder != device.name {
                blocks.append(
                    Block(
                        .noPrivateKey,
                        "the key of \(name) was made on \(holder) and never leaves it; bind \(name) to connectors of \(holder) only"
                    ))
            }
            return blocks
        case .file(let path):
            if let zone, !isBelow(path.replacing("{spki}", with: spki.hex), zone.spec.keyRoots) {
                blocks.append(
                    Block(
                        .keyNotForZone,
                        "the key of \(name) is not below keyRoots of zone \(zone.name); move it, or change the zone by a policy change"
                    ))
            }
        case .encrypted:
            blocks.append(.laterKeySource("encrypted", of: name))
            if let zone, zone.spec.recipients.isEmpty {
                blocks.append(
                    Block(
                        .keyNotForZone,
                        "zone \(zone.name) has no recipients that the key of \(name) could be encrypted to; declare one by a policy "
                            + "change"))
            }
            return blocks
        case .command:
            blocks.append(.laterKeySource("command", of: name))
            return blocks
        }
        switch check {
        case .matches, .notChecked: break
        case .mismatch:
            blocks.append(
                Block(
                    .keyMismatch,
                    "the private key of \(name) is not the key of its leaf; put the matching key in its place"))
        case .unavailable:
            blocks.append(
                Block(
                    .noPrivateKey,
                    "the private key of \(name) cannot be read, decrypted or parsed; put it where Certificate \(name) says it is"
                ))
        }
        return blocks
    }

    private static func laterKeySource(_ source: String, of name: CertificateName) -> Block {
        Block(
            .unsupported,
            "this version does not fetch private keys from `\(source)` yet; put the key of \(name) into a file on the gateway and say "
                + "`file` in Certificate \(name)")
    }

    private static func isBelow(_ path: String, _ roots: [String]) -> Bool {
        guard path.hasPrefix("/"), !path.split(separator: "/").contains("..") else { return false }
        return roots.contains { root in path.hasPrefix(root.hasSuffix("/") ? root : root + "/") }
    }
}
