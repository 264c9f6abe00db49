// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
package import Planning
internal import Vocabulary

/// What lies on a device although nobody may need it any more; `tidy` takes it away.
package struct Leftovers: Sendable, Hashable {
    /// Of which something lies below our own folders, also of those that are open.
    package var batches: Set<BatchID>
    /// Something that was replaced has been kept for longer than the device says.
    package var hasExpired: Bool
    package static let none = Leftovers(batches: [], hasExpired: false)

    package init(batches: Set<BatchID>, hasExpired: Bool) { (self.batches, self.hasExpired) = (batches, hasExpired) }

    /// Whether there is something to tidy up. While a batch is open here, whatever it may have replaced stays.
    package func isSurplus(besides open: Set<BatchID>) -> Bool {
        !batches.isSubset(of: open) || hasExpired && batches.isDisjoint(with: open)
    }
}

/// What lies in a connector's folder of a slot with `switch: link`.
struct ConnectorFolder: Sendable {
    /// Folders that `live` does not lead to; each with the time at which the next one was made, which is when it was replaced.
    private(set) var surplus: [FileStatus] = []
    /// The last one made, where `live` does not lead to it: never served, or no longer.
    private(set) var unserved: FileStatus?

    /// nil where there is no `live`.
    init?(_ content: [FileStatus]) {
        guard let live = content.first(where: { $0.kind == .link && $0.path.hasSuffix("/live") }) else { return nil }
        let folders = content.filter { $0.kind == .folder }
            .sorted { $0.modifiedNanoseconds < $1.modifiedNanoseconds }
        for (index, folder) in folders.enumerated() where !folder.path.hasSuffix("/\(live.linkTarget ?? "")") {
            var folder = folder
            if index + 1 < folders.count {
                folder.modifiedNanoseconds = folders[index + 1].modifiedNanoseconds
            } else {
                unserved = folder
            }
            surplus.append(folder)
        }
    }
}

extension FileSlots {
    /// Our own folders: beside the keys, and beside what may lie on another file system.
    static func ownFolders(of slots: [Slot]) -> [String] {
        slots.flatMap { [$0.home] + $0.paths.map { joined(folder(of: $0), OwnFolder.name) } }.distinct()
    }

    /// What the slots' files are, and what is left over beside them, in one round trip; in two where there are links.
    func look(at slots: [Slot]) async throws(DeviceError) -> (statuses: [FileStatus], leftovers: Leftovers) {
        let entries = Step.stat(slots.flatMap(\.paths).distinct(), followingLinks: false)
        var results: [StepResult]
        do throws(DeviceError) {
            results = try await perform([entries] + Self.surveys(of: slots))
        } catch {
            // Whoever may not look into our own folder may still see what the slots hold.
            guard error.code == .denied else { throw error }
            results = try await perform([entries])
        }
        var all = results.first?.statuses ?? []
        let links = all.filter { $0.kind == .link }.map(\.path)
        if !links.isEmpty { all += try await perform([.stat(links, followingLinks: true)]).statuses }
        return (all, leftovers(in: Array(results.dropFirst()).statuses))
    }

    /// All that lies in our own folders beside the slots, but what is deeper in a batch's.
    static func surveys(of slots: [Slot]) -> [Step] { ownFolders(of: slots).map { .survey($0) } }

    /// With `switch: link`, folders that `live` leads to in turn.
    static func connectorFolders(in survey: [FileStatus]) -> [ConnectorFolder] {
        Dictionary(grouping: survey) { folder(of: $0.path) }.values.compactMap { ConnectorFolder($0) }
    }

    /// What was replaced, by generation.
    static func previous(in survey: [FileStatus]) -> [FileStatus] {
        survey.filter { $0.path.hasSuffix("/\(OwnFolder.previous)/" + name(of: $0)) }
    }

    func leftovers(in survey: [FileStatus]) -> Leftovers {
        var found = Leftovers.none
        for content in Dictionary(grouping: survey, by: { folder(of: $0.path) }).values {
            if let folder = ConnectorFolder(content), folder.surplus.contains(where: isExpired) {
                found.hasExpired = true
            }
            for entry in content where entry.kind == .folder {
                let name = Self.name(of: entry)
                if let batch = OwnFolder.batch(at: entry.path), (try? Self.check(batch)) != nil {
                    found.batches.insert(batch)
                } else if entry.path.hasSuffix("/\(OwnFolder.previous)/" + name), isExpired(entry) {
                    found.hasExpired = true
                }
            }
        }
        return found
    }

    private static func name(of entry: FileStatus) -> String {
        entry.path.lastIndex(of: "/").map { String(entry.path[entry.path.index(after: $0)...]) } ?? entry.path
    }

    /// Put there longer ago than the device keeps what was replaced.
    func isExpired(_ folder: FileStatus) -> Bool {
        folder.modifiedNanoseconds < (now() - keepPrevious).secondsSince1970 * 1_000_000_000
    }
}
