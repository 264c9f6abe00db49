// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Declarations
internal import Vocabulary

/// Why nobody's signature, or nobody's yet, can make it go.
extension Block {
    static func unknownRequester(_ requesters: Requesters, _ policy: ApprovalPolicy, certificate: CertificateName?)
        -> Block?
    {
        guard let unknown = requesters.unknown, policy.spec.separation.unknownRequester == .block else { return nil }
        let push = certificate.map { "countersign push \($0)" } ?? "countersign push"
        return Block(
            .unknownRequester,
            "commit \(unknown.commit.short) on \(Shown.text(unknown.what)) is not signed by anybody who is declared; somebody who is "
                + "takes it over with: \(push)")
    }

    static func noApprover(_ decision: PolicyDecision?, judgement: Judgement) -> Block? {
        guard let policy = decision?.policy else {
            return Block(.noApprover, "no ApprovalPolicy matches this change; add one by a policy change")
        }
        if judgement.levels.isEmpty {
            return Block(
                .noApprover,
                "policy \(policy.name) has no levels, so nobody can approve; give it one by a policy change")
        }
        return judgement.unsatisfiable.map { level in
            Block(
                .noApprover,
                "nobody is left who may sign level \(level) of policy \(policy.name); add a person by a policy change, or let somebody "
                    + "else ask with countersign push")
        }
    }

    static func awaitsPolicyChange(_ what: String) -> Block {
        Block(
            .awaitsPolicyChange,
            "\(what); it waits until the policy change that brings it into force is signed (countersign plan)")
    }
}
