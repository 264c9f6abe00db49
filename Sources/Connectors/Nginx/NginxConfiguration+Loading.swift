// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Vocabulary

extension NginxConfiguration {
    private static let mostFiles = 20_000
    private static let fileLimit = 16 << 20

    /// Reads the main file and what it includes, one or two round trips for each depth of includes.
    ///
    /// Throws `failed` if the main file is absent. An included file that is absent is left to nginx to complain about.
    static func load(
        _ path: String, prefix: String?, through transport: any Transport, within limit: Duration
    ) async throws(DeviceError) -> NginxConfiguration {
        var configuration = NginxConfiguration(path: path, prefix: prefix)
        var wanted = [path]
        while !wanted.isEmpty {
            let results = try await transport.perform(wanted.map { .read($0, limit: fileLimit) }, within: limit)
            var patterns: [String] = []
            for (path, result) in zip(wanted, results) {
                guard let content = result.content else { continue }
                let file = NginxFile(path: path, bytes: content.withUnsafeBytes { Array($0) })
                configuration.add(file)
                patterns += file.includes.map(configuration.resolved).filter { configuration.expansions[$0] == nil }
            }
            guard configuration.files[path] != nil else {
                throw DeviceError(
                    .failed, operation: "read configuration", detail: "\(path): No such file or directory")
            }
            wanted = []
            for pattern in patterns.distinct() {
                let paths = try await expand(pattern, through: transport, within: limit)
                configuration.add(paths, for: pattern)
                wanted += paths.filter { configuration.files[$0] == nil }
            }
            wanted = wanted.distinct()
            guard configuration.files.count + wanted.count <= mostFiles else {
                throw DeviceError(
                    .failed, operation: "read configuration",
                    detail: "\(path): more than \(mostFiles) files are included")
            }
        }
        return configuration
    }

    /// glob(3), as nginx uses it: nothing that fits is no error, and without `*`, `?` and `[` the name is itself.
    private static func expand(
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
