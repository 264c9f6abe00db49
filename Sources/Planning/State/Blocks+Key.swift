// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import PKI
internal import Vocabulary

/// Why the private key of a certificate cannot go, or cannot be trusted to go, onto this device.
extension Block {
    /// - Parameter isRestored: the slot got this certificate before; the device may still keep its key.
    static func ofKey(
        _ certificate: Certificate, spki: SPKIFingerprint, check: KeyCheck, isRestored: Bool = false, device: Device,
        zone: Zone?,
        observed: SlotObservation?, compromised: Set<SPKIFingerprint>, sealed: SealedFor = SealedFor()
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
        case .installed where device.spec.server.isCloud, .endpoint where device.spec.server.isCloud:
            blocks.append(
                Block(
                    .noPrivateKey,
                    "a push to a cloud connector (\(device.name): \(device.spec.server.kind)) carries the private key, which it never gives "
                        + "back; say in Certificate \(name) where the key is"))
            return blocks
        case .installed where isRestored:
            if check == .unavailable { blocks.append(.notKept(name, device)) }
            return blocks
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
            if holder != device.name {
                blocks.append(
                    Block(
                        .noPrivateKey,
                        "the key of \(name) was made on \(holder) and never leaves it; bind \(name) to connectors of \(holder) only"
                    ))
            } else {
                blocks += [ofMadeKey(name, on: holder, check)].compactMap(\.self)
            }
            return blocks
        case .file(let path):
            let place = path.utf8.contains(0x7b) ? path.replacing("{spki}", with: spki.hex) : path
            if let zone, !isBelow(place, zone.spec.keyRoots) {
                blocks.append(
                    Block(
                        .keyNotForZone,
                        "the key of \(name) is not below keyRoots of zone \(zone.name); move it, or change the zone by a policy change"
                    ))
            }
        case .encrypted(let path):
            if let zone, let block = ofSealed(path, name, zone: zone, sealed: sealed) {
                blocks.append(block)
                return blocks
            }
        case .command: break
        }
        switch check {
        case .matches, .notChecked: break
        case .mismatch where isRestored, .unavailable where isRestored: blocks.append(.notKept(name, device))
        case .mismatch:
            blocks.append(
                Block(
                    .keyMismatch,
                    "the private key of \(name) is not the key of its leaf; put the matching key in its place"))
        case .loose(let path, let mode):
            blocks.append(
                Block(
                    .noPrivateKey,
                    "\(Shown.text(path)), the key of \(name), may be used by others (mode 0\(String(mode, radix: 8))); chmod 0600 it, and "
                        + "think about whether it is still a secret"))
        case .unavailable:
            blocks.append(
                Block(
                    .noPrivateKey,
                    "the private key of \(name) cannot be read, decrypted or parsed; put it where Certificate \(name) says it is"
                ))
        }
        return blocks
    }

    /// For whom a key is encrypted can be seen by everybody; what is in it is the gateway's to check.
    private static func ofSealed(_ path: String, _ name: CertificateName, zone: Zone, sealed: SealedFor) -> Block? {
        guard !zone.spec.recipients.isEmpty else {
            return Block(
                .keyNotForZone,
                "zone \(zone.name) has no recipients that the key of \(name) could be encrypted to; declare one by a policy change"
            )
        }
        guard let file = sealed.file else {
            return Block(
                .noPrivateKey, "the key file \(Shown.text(path)) of \(name) is not in the repository; commit it")
        }
        guard let key = try? SealedKey(file.bytes) else {
            return Block(
                .noPrivateKey,
                "\(Shown.text(path)) of \(name) is not a key encrypted as it must be; countersign encrypt-key makes one"
            )
        }
        guard sealed.recipients.contains(where: key.isSealed(to:)) else {
            return Block(
                .keyNotForZone,
                "the key of \(name) is not encrypted to a recipient of zone \(zone.name); countersign encrypt-key --certificate \(name) "
                    + "encrypts it to all zones that it goes to")
        }
        return nil
    }

    /// Of a key that lies on the device: what the gateway saw there.
    private static func ofMadeKey(_ name: CertificateName, on device: DeviceName, _ check: KeyCheck) -> Block? {
        switch check {
        case .matches, .notChecked: nil
        case .mismatch:
            Block(
                .keyMismatch,
                "the chain of \(name) is not for a key that was made on \(device); commit the one that was issued for the request of "
                    + "countersign csr \(name)")
        case .unavailable, .loose:
            Block(
                .noPrivateKey,
                "no key of \(name) was made on \(device); countersign csr \(name) makes one, and asks for its certificate"
            )
        }
    }

    private static func notKept(_ name: CertificateName, _ device: Device) -> Block {
        Block(
            .noPrivateKey,
            "the key that belongs to this certificate is not where Certificate \(name) says, and \(device.name) keeps no copy of it any "
                + "more (keepPrevious); put the key there, or have a new certificate issued")
    }

    private static func isBelow(_ path: String, _ roots: [String]) -> Bool {
        guard path.hasPrefix("/"), !path.split(separator: "/").contains("..") else { return false }
        return roots.contains { root in path.hasPrefix(root.hasSuffix("/") ? root : root + "/") }
    }
}

/// An encrypted key of the repository, and the certificates (DER) of those who must be able to open it: the zone's, in force.
struct SealedFor {
    var file: NamedFile?
    var recipients: [[UInt8]] = []

    init() {}

    init(_ path: String, zone: Zone?, input: PlanningInput) {
        file = input.desired.files[path]
        recipients = (zone?.spec.recipients ?? []).flatMap { path in
            PEM.certificates(in: input.inForce.contents[path]?.bytes ?? [])
        }
    }
}
