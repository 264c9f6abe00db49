// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

extension NginxConfiguration {
    private static let mostFiles = 20_000

    /// Reads the main file and what it includes, one or two round trips for each depth of includes.
    ///
    /// Throws `failed` if the main file is absent. An included file that is absent is left to nginx to complain about.
    static func load(
        _ path: String, prefix: String?, through transport: any Transport, within limit: Duration
    ) async throws(DeviceError) -> NginxConfiguration {
        var configuration = NginxConfiguration(path: path, prefix: prefix)
        var wanted = [path]
        while !wanted.isEmpty {
            let results = try await transport.perform(
                wanted.map { .read($0, limit: ConfigurationFiles.fileLimit) }, within: limit)
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
                let paths = try await Globbing.expand(pattern, through: transport, within: limit)
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
}
