// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Vocabulary

/// The files of a configuration with all that they include, in the order in which they were come upon.
struct ConfigurationFiles: Sendable {
    private(set) var paths: [String] = []
    private(set) var files: [String: [UInt8]] = [:]

    private static let mostFiles = 20_000
    static let fileLimit = 16 << 20

    /// Reads these files and what they include, one or two round trips for each depth of includes.
    ///
    /// - Parameters:
    ///   - optional: absent ones are passed over; else the first that is absent is `failed`.
    ///   - includes: absolute patterns (glob(3)) that a file's text includes.
    static func load(
        _ paths: [String], through transport: any Transport, within limit: Duration, optional: Bool = false,
        includes: (String) -> [String] = { _ in [] }
    ) async throws(DeviceError) -> ConfigurationFiles {
        var all = ConfigurationFiles()
        var wanted = paths
        var isFirst = true
        while !wanted.isEmpty {
            let results = try await transport.perform(wanted.map { .read($0, limit: fileLimit) }, within: limit)
            var patterns: [String] = []
            for (path, result) in zip(wanted, results) {
                guard let content = result.content else {
                    if !isFirst || optional { continue }
                    throw DeviceError(
                        .failed, operation: "read configuration", detail: "\(path): No such file or directory")
                }
                let bytes = content.withUnsafeBytes { Array($0) }
                all.paths.append(path)
                all.files[path] = bytes
                patterns += includes(String(decoding: bytes, as: UTF8.self))
            }
            isFirst = false
            wanted = []
            for pattern in patterns.distinct() {
                wanted += try await Globbing.expand(pattern, through: transport, within: limit)
            }
            wanted = try await regular(wanted.distinct(), through: transport, within: limit)
                .filter { all.files[$0] == nil }
            guard all.files.count + wanted.count <= mostFiles else {
                throw DeviceError(
                    .failed, operation: "read configuration",
                    detail: "\(paths.first ?? ""): more than \(mostFiles) files are included")
            }
        }
        return all
    }

    /// A folder stands for the files in it; what else is no file is passed over.
    private static func regular(
        _ paths: [String], through transport: any Transport, within limit: Duration
    ) async throws(DeviceError) -> [String] {
        guard !paths.isEmpty else { return [] }
        let found = try await transport.perform([.stat(paths, followingLinks: true)], within: limit).statuses
        let folders = found.filter { $0.kind == .folder }.map(\.path)
        guard !folders.isEmpty else { return found.filter { $0.kind == .file }.map(\.path) }
        let inner = try await transport.perform(folders.map { .list($0) }, within: limit).statuses
        let files = Dictionary(grouping: inner.filter { $0.kind == .file || $0.kind == .link }) { folder(of: $0.path) }
        return found.flatMap {
            $0.kind == .folder ? (files[$0.path] ?? []).map(\.path) : $0.kind == .file ? [$0.path] : []
        }
    }

    var texts: [String] { paths.map { String(decoding: files[$0] ?? [], as: UTF8.self) } }

    /// SHA-256 over paths and bytes of all files, and whatever else belongs to them.
    func digest(with more: [String] = []) -> FileDigest {
        var hasher = SHA256Hasher()
        for path in paths {
            hasher.update(Array("\(path)\0\(files[path]?.count ?? 0)\0".utf8))
            hasher.update(files[path] ?? [])
        }
        for text in more { hasher.update(Array("\(text)\0".utf8)) }
        return hasher.finish()
    }
}

enum Globbing {
    /// glob(3): nothing that fits is no error, and without `*`, `?` and `[` the name is itself.
    static func expand(
        _ pattern: String, through transport: any Transport, within limit: Duration
    ) async throws(DeviceError) -> [String] {
        func isMagic(_ text: some StringProtocol) -> Bool { text.contains { "*?[".contains($0) } }
        guard isMagic(pattern) else { return [pattern] }
        var found = ["/"]
        let components = pattern.split(separator: "/").map(String.init)
        for (index, component) in components.enumerated() {
            guard isMagic(component) else {
                found = found.map { joined($0, component) }
                continue
            }
            let results = try await transport.perform(found.map { .list($0) }, within: limit)
            let isLast = index == components.count - 1
            found = results.flatMap(\.statuses).filter { entry in
                let name = entry.path.split(separator: "/").last.map(String.init) ?? ""
                return fnmatch(component, name, FNM_PERIOD) == 0
                    && (isLast ? entry.kind != .folder : entry.kind != .file)
            }.map(\.path)
        }
        return found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
