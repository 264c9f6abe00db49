// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Commits
internal import Declarations
internal import Git
internal import PKI
internal import Planning
internal import StatusBranch
package import Vocabulary

/// `rollback WO`: a signed commit that asks for what the slot got before that work order, by people's signatures and proven. The
/// `restore` work order that follows needs signatures by the policy that matches it, as any push.
package struct RollbackOperation: Sendable {
    package struct Report: Sendable {
        package var workOrder: WorkOrderDigest
        package var connector: ConnectorName
        package var certificate: CertificateName
        /// What it brought, and what is asked for in its place.
        package var leaf: Fingerprint
        package var restores: Fingerprint
        package var files: [String]
        /// Until when the device keeps a copy of the key; nil: none is kept there.
        package var keptUntil: Timestamp?
        package var commit: ObjectID
        package var branch: String
        package var pushed: Bool
        package var notices: [String]

        package init(
            workOrder: WorkOrderDigest, connector: ConnectorName, certificate: CertificateName, leaf: Fingerprint,
            restores: Fingerprint, files: [String], keptUntil: Timestamp?, commit: ObjectID, branch: String,
            pushed: Bool, notices: [String]
        ) {
            (self.workOrder, self.connector, self.certificate) = (workOrder, connector, certificate)
            (self.leaf, self.restores, self.files, self.keptUntil) = (leaf, restores, files, keptUntil)
            (self.commit, self.branch, self.pushed, self.notices) = (commit, branch, pushed, notices)
        }
    }
    private let site: Site
    private let time: any TimeSource

    package init(site: Site, time: any TimeSource) { (self.site, self.time) = (site, time) }

    /// - Throws: `UnknownID`, `AmbiguousID`; `OtherZone` where another zone has the device by now; `NotCompleted`, `NotTheLast`, `NothingBefore`, `NotInHistory`, `NothingToRollBack`;
    ///   `KeyCompromised`, `CertificateExpired`, `KeyErased`, `NoPrivateKey` where what was there before can serve no more.
    package func run(_ id: String, comment: String?) async throws(UserError) -> Report {
        let overview = try await Overview.open(site, time: time)
        let change = try await ChangeCommit(site)
        let tree = try site.loadValid(change.base)
        let order = try workOrder(id, overview)
        guard let name = order.certificate, let certificate = tree.set.certificates[name], let brought = order.installs,
            let connector = tree.set.connectors[order.connector],
            DesiredSlots(of: tree.set).slots.contains(where: {
                $0.connector == order.connector && $0.certificate == name
            })
        else {
            throw UserError(
                "NothingToRollBack",
                "\(order.digest.id) brought what is no longer declared for \(order.connector): there is nothing to ask for",
                hint: "countersign explain \(order.digest.id)")
        }
        try refuseGivenAway(order, overview)
        let head = overview.derivation.history.slots[order.slot]
        let target = try target(of: order, head)
        let version = try version(of: target, certificate, order, declared: tree)
        let kept = try check(version.leaf, certificate, connector, head, overview)
        let made = try await change.make(version.files, message: Self.message(name, order.connector, target, comment))
        return Report(
            workOrder: order.digest, connector: order.connector, certificate: name, leaf: brought, restores: target,
            files: version.files.map(\.path), keptUntil: kept, commit: made.commit, branch: made.branch,
            pushed: made.pushed, notices: made.notices + remarks(certificate, order.connector, in: tree))
    }

    private func workOrder(_ id: String, _ overview: Overview) throws(UserError) -> ArchiveEntry {
        let prefix = id.uppercased()
        let isOne = WorkOrderDigest(text: id) != nil || prefix.hasPrefix("WO-") && prefix.count > 3
        let former = FormerZones(of: overview)
        var done: [ArchiveEntry] = []
        if isOne {
            done = try self.done(id, in: try overview.archive(), overview)
            if done.isEmpty {
                for (zone, devices) in former.released {
                    done += try self.done(id, in: try overview.archive(of: zone), overview).filter {
                        devices.contains($0.slot.device)
                    }
                }
            }
        }
        guard let order = done.first else {
            throw UserError(
                "UnknownID", "no work order that was done is \"\(Shown.text(id))\"",
                hint: former.lost.first.map {
                    "what zone \($0) did, which a policy change has removed, nobody in force vouches for: put the chain that you want "
                        + "into the certificate's file, and commit it signed"
                } ?? "countersign certificates and countersign explain name those that were")
        }
        guard Set(done.map(\.digest)).count == 1 else {
            let ids = Set(done.map(\.digest.id)).sorted().prefix(5).joined(separator: ", ")
            throw UserError("AmbiguousID", "\"\(Shown.text(id))\" could be \(ids)")
        }
        guard order.state == "Completed", !order.adopted else {
            throw UserError(
                "NotCompleted",
                order.adopted
                    ? "\(order.digest.id) has adopted what lay there: it brought nothing that could be taken back"
                    : "\(order.digest.id) is \(order.state): what it was to bring is not there",
                hint: "countersign explain \(order.digest.id)")
        }
        return order
    }

    private func done(
        _ id: String, in archive: StatusArchive?, _ overview: Overview
    ) throws(UserError) -> [ArchiveEntry] {
        guard let archive else { return [] }
        return try overview.archived { () throws(StatusError) in try archive.workOrders(named: id) }
            .filter { $0.state != "Superseded" }
    }

    /// The zone that has the device by now knows what was done there since, and what the device keeps.
    private func refuseGivenAway(_ order: ArchiveEntry, _ overview: Overview) throws(UserError) {
        guard case .released? = overview.view.history.tenures[order.slot.device] else { return }
        let zone = overview.derivation.inForce.devices[order.slot.device]?.spec.zone
        throw UserError(
            "OtherZone",
            "zone \(overview.view.zone) has given \(order.slot.device) away since"
                + (zone.map { ": it belongs to zone \($0)" } ?? ", and it is declared no more"),
            hint: zone.map { "countersign rollback \(order.digest.id) --zone \($0)" })
    }

    /// What the slot got before, if this work order is the last that it got anything by.
    private func target(of order: ArchiveEntry, _ head: SlotHead?) throws(UserError) -> Fingerprint {
        guard let head, let last = head.lastCompleted, last.digest == order.digest else {
            let last = head?.lastCompleted.map { ": \($0.digest.id) was done there since" } ?? ""
            throw UserError(
                "NotTheLast", "\(order.digest.id) is not the last work order of \(order.connector)\(last)",
                hint: head?.lastCompleted.map { "countersign rollback \($0.digest.id)" } ?? "countersign status")
        }
        guard let target = head.provenBefore else {
            throw UserError(
                "NothingBefore",
                "nothing is known that \(order.connector) got by anybody's signatures before \(order.digest.id)",
                hint: "declare what you want there in the certificate's chain file, and commit it signed")
        }
        return target
    }

    private struct Version {
        var leaf: [UInt8]
        var files: [(path: String, bytes: [UInt8])]
    }

    /// The chain file, and the encrypted key beside it, as a commit had them that declared this leaf.
    ///
    /// Looks back along first parents, a thousand commits: what is older has expired.
    private func version(
        of target: Fingerprint, _ certificate: Certificate, _ order: ArchiveEntry, declared tree: LoadedTree
    ) throws(UserError) -> Version {
        let chain = certificate.spec.chain
        guard tree.chains[chain]?.leaf != target else {
            throw UserError(
                "NothingToRollBack", "\(certificate.name) is declared as \(target.short) already",
                hint: "countersign plan shows who must sign for it")
        }
        var next = order.tip ?? tree.commit
        for _ in 0..<1_000 {
            let commit = try explained { () throws(GitError) in try site.git.commit(next) }
            if let pem = try content(chain, of: commit.tree),
                let leaf = PEM.read(pem).blocks.first(where: { $0.label == "CERTIFICATE" })?.der,
                Fingerprint(hashing: leaf) == target
            {
                var files = [(path: chain, bytes: pem)]
                if case .encrypted(let path) = certificate.spec.privateKey, let key = try content(path, of: commit.tree)
                {
                    files.append((path: path, bytes: key))
                }
                return Version(leaf: leaf, files: files)
            }
            guard let parent = commit.parents.first else { break }
            next = parent
        }
        throw UserError(
            "NotInHistory", "no commit before \(order.digest.id) declares \(target.short) in \(chain)",
            hint: "put its chain into \(chain) by hand, and commit it signed")
    }

    private func content(_ path: String, of tree: ObjectID) throws(UserError) -> [UInt8]? {
        try explained { () throws(GitError) -> [UInt8]? in
            guard let entry = try site.git.entry(path, of: tree), entry.mode == .file,
                case .bytes(let bytes)? = try site.git.blobs([entry.id], limit: 1 << 20).first
            else { return nil }
            return bytes
        }
    }

    /// Whether it could serve again, as far as that is seen from here; until when the device keeps its key.
    private func check(
        _ leaf: [UInt8], _ certificate: Certificate, _ connector: AppConnector, _ head: SlotHead?, _ overview: Overview
    ) throws(UserError) -> Timestamp? {
        let facts: CertificateFacts
        do { facts = try CertificateFacts(der: leaf) } catch {
            throw UserError("NotInHistory", "what was declared before is no certificate: \(error.detail)")
        }
        guard !overview.derivation.compromisedKeys.contains(facts.spki) else {
            throw UserError(
                "KeyCompromised",
                "the key of \(facts.fingerprint.short) is listed in compromisedKeys and is never installed again",
                hint: "have a new certificate issued for a new key: countersign renew \(certificate.name)")
        }
        guard facts.notAfter > time.now else {
            throw UserError(
                "CertificateExpired", "\(facts.fingerprint.short) has expired at \(facts.notAfter)",
                hint: "have a new one issued: countersign renew \(certificate.name)")
        }
        let device = overview.derivation.inForce.devices[connector.spec.device]
        let isCloud = device?.spec.server.isCloud ?? false
        let kept =
            isCloud ? nil : device.flatMap { device in head?.lastCompleted.map { $0.at + device.spec.keepPrevious } }
        guard case .installed = certificate.spec.privateKey else { return kept }
        guard let kept else {
            throw UserError(
                "NoPrivateKey",
                "\(connector.spec.device) gives no private key back, and \(certificate.name) says nowhere where it is",
                hint: "say in Certificate \(certificate.name) where the key is")
        }
        guard kept > time.now else {
            throw UserError(
                "KeyErased",
                "\(connector.spec.device) has kept the key of \(facts.fingerprint.short) until \(kept) (keepPrevious)",
                hint: "have a new certificate issued: countersign renew \(certificate.name)")
        }
        return kept
    }

    private func remarks(_ certificate: Certificate, _ name: ConnectorName, in tree: LoadedTree) -> [String] {
        let others = DesiredSlots(of: tree.set).slots.filter {
            $0.certificate == certificate.name && $0.connector != name
        }
        guard !others.isEmpty else { return [] }
        let names = others.prefix(5).map(\.connector.text).joined(separator: ", ")
        return ["\(certificate.name) is bound to \(others.count) more: it is asked back there too (\(names))"]
    }

    private static func message(
        _ certificate: CertificateName, _ connector: ConnectorName, _ leaf: Fingerprint, _ comment: String?
    ) -> String {
        let says = "Roll \(certificate) on \(connector) back to \(leaf.short)"
        guard let comment, !comment.allSatisfy(\.isWhitespace) else { return says + "\n" }
        return comment + "\n\n" + says + "\n"
    }
}

/// The zones that had devices of this one before: what they did there counts on here.
private struct FormerZones {
    /// Those that are in force and have released devices to this one, and which.
    var released: [(zone: ZoneName, devices: Set<DeviceName>)] = []
    /// Those that a policy change has removed: their recorders are nobody's any more.
    var lost: [ZoneName] = []

    init(of overview: Overview) {
        var (released, lost): ([ZoneName: Set<DeviceName>], Set<ZoneName>) = ([:], [])
        for (device, tenure) in overview.view.history.tenures {
            guard case .takenOver(let succession) = tenure else { continue }
            for former in succession.from where former.zone != overview.view.zone {
                if former.released != nil, overview.derivation.inForce.zones[former.zone] != nil {
                    released[former.zone, default: []].insert(device)
                } else {
                    lost.insert(former.zone)
                }
            }
        }
        self.released = released.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        self.lost = lost.sorted()
    }
}
