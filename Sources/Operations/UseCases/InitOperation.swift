// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Git
internal import Journal
internal import Signatures
package import Vocabulary

/// `init DIR`: a commented starting repository that validates. Commits nothing.
package struct InitOperation: Sendable {
    package struct Report: Sendable {
        package var folder: String
        package var person: PersonName
        package var isTeam: Bool
        /// Paths written, in order.
        package var files: [String]
        package var stateDirectory: String
    }
    private let options: SiteOptions
    private let folder: String
    private let isTeam: Bool

    package init(options: SiteOptions, folder: String, team: Bool) {
        (self.options, self.folder, isTeam) = (options, folder, team)
    }

    /// - Throws: `NotEmpty`, `NoSigningKey`, `NoIdentity`, `NotWritable`.
    package func run() async throws(UserError) -> Report {
        try makeFolder()
        let site = try await prepareRepository()
        let key = try await Signer.signingKey(site)
        let identity = try await identity(site)
        let id = Self.randomUUID()
        let state = try State.path(repository: id, options)
        let starter = Starter(
            id: id, person: identity.person, email: identity.email, key: key.line,
            recorder: try RecorderOperation.publicLine(at: state), isTeam: isTeam,
            branch: try explained({ () throws(GitError) in try site.git.headBranch() })?.droppingHeads ?? "main")
        for (path, text) in starter.files { try write(text, to: path) }
        return Report(
            folder: folder, person: identity.person, isTeam: isTeam, files: starter.files.map(\.path),
            stateDirectory: state)
    }

    /// Into a folder that is empty or holds only `.git`: nothing of anybody's is overwritten.
    private func makeFolder() throws(UserError) {
        if mkdir(folder, 0o755) == 0 { return }
        guard errno == EEXIST, let stream = opendir(folder) else {
            throw UserError("NotWritable", "\(Shown.text(folder)): \(String(cString: strerror(errno)))")
        }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard [".", "..", ".git"].contains(name) else {
                throw UserError(
                    "NotEmpty", "\(Shown.text(folder)) is not empty: it holds \(Shown.text(name))",
                    hint: "name a new folder, or one that holds only .git")
            }
        }
    }

    private func prepareRepository() async throws(UserError) -> Site {
        var here = options
        here.repository = folder
        do throws(GitError) {
            try await Git.Repository.create(at: folder, branch: "main")
        } catch {
            throw UserError(error)
        }
        return try await Site.open(here)
    }

    private func identity(_ site: Site) async throws(UserError) -> (person: PersonName, email: String) {
        let committer = try await explained { () async throws(GitError) in try await site.git.committer() }
        guard let open = committer.lastIndex(of: "<"), let close = committer.lastIndex(of: ">"), open < close else {
            throw UserError("GitNoIdentity", "git does not say who you are: \(Shown.text(committer))")
        }
        let email = String(committer[committer.index(after: open)..<close])
        // `Alice Example <alice@example.com>` is alice: the part before the @, else the name, as far as it makes a name.
        let candidates = [String(email.prefix { $0 != "@" }), String(committer[..<open])]
        for candidate in candidates {
            let plain = String(candidate.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" })
            if let name = PersonName(plain.split(separator: "-").joined(separator: "-").prefix(63)) {
                return (name, email)
            }
        }
        guard let fallback = PersonName("me") else { throw UserError("GitNoIdentity", "git does not say who you are") }
        return (fallback, email)
    }

    private func write(_ text: String, to path: String) throws(UserError) {
        let whole = folder + "/" + path
        if let slash = path.lastIndex(of: "/") { mkdir(folder + "/" + path[..<slash], 0o755) }
        try WrittenFile.write(text, to: whole, isNew: true)
    }

    /// RFC 9562, version 4.
    private static func randomUUID() -> String {
        var generator = SystemRandomNumberGenerator()
        var bytes = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        bytes[6] = bytes[6] & 0x0f | 0x40
        bytes[8] = bytes[8] & 0x3f | 0x80
        let hex = Array(Hex.encode(bytes))
        return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(hex[$0]) }.joined(separator: "-")
    }
}

extension String {
    fileprivate var droppingHeads: String { hasPrefix("refs/heads/") ? String(dropFirst(11)) : self }
}
