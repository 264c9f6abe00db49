// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import PKI
internal import Planning
internal import Vocabulary

/// The bytes that lie in a slot, and what they are.
struct SlotContent: Sendable {
    var slot: Slot
    /// Of the certificate file, or of the bundle; nil: absent.
    var certificate: SecretBytes?
    /// Of the key file, or again of the bundle; nil: absent.
    var privateKey: SecretBytes?
    /// Instead of it: what the device says of the key that stays there.
    var keyThatStays: KeyThatStays?

    /// - An empty file holds nothing.
    /// - Where there is no certificate, a private key alone holds nothing either; anything else is `other`.
    /// - Certificates in whatever order are a certificate: what the server sends is the first.
    func observation(of device: DeviceName, under secret: SecretBytes) -> SlotObservation {
        let key = SlotKey(device: device, path: slot.path)
        let parsedKey = privateKey.flatMap { $0.count > 0 ? try? PrivateKey($0) : nil }
        let spki = keyThatStays?.spki ?? parsedKey?.publicKeyFingerprint
        let certificates = certificates
        if let leaf = certificates.first {
            return SlotObservation(
                slot: key, holding: .certificate(leaf: Fingerprint(hashing: leaf)),
                chain: certificates.dropFirst().map { Fingerprint(hashing: $0) }, key: spki, leafDER: leaf)
        }
        let certificateBytes = certificate.map(Self.bytes) ?? []
        var foreign: [UInt8] = []
        switch slot.files {
        case .pair:
            foreign = certificateBytes
            if parsedKey == nil, let privateKey { foreign += Self.bytes(privateKey) }
        case .bundle, .entry:
            if spki == nil { foreign = certificateBytes }
        }
        if let keyThatStays, spki == nil { foreign += keyThatStays.digest.bytes }
        let holding: Holding = foreign.isEmpty ? .nothing : .other(authenticationCode(of: foreign, under: secret))
        return SlotObservation(slot: key, holding: holding, key: spki)
    }

    /// DER, in the order in which they lie there.
    var certificates: [[UInt8]] {
        PEM.read(certificate.map(Self.bytes) ?? []).blocks.filter {
            $0.label.hasSuffix("CERTIFICATE") && CertificateOutline($0.der) != nil
        }.map(\.der)
    }

    /// Something that can be read as a private key lies where it should.
    var hasKey: Bool { privateKey.map { $0.count > 0 && (try? PrivateKey($0)) != nil } ?? false }

    private static func bytes(_ secret: SecretBytes) -> [UInt8] { secret.withUnsafeBytes { Array($0) } }
}
