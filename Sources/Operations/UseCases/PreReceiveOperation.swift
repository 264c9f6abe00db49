// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Commits
internal import Declarations
internal import Git
internal import StatusBranch
package import Vocabulary

/// `hook pre-receive`: whether a push may come into the repository where people and gateways meet.
///
/// A second fence, and the first one that people meet. Gateways and auditors believe nothing for it: they look at all of this again.
package struct PreReceiveOperation: Sendable {
    /// A push of one ref that is refused: what is wrong, and the next step.
    package struct Refused: Hashable, Sendable {
        package var reference: String
        package var reason: String
        package var hint: String
    }
    private let git: Git.Repository
    private let time: any TimeSource

    /// - Parameter environment: of the hook: git keeps the objects of a push apart until the hook has agreed.
    package init(
        repository path: String, environment: [String: String], time: any TimeSource
    ) throws(UserError) {
        var folders: [String] = []
        if let incoming = environment["GIT_OBJECT_DIRECTORY"] {
            let others = environment["GIT_ALTERNATE_OBJECT_DIRECTORIES"]?.split(separator: ":").map(String.init) ?? []
            folders = [incoming] + others
        }
        git = try explained { () throws(GitError) in try Git.Repository(at: path, objectFolders: folders) }
        self.time = time
    }

    /// - Parameter lines: what git gives: `OLD NEW REF` each.
    /// - Returns: what is refused; nothing where the push may come in.
    package func run(_ lines: [String]) throws(UserError) -> [Refused] {
        let updates = try lines.map { line throws(UserError) in try update(line) }
        let standing = try explained { () throws(GitError) in try Standing(git) }
        var refused: [Refused] = []
        for update in updates {
            if let refusal = try refusal(of: update, standing) {
                refused.append(Refused(reference: update.name, reason: refusal.message, hint: refusal.hint ?? ""))
            }
        }
        return refused
    }

    private struct Update {
        /// nil: the ref is new.
        var old: ObjectID?
        /// nil: the ref is deleted.
        var new: ObjectID?
        var name: String
    }

    private func update(_ line: String) throws(UserError) -> Update {
        let words = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard words.count == 3, let old = ObjectID(hex: words[0]), let new = ObjectID(hex: words[1]), !words[2].isEmpty
        else {
            throw UserError(
                "NoUpdate", "\"\(Shown.text(line))\" is not what git gives to a hook",
                hint: "git runs this command as hooks/pre-receive, with a line OLD NEW REF for each ref")
        }
        return Update(old: old == .zero ? nil : old, new: new == .zero ? nil : new, name: String(words[2]))
    }

    /// The branch in force and who decides there, before this push.
    private struct Standing {
        var branch: String
        /// HEAD's branch and each that it leads to: whoever can push a tip that names another branch does not unguard the first.
        var guarded: Set<String> = []
        /// nil before the first push.
        var trust: TrustSet?
        var keys: KeyRing?

        init(_ git: Git.Repository) throws(GitError) {
            let heads = PreReceiveOperation.heads
            guard let head = try git.headBranch(), head.hasPrefix(heads) else {
                throw GitError(
                    code: .invalid, operation: "find the branch in force",
                    detail: "HEAD of this repository names no branch (git symbolic-ref HEAD refs/heads/main)")
            }
            branch = String(head.dropFirst(heads.count))
            // HEAD's branch may declare another, and that one says itself who decides.
            while guarded.insert(branch).inserted {
                guard let tip = try git.reference(heads + branch) else { break }
                let set = try TreeLoader(git: git).trustSet(tip)
                (trust, keys) = (set, KeyRing(of: set))
                branch = set.repository?.spec.branch ?? branch
            }
        }
    }

    private static let heads = "refs/heads/"

    private func refusal(of update: Update, _ standing: Standing) throws(UserError) -> UserError? {
        do throws(UserError) {
            try check(update, standing)
            return nil
        } catch  where error.code == Self.refused {
            return error
        }
    }

    /// Tells what is refused from what could not be looked at.
    private static let refused = "PushRefused"

    private static func refuse(_ reason: String, _ hint: String) -> UserError { UserError(refused, reason, hint: hint) }

    private func check(_ update: Update, _ standing: Standing) throws(UserError) {
        // A symbolic ref is a second name: what counts is where the push lands.
        let target = try explained { () throws(GitError) in try git.symbolicTarget(of: update.name) }
        let name = target ?? update.name
        guard name.hasPrefix(Self.heads) else { return }
        let branch = String(name.dropFirst(Self.heads.count))
        let parts = branch.split(separator: "/", omittingEmptySubsequences: false)
        if standing.guarded.contains(branch) {
            try checkBranch(update, standing)
        } else if ["approvals", "countersign", "countersign/status"].contains(branch) {
            throw Self.refuse("in the place of this branch, \(branch)/… could not be", "push under another name")
        } else if parts[0] == "approvals" {
            try checkApproval(update, isPlaceholder: branch == "approvals/README", standing)
        } else if branch.hasPrefix("countersign/status/") {
            try checkStatus(update, zone: parts.dropFirst(2).joined(separator: "/"), standing)
        } else if standing.trust == nil, let new = update.new, try trust(at: new).repository?.spec.branch == branch {
            // Unless HEAD finds it, nothing would be guarded from the next push on.
            throw Self.refuse(
                "HEAD of this repository is at \(standing.branch), which does not exist; the branch in force would be \(branch)",
                "on the server: git symbolic-ref HEAD refs/heads/\(branch)")
        }
    }

    private func checkBranch(_ update: Update, _ standing: Standing) throws(UserError) {
        guard let new = update.new else {
            throw Self.refuse(
                "the branch in force is never deleted", "to take something back, push a commit that reverts it")
        }
        if let old = update.old {
            let isHere = try isCommit(new)
            let isNewer = isHere ? try explained { () throws(GitError) in try git.isAncestor(old, of: new) } : false
            guard isNewer else {
                throw Self.refuse(
                    "\(new.short) does not descend from \(old.short): the branch in force is never rewritten",
                    "git pull --rebase, then push; to take something back, push a commit that reverts it")
            }
        }
        guard try isCommit(new) else { throw Self.refuse("\(new.short) is no commit", "push a commit") }
        let loaded = try explained { () throws(GitError) in try TreeLoader(git: git).load(new) }
        let errors = loaded.diagnostics.filter { $0.severity == .error }
        guard errors.isEmpty, loaded.set.repository != nil else {
            let first = errors.sorted().first.map { "\($0)" } ?? "no Repository is declared"
            throw Self.refuse(
                "\(new.short) is not valid: \(first)\(errors.count > 1 ? " (and \(errors.count - 1) more)" : "")",
                "countersign validate shows all; mend it, commit, push again")
        }
    }

    private func checkStatus(_ update: Update, zone text: String, _ standing: Standing) throws(UserError) {
        guard let new = update.new else {
            throw Self.refuse("a status branch is never deleted", "its gateway alone writes it")
        }
        guard let keys = standing.keys, let zone = ZoneName(text), standing.trust?.zones[zone] != nil else {
            throw Self.refuse(
                "no zone \"\(text)\" is declared on \(standing.branch)", "declare the zone and its recorder first")
        }
        do throws(StatusError) {
            _ = try StatusReader(git).verified(new, zone: zone, recorders: keys, now: time.now)
        } catch {
            throw Self.refuse(
                "\(new.short): \(error.detail)", "only the gateway of zone \(zone) writes its status branch")
        }
        guard let old = update.old else { return }
        let continues = try explained { () throws(GitError) in try git.isFirstParentAncestor(old, of: new) }
        guard continues else {
            throw Self.refuse(
                "\(new.short) does not continue \(old.short) by first parents: a status branch is only added to",
                "on the gateway: countersign reconcile fetches it and goes on from there")
        }
    }

    private func checkApproval(_ update: Update, isPlaceholder: Bool, _ standing: Standing) throws(UserError) {
        guard let new = update.new else {
            guard isPlaceholder else { return }
            throw Self.refuse("this ref keeps the place of all approvals", "leave it where it is")
        }
        guard let keys = standing.keys else {
            throw Self.refuse("nobody is declared yet who could approve", "push \(standing.branch) first")
        }
        guard try isCommit(new) else {
            throw Self.refuse("\(new.short) is no commit", "countersign approve writes records")
        }
        let raw = try bytes(of: new)
        if isPlaceholder {
            if case .statusCommit = Placement.finding(raw: raw, recorders: keys, at: time.now) { return }
            throw Self.refuse(
                "\(new.short) is not a gateway's", "a gateway makes this ref by itself; push under another name")
        }
        guard update.old == nil || update.old == new else {
            throw Self.refuse(
                "there is a record under this name", "push yours under another name; nothing signed is replaced")
        }
        switch RecordReader.read(commit: new, raw: raw, openpgp: keys.openpgp, now: time.now) {
        case .failure(let refusal): throw Self.refused(new, refusal)
        case .success(let signed):
            let isHere = try isCommit(signed.record.parent)
            let parent = isHere ? try bytes(of: signed.record.parent) : nil
            let finding = Placement.finding(raw: parent, recorders: keys, at: time.now)
            if let refusal = Placement.refusal(of: signed.record, on: finding) { throw Self.refused(new, refusal) }
        }
    }

    private static func refused(_ commit: ObjectID, _ refusal: Refusal) -> UserError {
        refuse(
            "\(commit.short) is no record that could count: \(refusal.message) [\(refusal.code.rawValue)]",
            "countersign approve, implement, reject and revoke write records that do")
    }

    private func trust(at commit: ObjectID) throws(UserError) -> TrustSet {
        guard try isCommit(commit) else {
            throw Self.refuse("\(commit.short) is no commit", "push a commit")
        }
        return try explained { () throws(GitError) in try TreeLoader(git: git).trustSet(commit) }
    }

    private func isCommit(_ id: ObjectID) throws(UserError) -> Bool {
        try explained { () throws(GitError) in try git.kind(of: id) } == .commit
    }

    private func bytes(of commit: ObjectID) throws(UserError) -> [UInt8] {
        try explained { () throws(GitError) in try git.commit(commit).bytes }
    }
}
