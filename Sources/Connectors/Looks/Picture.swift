// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

/// What was seen of a device, path by path: answers to the same questions, however they are put together.
///
/// It may be old by the time that something is done after it: whoever acts on it says on the device what must still be so (`expect`).
struct Picture: Sendable {
    private var contents: [String: SecretBytes?] = [:]
    private var digests: [String: FileDigest?] = [:]
    private var followed: [String: FileStatus] = [:]
    private var entries: [String: FileStatus] = [:]
    /// By folder, then by path.
    private var lists: [String: [String: FileStatus]] = [:]
    private var said: [[String]: StepResult] = [:]

    mutating func take(_ steps: [Step], _ results: [StepResult]) {
        for (step, result) in zip(steps, results) { take(step, result) }
    }

    private mutating func take(_ step: Step, _ result: StepResult) {
        switch step {
        case .read(let path, _): contents.updateValue(result.content, forKey: path)
        case .digest: for (path, digest) in result.digests { digests.updateValue(digest, forKey: path) }
        case .stat(_, followingLinks: true): for status in result.statuses { followed[status.path] = status }
        case .stat(_, followingLinks: false): for status in result.statuses { entries[status.path] = status }
        case .list(let path): take(listOf: path, result.statuses)
        case .survey(let path):
            let all = Dictionary(grouping: result.statuses) { folder(of: $0.path) }
            take(listOf: path, all[path] ?? [])
            for inner in all[path] ?? [] where inner.kind == .folder { take(listOf: inner.path, all[inner.path] ?? []) }
        case .run(let argv, nil, _): said[argv] = result
        default: break
        }
    }

    private mutating func take(listOf path: String, _ found: [FileStatus]) {
        lists[path] = Dictionary(found.map { ($0.path, $0) }) { $1 }
    }

    /// That this folder is there now; it lies in one that was listed.
    mutating func add(folder path: String) {
        let status = FileStatus(path: path, kind: .folder, mode: 0o700)
        entries[path] = status
        lists[folder(of: path)]?[path] = status
        if lists[path] == nil { lists[path] = [:] }
    }

    /// nil: not all of it was seen.
    func answer(_ steps: [Step]) -> [StepResult]? {
        var results: [StepResult] = []
        results.reserveCapacity(steps.count)
        for step in steps {
            guard let result = answer(step) else { return nil }
            results.append(result)
        }
        return results
    }

    private func answer(_ step: Step) -> StepResult? {
        switch step {
        case .read(let path, let limit):
            if let content = contents[path] {
                return content.map { $0.count <= limit } ?? true ? .content(content) : nil
            }
            return entry(path)?.kind == .absent ? .content(nil) : nil
        case .digest(let paths):
            var found: [String: FileDigest?] = [:]
            for path in paths {
                guard let digest = digest(path) else { return nil }
                found.updateValue(digest, forKey: path)
            }
            return .digests(found)
        case .stat(let paths, let following):
            let all = paths.compactMap { following && !OwnFolder.isOurs($0) ? follow($0) : entry($0) }
            return all.count == paths.count ? .status(all) : nil
        case .list(let path): return list(path).map { .status($0) }
        case .survey(let path):
            guard var all = list(path) else { return nil }
            for inner in all where inner.kind == .folder {
                guard let more = list(inner.path) else { return nil }
                all += more
            }
            return .status(all)
        case .run(let argv, nil, _): return said[argv]
        default: return nil
        }
    }

    /// What lies there itself, links not followed; nil: not seen.
    func entry(_ path: String) -> FileStatus? {
        if let known = entries[path] { return known }
        if let known = lists[folder(of: path)] { return known[path] ?? FileStatus(path: path, kind: .absent) }
        // In a folder of ours that is not there, nothing is.
        guard OwnFolder.isOurs(path), entry(folder(of: path))?.kind == .absent else { return nil }
        return FileStatus(path: path, kind: .absent)
    }

    private func follow(_ path: String) -> FileStatus? {
        if let known = followed[path] { return known }
        guard let known = entry(path), known.kind != .link else { return nil }
        return known
    }

    private func digest(_ path: String) -> FileDigest?? {
        if let known = digests[path] { return known }
        guard let known = entry(path) else { return nil }
        switch known.kind {
        case .absent: return .some(nil)
        case .link: return known.linkTarget.map { LinkText.digest($0) }
        default: return nil
        }
    }

    private func list(_ path: String) -> [FileStatus]? {
        if let known = lists[path] {
            return known.values.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        }
        return OwnFolder.isOurs(path + "/") && entry(path)?.kind == .absent ? [] : nil
    }
}

extension Step {
    /// Changes nothing: a question. Of a program, only the driver knows.
    var isQuestion: Bool {
        switch self {
        case .stat, .list, .survey, .digest, .read: true
        case .run(_, let input, _): input == nil
        default: false
        }
    }

    var isAboutFiles: Bool { if case .run = self { false } else { isQuestion } }

    /// One that was foreseen is the one that is asked. What writes, or gives a program something to read, is never taken for it.
    func isSame(as other: Step) -> Bool {
        switch (self, other) {
        case (.fence(let a, let b), .fence(let c, let d)): a == c && b == d
        case (.folder(let a, let b), .folder(let c, let d)): a == c && b == d
        case (.stat(let a, let b), .stat(let c, let d)): a == c && b == d
        case (.list(let a), .list(let b)), (.survey(let a), .survey(let b)), (.remove(let a), .remove(let b)): a == b
        case (.digest(let a), .digest(let b)), (.sync(let a), .sync(let b)): a == b
        case (.read(let a, let b), .read(let c, let d)): a == c && b == d
        case (.link(let a, let b), .link(let c, let d)): a == c && b == d
        case (.copy(let a, let b), .copy(let c, let d)): a == c && b == d
        case (.run(let a, nil, let b), .run(let c, nil, let d)): a == c && b == d
        default: false
        }
    }
}
