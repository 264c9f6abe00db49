// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import Planning
internal import Vocabulary

/// Apache httpd. Its `-t` says nothing about a key that does not match, and a graceful restart with one ends the server with exit
/// status 0 (measured): the only true check is to start it with the candidate, elsewhere.
struct ApacheDriver: FileDriver {
    var files: FileSlots
    let apache: DeviceSpec.Apache
    let timeouts: DeviceSpec.Timeouts
    let tokenForm = "apache/1"
    var shadow: ShadowFolders.Need? { .alone }
    var reload: [String]? { apache.reload }

    var traits: DriverTraits {
        DriverTraits(hasShell: true, checksInShadow: true, isCloud: false, isHitless: true)
    }

    func configuration(for paths: [String]) async throws(DeviceError) -> ConfigurationFacts {
        var configuration = ApacheConfiguration(main: apache.config)
        let found = try await ConfigurationFiles.load(
            [apache.config], through: transport, within: timeouts.check, includes: { configuration.add($0) })
        // A path with a variable in it may be any.
        let isClear = configuration.names.allSatisfy { !$0.contains("${") }
        return ConfigurationFacts(
            digest: found.digest(), referenced: isClear ? Set(paths).intersection(configuration.names) : nil,
            named: isClear ? configuration.names : [])
    }

    func check(_ staged: StagedBatch) async throws(DeviceError) -> [WorkOrderDigest: CandidateVerdict] {
        let apache = apache
        return try await check(
            staged,
            by: { shadow in
                ShadowServer(
                    start: Self.start, arguments: [apache.binary ?? "apachectl", apache.config, shadow.root])
            }, configuration: try await configuration(for: []))
    }

    /// Its own pid file and log, so that those of the server that runs stay what they are. What it says is in the log.
    private static let start = """
        "$1" -f "$2" -c "PidFile $3/pid" -c "ErrorLog $3/log" -k start >"$3/said" 2>&1 || {
            status=$?
            [ "$status" -lt 126 ] || { cat "$3/said" >&2; exit "$status"; }
            grep -h -e ':emerg]' -e ':error]' -e ':crit]' -e ':alert]' "$3/log" >&2 || cat "$3/said" >&2
            exit 1
        }
        """
}
