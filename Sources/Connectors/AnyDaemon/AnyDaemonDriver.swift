// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import Planning
internal import Vocabulary

/// Kind `files`: any daemon that reads its certificate from files. What judges a candidate, and what makes it live, is declared.
struct AnyDaemonDriver: FileDriver {
    var files: FileSlots
    let daemon: DeviceSpec.Files
    let timeouts: DeviceSpec.Timeouts
    let tokenForm = "files/1"
    var shadow: ShadowFolders.Need? { daemon.check == nil ? nil : .namespace }
    var reload: [String]? { daemon.reload }

    var traits: DriverTraits {
        DriverTraits(hasShell: true, checksInShadow: daemon.check != nil, isCloud: false, isHitless: false)
    }

    /// Which slots the daemon uses, nobody can tell.
    func configuration(for paths: [String]) async throws(DeviceError) -> ConfigurationFacts {
        let configuration = try await ConfigurationFiles.load(
            daemon.configs, through: transport, within: timeouts.check, optional: true)
        return ConfigurationFacts(digest: configuration.digest(with: daemon.check ?? []), referenced: nil)
    }

    /// Without a check of the device's own, ours has to do.
    func check(_ staged: StagedBatch) async throws(DeviceError) -> [WorkOrderDigest: CandidateVerdict] {
        guard let argv = daemon.check else {
            return Dictionary(staged.batch.candidates.map { ($0.workOrder, .accepted) }) { $1 }
        }
        return try await check(staged, by: argv, configuration: try await configuration(for: []))
    }
}
