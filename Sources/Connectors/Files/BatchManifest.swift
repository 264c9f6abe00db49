// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Planning
internal import Vocabulary

/// What a batch means to do to the files of one folder of slots: written beside the candidates, so that an undo needs nothing
/// but what lies on the device.
///
/// JSON: `{"batch", "candidates": [{"live", "slot", "staged"}], "files": [{"generation", "live", "new", "old", "previous", "role",
/// "slot", "staged"}], "folders": [path], "format": "countersign.batch/v1"}`; digests are hex; absent where there is no file.
struct BatchManifest: Equatable, Sendable {
    enum Role: String, Sendable {
        case certificate, privateKey, bundle
        /// A path of a slot that becomes a link into our folder, with the content that it had: nothing to undo.
        case entry
        /// The one link that all paths of a slot go through.
        case live
    }

    struct File: Equatable, Sendable {
        var slot: String  // path that names the slot
        var role: Role
        var live: String
        var old: FileDigest?
        var new: FileDigest?
        var staged: String
        var previous: String
        /// The folder's name under which `previous` is kept once the batch is over.
        var generation: String
    }

    /// What would lie in a path of a slot; nil: nothing.
    struct Candidate: Equatable, Sendable {
        var slot: String
        var live: String
        var staged: String?
    }

    var batch: BatchID
    /// In the order in which they are switched.
    var files: [File]
    var candidates: [Candidate]
    /// All folders of this batch, on whatever file system: what `clean` takes away.
    var folders: [String]

    var document: JSONValue {
        [
            "format": "countersign.batch/v1", "batch": .string(batch.text),
            "folders": .array(folders.map { .string($0) }),
            "files": .array(
                files.map { file in
                    [
                        "slot": .string(file.slot), "role": .string(file.role.rawValue), "live": .string(file.live),
                        "old": file.old.map { .string($0.hex) }, "new": file.new.map { .string($0.hex) },
                        "staged": .string(file.staged), "previous": .string(file.previous),
                        "generation": .string(file.generation),
                    ]
                }),
            "candidates": .array(
                candidates.map {
                    ["slot": .string($0.slot), "live": .string($0.live), "staged": $0.staged.map { .string($0) }]
                }),
        ]
    }

    init(batch: BatchID, files: [File] = [], candidates: [Candidate] = [], folders: [String] = []) {
        (self.batch, self.files, self.candidates, self.folders) = (batch, files, candidates, folders)
    }

    /// nil unless it is whole, of this batch, and names nothing of ours that does not lie in the batch's own folders.
    init?(_ bytes: [UInt8], of batch: BatchID) {
        guard let document = try? JSONValue(parsing: bytes), document["format"]?.string == "countersign.batch/v1",
            document["batch"]?.string == batch.text, let folders = document["folders"]?.array?.compactMap(\.string),
            folders.allSatisfy({ $0.hasSuffix("/\(OwnFolder.name)/\(OwnFolder.batch(batch))") }),
            let items = document["files"]?.array, let staged = document["candidates"]?.array
        else { return nil }
        var files: [File] = []
        for item in items {
            guard let slot = item["slot"]?.string, let role = item["role"]?.string.flatMap(Role.init),
                let live = item["live"]?.string, let staged = item["staged"]?.string,
                let previous = item["previous"]?.string, let generation = item["generation"]?.string,
                !generation.contains("/"), !generation.hasPrefix("."),
                [staged, previous].allSatisfy({ path in folders.contains { path.hasPrefix($0 + "/") } })
            else { return nil }
            let old = item["old"]?.string.map { FileDigest(hex: $0) }
            let new = item["new"]?.string.map { FileDigest(hex: $0) }
            if case .some(.none) = old { return nil }
            if case .some(.none) = new { return nil }
            files.append(
                File(
                    slot: slot, role: role, live: live, old: old ?? nil, new: new ?? nil, staged: staged,
                    previous: previous, generation: generation))
        }
        let candidates = staged.compactMap { item in
            item["slot"]?.string.flatMap { slot in
                item["live"]?.string.map { Candidate(slot: slot, live: $0, staged: item["staged"]?.string) }
            }
        }
        guard candidates.count == staged.count else { return nil }
        self.init(batch: batch, files: files, candidates: candidates, folders: folders)
    }
}
