// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Commits
package import Declarations
internal import Git
package import Vocabulary

extension Site {
    /// The commit that is read where no `--ref` says otherwise: the branch in force, from the origin where there is one.
    package func tip(of branch: String) throws(UserError) -> ObjectID {
        guard let tip = try branchTip(branch) else {
            throw UserError(
                "NoBranch", "there is no branch \(branch) \(hasOrigin ? "at the origin" : "in this repository")",
                hint: hasOrigin ? "push it: git push origin HEAD:\(branch)" : "commit to it, or name another with --ref")
        }
        return tip
    }

    /// Reads what is nearly always asked for next, while somebody waits for something else: what the branch declares that is checked out
    /// here, as the origin had it at the last fetch.
    package func readAhead() async {
        guard let head = try? git.headBranch(), let tip = try? branchTip(String(head.dropFirst("refs/heads/".count))) else { return }
        _ = try? load(tip)
    }

    /// Loads the tip of the branch in force before it is asked for. What is wrong with it is said when it is.
    func prepare(_ set: TrustSet) async {
        guard let branch = set.repository?.spec.branch, let tip = try? tip(of: branch) else { return }
        _ = try? load(tip)
    }

    /// A revision as a user writes it; a branch of the origin by its own name too.
    package func commit(_ revision: String) throws(UserError) -> ObjectID {
        do throws(GitError) {
            return try git.commitID(of: revision)
        } catch where error.code == .notFound {
            if hasOrigin, let id = try? git.commitID(of: heads + revision) { return id }
            throw UserError(error)
        } catch {
            throw UserError(error)
        }
    }

    /// The id that the clone's own head declares: which state directory belongs to it. Decides nothing else.
    package func repositoryID() throws(UserError) -> String {
        let candidates = ["HEAD", heads + "HEAD", heads + "main", heads + "master"]
        for candidate in candidates {
            guard let commit = try? git.commitID(of: candidate) else { continue }
            if let repository = try load(commit).set.repository { return repository.spec.id }
        }
        throw UserError(
            "NoRepository", "no Repository is declared in \(git.workTree ?? git.directory)",
            hint: "only what is committed is read (git add . && git commit); `countersign init DIR` makes a repository, "
                + "--state DIR names a state directory")
    }

    /// The zone that is meant: `--zone`, else the only one, else `default`.
    package func zone(in set: TrustSet) throws(UserError) -> ZoneName {
        if let wanted = options.zone {
            guard let name = ZoneName(wanted), set.zones[name] != nil else {
                let meant = nearest(to: wanted, among: set.zones.keys.map(\.text))
                throw UserError(
                    "UnknownZone", "no zone is named \"\(Shown.text(wanted))\"",
                    hint: meant.map { "did you mean \($0)?" } ?? "zones in force: \(set.zones.keys.sorted().map(\.text).joined(separator: ", "))")
            }
            return name
        }
        if set.zones.count == 1, let only = set.zones.keys.first { return only }
        guard let fallback = ZoneName("default"), set.zones[fallback] != nil else {
            throw UserError("UnknownZone", "there are several zones and none is named default", hint: "name one with --zone")
        }
        return fallback
    }
}
