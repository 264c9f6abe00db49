// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Approvals
package import Git
package import Planning
package import Vocabulary

/// A work order that is over, as the archive keeps it.
package struct ArchiveEntry: Hashable, Sendable {
    package var digest: WorkOrderDigest
    /// The CamelCase name: `Completed`, `RolledBack`, `Superseded` …
    package var state: String
    package var at: Timestamp
    package var connector: ConnectorName
    package var slot: SlotKey
    package var certificate: CertificateName?
    /// What was to be installed; nil for a removal.
    package var installs: Fingerprint?
    package var replaces: Holding
    package var request: RequestDigest?
    /// What the device or the prober said of a push that went wrong.
    package var message: String?
    /// The approvals that it was pushed on; none of one that was never begun.
    package var records: [RecordKey]
    package var tip: ObjectID?
    package var adopted: Bool
    /// The names of its policy's levels, in their order.
    package var levels: [String]
    /// Of the device and the policy that people signed for.
    package var deviceKind: String?
    package var zone: String?
    package var policy: String?
    /// Null where it was read without.
    package var content: JSONValue
}

/// Reads finished work orders from a status tree. They lie by the month in which they ended, so that a question about one
/// lists one folder, never all that ever happened.
package struct StatusArchive: Sendable {
    private let repository: Repository
    private let tree: ObjectID
    /// Where what was read once is kept.
    package let derived: DerivedBlobs?

    /// - Parameters:
    ///   - tree: of a status commit whose signature was verified.
    ///   - derived: where what was read once is kept.
    package init(_ repository: Repository, tree: ObjectID, derived: DerivedBlobs? = nil) {
        (self.repository, self.tree, self.derived) = (repository, tree, derived)
    }

    /// Of all that the archive holds: the same as long as nothing was added. nil where there is none yet.
    package var id: ObjectID? {
        get throws(StatusError) {
            do throws(GitError) {
                return try repository.entry(StatusPath.archive, of: tree)?.id
            } catch {
                throw StatusError(error, StatusPath.archive)
            }
        }
    }

    /// Those of `wanted` that the archive holds: by digest and the time at which they ended.
    package func workOrders(
        _ wanted: [(digest: WorkOrderDigest, at: Timestamp)], withContent: Bool = true
    ) throws(StatusError) -> [WorkOrderDigest: ArchiveEntry] {
        let names = Dictionary(grouping: wanted) { Self.month(of: $0.at) }
        var found: [WorkOrderDigest: ArchiveEntry] = [:]
        for (month, wanted) in names {
            let digests = Set(wanted.map(\.digest))
            let listed = try list(month).filter { digests.contains($0.digest) }
            for order in try read(listed, withContent: withContent) { found[order.digest] = order }
        }
        return found
    }

    /// Those that ended after `start` (nil: all), oldest first, without content.
    package func workOrders(endedAfter start: Timestamp?) throws(StatusError) -> [ArchiveEntry] {
        let first = start.map(Self.month)
        var found: [ArchiveEntry] = []
        for month in try months() where first.map({ month >= $0 }) ?? true {
            found += try read(try list(month), withContent: false)
        }
        derived?.save()
        return found.filter { order in start.map { order.at > $0 } ?? true }
            .sorted { ($0.at, $0.digest) < ($1.at, $1.digest) }
    }

    /// The newest months, as many as hold `count` work orders; nothing of older ones is listed.
    ///
    /// - Parameter isKnown: these are named, and not read again.
    /// - Returns: the digests of all of them, those that were read, without content, and whether there are older months.
    package func newest(
        _ count: Int, isKnown: (WorkOrderDigest) -> Bool
    ) throws(StatusError) -> (digests: [WorkOrderDigest], read: [ArchiveEntry], hasMore: Bool) {
        var (digests, found): ([WorkOrderDigest], [ArchiveEntry]) = ([], [])
        for month in try months().reversed() {
            if digests.count >= count { return (digests, found, true) }
            let listed = try list(month)
            digests += listed.map(\.digest)
            found += try read(listed.filter { !isKnown($0.digest) }, withContent: false)
        }
        return (digests, found, false)
    }

    /// Those whose ID begins with `id` (`WO-7Q3K`), or whose digest is `id` (`sha256:…`); newest first.
    package func workOrders(named id: String) throws(StatusError) -> [ArchiveEntry] {
        let prefix = id.uppercased()
        var found: [Listed] = []
        for month in try months() {
            found += try list(month).filter { $0.digest.description == id || $0.digest.id.hasPrefix(prefix) }
        }
        return try read(found).sorted { $0.at > $1.at }
    }

    /// The figures of Push Validation Reports, oldest first, at most `limit` of the newest. What cannot be read is left out: they are
    /// there to be compared with, and nothing is decided by them.
    package func reports(_ limit: Int) throws(StatusError) -> [ReportFigures] {
        let files = try listing(StatusPath.reports).filter { $0.mode == .file && $0.path.hasSuffix(".json") }
            .sorted { $0.path < $1.path }.suffix(limit)
        let blobs: [BlobContent]
        do throws(GitError) {
            blobs = try repository.blobs(files.map(\.id), limit: 4 << 20)
        } catch {
            throw StatusError(error, StatusPath.reports)
        }
        return zip(files, blobs).compactMap { file, blob in
            guard case .bytes(let bytes) = blob else { return nil }
            let path = StatusPath.reports + "/" + file.path
            return try? ReportForm.figures(Document(parsing: bytes, path: path))
        }
    }

    private struct Listed: Sendable {
        var digest: WorkOrderDigest
        var path: String
        var id: ObjectID
    }

    /// `archive/2026/11`: as text they sort by time.
    private static func month(of time: Timestamp) -> String {
        let path = StatusPath.archived(WorkOrderDigest(hashing: []), at: time)
        return String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])
    }

    private func months() throws(StatusError) -> [String] {
        let files = try listing(StatusPath.archive)
        let months = Set(files.compactMap { file in file.path.lastIndex(of: "/").map { String(file.path[..<$0]) } })
        return months.map { StatusPath.archive + "/" + $0 }.sorted()
    }

    private func list(_ month: String) throws(StatusError) -> [Listed] {
        try listing(month).compactMap { file in
            guard file.mode == .file, file.path.hasSuffix(".json"),
                let digest = WorkOrderDigest(hex: String(file.path.dropLast(5)))
            else { return nil }
            return Listed(digest: digest, path: month + "/" + file.path, id: file.id)
        }
    }

    private func listing(_ folder: String) throws(StatusError) -> [ListedFile] {
        do throws(GitError) {
            guard let entry = try repository.entry(folder, of: tree), entry.mode == .tree else { return [] }
            return try repository.files(of: entry.id)
        } catch {
            throw StatusError(error, folder)
        }
    }

    private func read(_ listed: [Listed], withContent: Bool = true) throws(StatusError) -> [ArchiveEntry] {
        guard let derived, !withContent else { return try parse(listed, withContent: withContent) }
        let known = inParallel(listed) { file in derived.find(.archived, file.id) { PackedEntry.read($0) } }
        let unknown = zip(listed, known).filter { $0.1 == nil }.map(\.0)
        guard !unknown.isEmpty else { return known.compactMap(\.self) }
        let parsed = try parse(unknown, withContent: false)
        for (file, order) in zip(unknown, parsed) { derived.keep(.archived, file.id, PackedEntry.bytes(order)) }
        var rest = parsed.makeIterator()
        return known.compactMap { $0 ?? rest.next() }
    }

    private func parse(_ listed: [Listed], withContent: Bool) throws(StatusError) -> [ArchiveEntry] {
        var orders: [ArchiveEntry] = []
        // A few at a time: what people signed is ten times as large as what is kept of it.
        for start in stride(from: 0, to: listed.count, by: 512) {
            let part = listed[start..<min(start + 512, listed.count)]
            let blobs: [BlobContent]
            do throws(GitError) {
                blobs = try repository.blobs(part.map(\.id), limit: 4 << 20)
            } catch {
                throw StatusError(error, StatusPath.archive)
            }
            for read in inParallel(Array(zip(part, blobs)), { Self.parse($0, $1, withContent: withContent) }) {
                orders.append(try read.get())
            }
        }
        return orders
    }

    private static func parse(
        _ file: Listed, _ blob: BlobContent, withContent: Bool
    ) -> Result<ArchiveEntry, StatusError> {
        guard case .bytes(let bytes) = blob else {
            return .failure(StatusError(.damaged, file.path, "it is too large"))
        }
        do throws(StatusError) {
            var order = try WorkOrderForm.archived(try Document(parsing: bytes, path: file.path))
            if !withContent { order.content = .null }
            return .success(order)
        } catch {
            return .failure(error)
        }
    }
}

extension WorkOrderForm {
    fileprivate static func archived(_ document: Document) throws(StatusError) -> ArchiveEntry {
        try document.requireFormat(format)
        guard let digest = WorkOrderDigest(text: try document.text("digest")) else { throw document.damaged("digest") }
        guard let content = document.value["content"], let signed = SignedContent(content) else {
            throw document.damaged("content")
        }
        let records = document.value["records"] == nil ? [] : try document.digests("records") as [RecordKey]
        let request = signed.certificate.flatMap { certificate in
            signed.installs.map {
                RequestDocument(
                    certificate: certificate, epoch: signed.epoch, leaf: $0.leaf, repository: signed.repository
                ).digest
            }
        }
        return ArchiveEntry(
            digest: digest, state: try document.text("state"), at: try document.time("at"),
            connector: try document.name("connector"),
            slot: SlotKey(device: try document.name("device") as DeviceName, path: try document.text("slot")),
            certificate: signed.certificate, installs: signed.installs?.leaf, replaces: signed.holds, request: request,
            message: document.value["message"]?.string, records: records,
            tip: document.value["tip"]?.string.flatMap { ObjectID(hex: $0) }, adopted: signed.action == .adopt,
            levels: content["policy"]?["spec"]?["levels"]?.array?.compactMap { $0["name"]?.string } ?? [],
            deviceKind: content["device"]?["spec"]?["kind"]?.string,
            zone: content["device"]?["spec"]?["zone"]?.string, policy: signed.policy?.text, content: content)
    }
}
