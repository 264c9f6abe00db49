// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Commits
internal import Connectors
internal import Declarations
internal import Git
internal import PKI
internal import Planning
internal import Signatures
package import Vocabulary

/// `renew CERTIFICATE --chain F --key F`: the deploy hook of an ACME client. Checks what it was given, brings the key to where the
/// declaration says it is, and asks for the renewal by one signed commit. It approves nothing.
package struct RenewOperation: Sendable {
    package struct Wish: Sendable {
        package var certificate: String
        package var chain: String
        /// nil: it was made on a device, and stays there.
        package var key: String?
        /// Ask on a branch of its own, for a pull request.
        package var branch: String?
        package var comment: String?

        package init(certificate: String, chain: String, key: String?, branch: String?, comment: String?) {
            (self.certificate, self.chain, self.key) = (certificate, chain, key)
            (self.branch, self.comment) = (branch, comment)
        }
    }

    package struct Report: Sendable {
        package var certificate: CertificateName
        package var leaf: Fingerprint
        package var replaces: Fingerprint?
        package var notAfter: Timestamp
        /// Where the private key is now: a path of the repository, or of this host.
        package var key: String?
        /// nil: the branch declares that very certificate already.
        package var commit: ObjectID?
        package var branch: String
        package var pushed: Bool
        /// How often somebody else was faster.
        package var retries: Int
        package var notices: [String]
    }

    /// A hundred hooks of one night push to one branch: whoever is refused fetches and tries again.
    private static let mostTries = 60
    private let site: Site
    private let time: any TimeSource

    package init(site: Site, time: any TimeSource) { (self.site, self.time) = (site, time) }

    /// - Throws: before anything is written: `UnknownName`, `Invalid`, `NoPrivateKey`, `KeyMismatch`, `KeyCompromised`, `CertificateExpired`,
    ///   `ChainIncomplete`, `CoverageLoss`, `NoRecipients`, `UnknownSigner`, and what git says.
    package func run(_ wish: Wish) async throws(UserError) -> Report {
        let offer = try Offer(wish, now: time.now)
        let trust = try await EncryptKeyOperation.trust(site)
        try await refuseStranger(trust)
        var retries = 0
        while true {
            do throws(UserError) {
                return try await ask(offer, wish, trust, retries)
            } catch  where ["GitMoved", "GitLocked", "Diverged"].contains(error.code) && retries < Self.mostTries {
                retries += 1
                // Drawn anew each time, so that those who met once do not meet again.
                let pause = Duration.milliseconds(Int64.random(in: 20...(100 * Int64(min(retries, 20)))))
                do throws(CancellationError) { try await time.sleep(for: pause) } catch {
                    throw UserError("Interrupted", "stopped")
                }
            }
        }
    }

    private func ask(_ offer: Offer, _ wish: Wish, _ trust: TrustSet, _ retries: Int) async throws(UserError) -> Report
    {
        let inForce = trust.repository?.spec.branch ?? "main"
        let change = try await ChangeCommit(site, onto: inForce, as: wish.branch)
        let tree = try site.loadValid(change.base)
        let certificate = try EncryptKeyOperation.certificate(wish.certificate, in: tree.set)
        let former = tree.chains[certificate.spec.chain]?.leaf
        try refuseLoss(offer, certificate, former.flatMap { tree.certificates[$0] })
        try refuseLeaked(offer, certificate, [trust.repository, tree.set.repository])
        var report = Report(
            certificate: certificate.name, leaf: offer.leaf, replaces: former, notAfter: offer.facts.notAfter,
            commit: nil,
            branch: change.branch, pushed: false, retries: retries, notices: [])
        var files = [(path: certificate.spec.chain, bytes: offer.chain.pem)]
        switch certificate.spec.privateKey {
        case .encrypted(let path):
            report.key = path
            guard former != offer.leaf else { return report }
            let zones = try EncryptKeyOperation.zones(of: certificate.name, in: tree.set, trust)
            files.append((path, try EncryptKeyOperation.seal(try offer.given(), for: zones, trust).sealed))
        case .file(let declared) where declared.contains("{spki}"):
            // Before the commit: the gateway must not read of a certificate whose key is not there yet.
            let path = PrivateKeyLoader.path(declared, for: offer.facts.spki)
            try KeyFile.write(try offer.given().pkcs8PEM(), to: path, mode: 0o600)
            report.key = path
            guard former != offer.leaf else { return report }
        case .file(let path):
            throw UserError(
                "KeyNotNamedAfterItself",
                "the key of \(certificate.name) lies in \(Shown.text(path)), where the present one is in use",
                hint:
                    "declare {file: \"…/{spki}.key\"} or {encrypted: …}, so that old and new keys can lie side by side")
        case .endpoint(let device):
            guard offer.key == nil else {
                throw UserError(
                    "KeyMismatch", "the key of \(certificate.name) is made on \(device) and never leaves it",
                    hint:
                        "give the chain alone: the one that was issued for the request of countersign csr \(certificate.name)"
                )
            }
            guard former != offer.leaf else { return report }
        case .command, .installed:
            throw UserError(
                "Unsupported", "the private key of \(certificate.name) is not one that a hook can bring",
                hint: "declare privateKey as {encrypted: FILE} or {file: \"…/{spki}.key\"}")
        }
        let made = try await change.make(files, message: message(offer, certificate, wish.comment))
        (report.commit, report.branch, report.pushed) = (made.commit, made.branch, made.pushed)
        report.notices = made.notices
        return report
    }

    /// What nobody would notice until it is down is refused here, where the ACME client says it loudly.
    private func refuseLoss(_ offer: Offer, _ certificate: Certificate, _ former: [UInt8]?) throws(UserError) {
        guard let former, let old = try? CertificateFacts(der: former) else { return }
        let lost = old.dnsNames.filter {
            !offer.facts.dnsNames.contains($0) && !certificate.spec.dropsNames.contains($0)
        }
        guard lost.isEmpty else {
            throw UserError(
                "CoverageLoss",
                "the new certificate of \(certificate.name) leaves out \(lost.prefix(5).map { Shown.text($0) }.joined(separator: ", "))",
                hint: "order it with all names, or say in dropsNames of Certificate \(certificate.name) that they go")
        }
    }

    /// Many clients keep their key from one renewal to the next: with one that has leaked nothing would be pushed.
    private func refuseLeaked(
        _ offer: Offer, _ certificate: Certificate, _ declared: [Declarations.Repository?]
    ) throws(UserError) {
        let leaked = declared.contains { $0?.spec.compromisedKeys.contains(offer.facts.spki) ?? false }
        guard leaked else { return }
        throw UserError(
            "KeyCompromised",
            "the key of the new certificate of \(certificate.name) is listed in compromisedKeys and is never installed again",
            hint: "have the ACME client make a new key for it (certbot: --new-key; lego: without --reuse-key)")
    }

    /// A commit by a key that nobody has would only end as `Blocked (UnknownRequester)`.
    private func refuseStranger(_ trust: TrustSet) async throws(UserError) {
        let keys = try await Signer.keys(site)
        let ring = KeyRing(of: trust)
        guard let key = keys.first, ring.person(forKey: key, at: time.now) != nil else {
            throw UserError(
                "UnknownSigner",
                "git signs here with \(keys.first.map(SigningKey.shown) ?? "nothing"), which belongs to no person or robot in force",
                hint: "declare it as a Person with robot: true (a policy change), or set user.signingKey")
        }
    }

    private func message(_ offer: Offer, _ certificate: Certificate, _ comment: String?) -> String {
        let says =
            "Renew \(certificate.name): \(offer.leaf.short), valid to \(String("\(offer.facts.notAfter)".prefix(10)))"
        guard let comment, !comment.allSatisfy(\.isWhitespace) else { return says + "\n" }
        return comment + "\n\n" + says + "\n"
    }

    /// What the ACME client brought, checked on its own.
    private struct Offer {
        var chain: ChainFile
        var facts: CertificateFacts
        var certificate: String
        var key: PrivateKey?
        var leaf: Fingerprint { chain.leaf.fingerprint }

        init(_ wish: Wish, now: Timestamp) throws(UserError) {
            certificate = wish.certificate
            guard let bytes = SmallFile.read(wish.chain) else {
                throw UserError(
                    "ChainIncomplete", "\(Shown.text(wish.chain)) cannot be read",
                    hint: "it must be a regular file of 64 KiB at most, readable by you")
            }
            switch ChainFile.reading(bytes) {
            case .success(let chain): self.chain = chain
            case .failure(let problems):
                let first = problems.all.first
                throw UserError(
                    "ChainIncomplete",
                    "\(Shown.text(wish.chain)):\(first?.line ?? 1): \(first?.message ?? "no certificate")",
                    hint: "PEM, leaf first, then its issuers (certbot: fullchain.pem; lego: NAME.crt)")
            }
            do throws(PKIError) { facts = try CertificateFacts(der: chain.leaf.der) } catch {
                throw UserError("ChainIncomplete", "\(Shown.text(wish.chain)): \(error.detail)")
            }
            key = try wish.key.map { (path) throws(UserError) in try KeyFile.read(path) }
            if let path = wish.key, key?.matches(leaf: chain.leaf.der) == false {
                throw UserError(
                    "KeyMismatch", "\(Shown.text(path)) is not the key of the leaf in \(Shown.text(wish.chain))")
            }
            guard facts.notAfter > now else {
                throw UserError(
                    "CertificateExpired", "the leaf in \(Shown.text(wish.chain)) ended at \(facts.notAfter)")
            }
        }

        /// - Throws: `NoPrivateKey` where none was given.
        func given() throws(UserError) -> PrivateKey {
            if let key { return key }
            throw UserError(
                "NoPrivateKey", "the key of \(Shown.text(certificate)) must come with its chain",
                hint: "--key FILE; only a key that is made on a device comes without")
        }
    }
}
