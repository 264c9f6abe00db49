// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Commits
package import Declarations
package import Git
internal import Synchronization
package import Vocabulary

/// The global options of the command line, as values.
package struct SiteOptions: Sendable {
    package var repository: String
    package var ref: String?
    package var state: String?
    package var trust: String?
    package var zone: String?
    /// Whether git, ssh and gpg may ask the person at the terminal.
    package var isInteractive: Bool
    /// Read once at start; nothing below asks the process for it.
    package var environment: [String: String]

    package init(
        repository: String = ".", ref: String? = nil, state: String? = nil, trust: String? = nil, zone: String? = nil,
        isInteractive: Bool = false, environment: [String: String]
    ) {
        (self.repository, self.ref, self.state, self.trust) = (repository, ref, state, trust)
        (self.zone, self.isInteractive, self.environment) = (zone, isInteractive, environment)
    }
}

/// The user's repository as the commands see it: with `origin`, its branches are read from the remote-tracking refs.
package final class Site: Sendable {
    package let options: SiteOptions
    package let git: Git.Repository
    package let hasOrigin: Bool
    package let loader: TreeLoader
    /// Opened once: what its journal holds is then read once.
    let opened = Mutex<State?>(nil)

    private init(options: SiteOptions, git: Git.Repository, hasOrigin: Bool) {
        (self.options, self.git, self.hasOrigin) = (options, git, hasOrigin)
        loader = TreeLoader(git: git)
    }

    /// - Throws: what is wrong with the repository, and the next step.
    package static func open(_ options: SiteOptions) async throws(UserError) -> Site {
        let git = try explained {
            () throws(GitError) in
            try Git.Repository(at: options.repository, userGit: UserGit(isInteractive: options.isInteractive))
        }
        let hasOrigin = try explained { () throws(GitError) in try git.hasRemote("origin") }
        return Site(options: options, git: git, hasOrigin: hasOrigin)
    }

    /// - Throws: only what is wrong with the repository itself; what is wrong with the declarations is in `diagnostics`.
    package func load(_ commit: ObjectID) throws(UserError) -> LoadedTree {
        try explained { () throws(GitError) in try loader.load(commit) }
    }

    /// - Throws: `Invalid` where its declarations hold a mistake.
    package func loadValid(_ commit: ObjectID) throws(UserError) -> LoadedTree {
        let tree = try load(commit)
        guard tree.isValid else { throw .invalid(commit) }
        return tree
    }

    /// Who decides at a commit, and nothing else.
    package func trustSet(at commit: ObjectID) throws(UserError) -> TrustSet {
        try explained { () throws(GitError) in try loader.trustSet(commit) }
    }

    /// The branch in force, status branches and approvals as the origin has them. Without an origin there is nothing to fetch.
    ///
    /// Each apart: somebody's damaged branch, or one whose name is in the way of another, stops nothing, and a flood of approvals
    /// delays approvals, never the branch.
    /// - Parameters:
    ///   - branch: the branch in force; nil where it is not known yet, and all are fetched.
    ///   - others: other branches too, for those who look at pull requests.
    /// - Returns: what could not be fetched, in words; approvals first.
    package func fetch(branch: String?, others: Bool = true) async throws(UserError) -> Fetched {
        var fetched = Fetched()
        guard hasOrigin else { return fetched }
        let status = "+refs/heads/countersign/status/*:\(heads)countersign/status/*"
        if let branch {
            try await explained { () async throws(GitError) in
                try await git.fetch("origin", ["+refs/heads/\(branch):\(heads)\(branch)", status], prune: true)
            }
        }
        do throws(GitError) {
            let refspec = "+refs/heads/approvals/*:\(approvals)*"
            do throws(GitError) {
                try await git.fetch("origin", [refspec], prune: true)
            } catch where error.code == .corrupt {
                // One odd commit would keep everybody's approvals away, and with them every push. Records are read by a parser
                // of ours that takes nothing odd, so that each is refused by name.
                try await git.fetch("origin", [refspec], prune: true, isChecked: false)
            }
        } catch {
            fetched.approvals = "approvals could not be fetched: \(error.detail)"
        }
        guard others || branch == nil else { return fetched }
        do throws(GitError) {
            try await git.fetch(
                "origin", ["+refs/heads/*:\(heads)*", "^refs/heads/approvals/*", "^refs/heads/countersign/*"]
                    + (branch.map { ["^refs/heads/\($0)"] } ?? []), prune: true)
            if branch == nil { try await git.fetch("origin", [status], prune: true) }
        } catch {
            guard branch != nil else { throw UserError(error) }
            fetched.others = "other branches could not be fetched: \(error.detail)"
        }
        return fetched
    }

    /// What could not be fetched, in words.
    package struct Fetched: Sendable {
        package var approvals: String?
        package var others: String?
        package var notices: [String] { [approvals, others].compactMap(\.self) }
    }

    /// For those who read: the branch is the one that this state or clone knows of.
    package func fetch() async throws(UserError) -> Fetched { try await fetch(branch: knownBranch()) }

    private func knownBranch() async -> String? {
        if let history = try? await State.existing(self)?.history().history, let trust = try? trust(history) {
            return trust.set.repository?.spec.branch
        }
        if let revision = options.trust, let commit = try? commit(revision) {
            return try? loader.trustSet(commit).repository?.spec.branch
        }
        return nil
    }

    /// Where branches of the origin are read: `refs/remotes/origin/`, or `refs/heads/` where there is none.
    package var heads: String { hasOrigin ? "refs/remotes/origin/" : "refs/heads/" }
    package var approvals: String { heads + "approvals/" }

    package func statusRef(of zone: ZoneName) -> String { heads + "countersign/status/\(zone)" }

    /// The tip of a branch of the origin; nil if it has none of that name.
    package func branchTip(_ branch: String) throws(UserError) -> ObjectID? {
        try explained { () throws(GitError) in try git.reference(heads + branch) }
    }

    /// Makes or moves a ref where people and gateways meet: at the origin, or here where there is none.
    package func publish(_ id: ObjectID, as branch: String, expecting expected: ObjectID?) async throws(GitError) {
        if hasOrigin {
            try await git.push([PushedReference(id: id, name: "refs/heads/\(branch)", expected: expected)], to: "origin")
            // What was pushed is known; a fetch would only say it again.
            let known = try git.reference(heads + branch)
            if known != id { try git.update(heads + branch, to: id, expecting: known) }
        } else {
            try git.update("refs/heads/\(branch)", to: id, expecting: expected)
        }
    }
}

/// Runs `body` and says what went wrong with git as a user reads it.
package func explained<Result>(_ body: () throws(GitError) -> Result) throws(UserError) -> Result {
    do throws(GitError) { return try body() } catch { throw UserError(error) }
}

package func explained<Result>(_ body: () async throws(GitError) -> Result) async throws(UserError) -> Result {
    do throws(GitError) { return try await body() } catch { throw UserError(error) }
}

extension UserError {
    package init(_ error: GitError) {
        let code = error.code.rawValue
        self.init(
            "Git" + code.prefix(1).uppercased() + code.dropFirst(), "\(error.operation): \(error.detail)", hint: error.hint)
    }
}
