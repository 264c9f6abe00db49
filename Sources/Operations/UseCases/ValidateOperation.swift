// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Commits
package import Declarations
internal import Git
package import Vocabulary

/// `validate`: checks all declarations of one commit.
package struct ValidateOperation: Sendable {
    package struct Report: Sendable {
        package var commit: ObjectID
        package var diagnostics: [Diagnostic]
        /// How many resources of each kind were read.
        package var counts: [ResourceKind: Int]
        /// Paths of the work tree that differ from the commit: they were not read.
        package var notRead: [String]
        package var isValid: Bool { !diagnostics.contains { $0.severity == .error } }
    }
    private let site: Site

    package init(site: Site) { self.site = site }

    package func run() async throws(UserError) -> Report {
        let revision = site.options.ref ?? "HEAD"
        let commit: ObjectID
        do throws(UserError) {
            commit = try site.commit(revision)
        } catch  where site.options.ref == nil && error.code == "GitNotFound" {
            throw UserError(
                "NothingCommitted", "there is no commit to check yet: only what is committed is read",
                hint: "git add . && git commit -m \"Begin\" && countersign validate")
        }
        let loaded = try site.load(commit)
        let differing = try await explained { () async throws(GitError) in
            try await site.git.workTreeDifferences(from: commit)
        }
        return Report(
            commit: commit, diagnostics: loaded.diagnostics, counts: loaded.set.counts,
            notRead: site.options.ref == nil ? differing : [])
    }
}

extension DeclarationSet {
    package var counts: [ResourceKind: Int] {
        [
            .repository: repository == nil ? 0 : 1, .zone: zones.count, .device: devices.count, .person: people.count,
            .group: groups.count, .approvalPolicy: policies.count, .standingApproval: standingApprovals.count,
            .alertPolicy: alertPolicies.count,
            .certificate: certificates.count, .appConnector: connectors.count, .binding: bindings.count,
        ].filter { $0.value > 0 }
    }
}
