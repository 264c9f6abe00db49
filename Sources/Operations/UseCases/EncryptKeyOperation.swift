// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Commits
internal import Declarations
internal import PKI
package import Vocabulary

/// `encrypt-key FILE`: a private key for git, sealed for the gateways of the zones that it goes to, by the set in force.
package struct EncryptKeyOperation: Sendable {
    package struct Report: Sendable {
        /// PEM (`CMS`).
        package var sealed: [UInt8]
        package var spki: SPKIFingerprint
        package var zones: [ZoneName]
        package var recipients: Int
        /// Where it was written; nil: it was only made.
        package var path: String?
    }
    private let site: Site

    package init(site: Site) { self.site = site }

    /// - Parameters:
    ///   - certificate: whose connectors tell the zones; nil: `--zone`, else all zones.
    ///   - output: a new file, or one that is replaced.
    /// - Throws: `NoPrivateKey`, `UnknownName`, `NoConnector`, `NoRecipients`, `NotTrusted`, `NotWritable`.
    package func run(_ file: String, certificate: String?, output: String?) async throws(UserError) -> Report {
        let key = try KeyFile.read(file)
        let trust = try await Self.trust(site)
        let zones: [ZoneName]
        if let certificate {
            _ = try await site.fetch()
            let asked = try site.options.ref.map { (ref) throws(UserError) in try site.commit(ref) }
            let commit: ObjectID
            if let asked { commit = asked } else { commit = try site.tip(of: trust.repository?.spec.branch ?? "main") }
            let tree = try site.load(commit)
            let name = try Self.certificate(certificate, in: tree.set).name
            zones = try Self.zones(of: name, in: tree.set, trust)
        } else if site.options.zone != nil {
            zones = [try site.zone(in: trust)]
        } else {
            zones = trust.zones.keys.sorted()
        }
        let (sealed, count) = try Self.seal(key, for: zones, trust)
        if let output { try KeyFile.write(sealed, to: output, mode: 0o644) }
        return Report(
            sealed: sealed, spki: key.publicKeyFingerprint, zones: zones, recipients: count, path: output)
    }

    /// Who can open a key is for the set in force to say: a plain commit that names another recipient must not get one.
    static func trust(_ site: Site) async throws(UserError) -> TrustSet {
        try site.trustSeen(try await State.existing(site)?.history().history).set
    }

    static func certificate(_ text: String, in set: DeclarationSet) throws(UserError) -> Certificate {
        if let name = CertificateName(text), let certificate = set.certificates[name] { return certificate }
        let meant = nearest(to: text, among: set.certificates.keys.map(\.text))
        throw UserError(
            "UnknownName", "no certificate is named \"\(Shown.text(text))\"",
            hint: meant.map { "did you mean \($0)?" } ?? "countersign certificates lists them")
    }

    /// The zones of all devices that a certificate goes to.
    static func zones(
        of certificate: CertificateName, in set: DeclarationSet, _ trust: TrustSet
    ) throws(UserError) -> [ZoneName] {
        let devices = DesiredSlots(of: set).slots.filter { $0.certificate == certificate }
            .compactMap { set.connectors[$0.connector]?.spec.device }
        let zones = Set(devices.compactMap { (trust.devices[$0] ?? set.devices[$0])?.spec.zone })
        guard !zones.isEmpty else {
            throw UserError(
                "NoConnector", "\(certificate) has no connector: nobody would need its key",
                hint: "bind it to a connector first, or name the zone with --zone")
        }
        return zones.sorted()
    }

    static func seal(
        _ key: PrivateKey, for zones: [ZoneName], _ trust: TrustSet
    ) throws(UserError) -> (sealed: [UInt8], recipients: Int) {
        var certificates: [[UInt8]] = []
        for zone in zones {
            let own = (trust.zones[zone]?.spec.recipients ?? []).flatMap { path in
                PEM.certificates(in: trust.contents[path]?.bytes ?? [])
            }
            guard !own.isEmpty else {
                throw UserError(
                    "NoRecipients", "zone \(zone) has no recipients in force that a key could be encrypted to",
                    hint:
                        "on its gateway, countersign recipient prints the certificate; a policy change declares it in the zone"
                )
            }
            certificates += own.filter { !certificates.contains($0) }
        }
        do throws(PKIError) {
            return (try SealedKey.seal(key, to: certificates), certificates.count)
        } catch {
            throw UserError("NoRecipients", "the key cannot be encrypted to these recipients: \(error.detail)")
        }
    }
}
