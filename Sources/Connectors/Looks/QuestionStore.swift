// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Vocabulary

/// What reading a device's configuration asked the last time, kept from one process to the next: a configuration with includes is
/// found out step by step once, and asked for in one round trip from then on.
///
/// Questions about files only, so that what stands there can make nobody run anything. Without the file, or with one that is
/// damaged, nothing is foreseen; nothing depends on it.
///
/// JSON: `{"format": "countersign.questions/v1", "questions": [["read", PATH, LIMIT], ["list", PATH], ["stat", "0" or "1", PATH…],
/// …]}`.
struct QuestionStore: Sendable {
    /// Its folder is made when it is needed.
    let path: String
    private static let limit = 8 << 20

    func load() -> [Step] {
        guard let file = Descriptor(path, O_RDONLY | O_NOFOLLOW),
            let content = try? LocalSession.content(of: file, path, limit: Self.limit),
            let document = try? JSONValue(parsing: content.withUnsafeBytes { Array($0) }),
            document["format"]?.string == "countersign.questions/v1", let items = document["questions"]?.array
        else { return [] }
        let steps = items.compactMap { Step(question: $0.array?.compactMap(\.string) ?? []) }
        return steps.count == items.count ? steps : []
    }

    /// As well as it goes: a disk that is full costs round trips, and no pass.
    func save(_ questions: [Step]) {
        let items = questions.compactMap(\.fields).map { JSONValue.array($0.map { .string($0) }) }
        let document: JSONValue = ["format": "countersign.questions/v1", "questions": .array(items)]
        let bytes = document.canonicalBytes
        mkdir(folder(of: path), 0o700)
        let temporary = path + "~"
        unlink(temporary)
        guard let file = Descriptor(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600),
            bytes.withUnsafeBytes({ write(file.raw, $0.baseAddress, $0.count) }) == bytes.count
        else { return }
        rename(temporary, path)
    }
}

extension Step {
    /// nil: no question about files.
    fileprivate var fields: [String]? {
        switch self {
        case .read(let path, let limit): ["read", path, String(limit)]
        case .list(let path): ["list", path]
        case .survey(let path): ["survey", path]
        case .digest(let paths): ["digest"] + paths
        case .stat(let paths, let following): ["stat", following ? "1" : "0"] + paths
        default: nil
        }
    }

    fileprivate init?(question words: [String]) {
        let rest = Array(words.dropFirst())
        switch (words.first, rest.count) {
        case ("read", 2):
            guard let limit = Int(rest[1]), limit >= 0 else { return nil }
            self = .read(rest[0], limit: limit)
        case ("list", 1): self = .list(rest[0])
        case ("survey", 1): self = .survey(rest[0])
        case ("digest", 1...): self = .digest(rest)
        case ("stat", 1...): self = .stat(Array(rest.dropFirst()), followingLinks: rest[0] == "1")
        default: return nil
        }
    }
}
