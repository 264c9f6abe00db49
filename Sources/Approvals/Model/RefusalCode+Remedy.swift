// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

extension Refusal.Code {
    /// What to do about a record that was refused with this code. The message of a refusal says what is wrong with this one;
    /// this sentence is the same for all of them, and stands in the reference.
    package var remedy: String {
        switch self {
        case .unsigned: "Sign it: `countersign approve` does, and stock git does with `commit-tree -S`."
        case .badSignature: "Sign anew; if it was not you who made this record, tell the people who decide: somebody tried to forge it."
        case .wrongNamespace: "Sign as git does, with the namespace `git`; a signature made for another purpose is worth nothing here."
        case .unknownKey: "Sign with a key that is declared for you in `people/`, or have yours declared by a policy change."
        case .weakKey: "Make a stronger key (`ssh-keygen -t ed25519`), have it declared by a policy change, and sign anew."
        case .keyNotValidAtFirstSeen: "Sign with a key that is valid today, or have its dates changed by a policy change."
        case .keyRevoked: "Sign anew with another key of yours; a revoked key never counts again."
        case .notOnStatus: "Fetch the status branch and sign on its tip, as `countersign approve` does."
        case .notTreeIdentical: "Sign a commit that has its parent's tree; a record changes no file."
        case .mergeCommit: "Sign a commit with one parent, a commit of the status branch."
        case .malformed: "Let `countersign approve` write the record, or compare yours with docs/approval-record.md."
        case .wrongRepository: "Sign in the repository that the work order belongs to; its id stands in `countersign.yaml`."
        case .staleDigest: "Look at the plan again and sign what it says now: what was signed is not what would be done."
        case .alreadyUsed: "Nothing, if the push was wanted once; for another push there is another work order to sign."
        case .unknownLevel: "Sign one of the levels that the policy in force has: `countersign explain ID` names them."
        case .notInGroup: "Let somebody sign who may: `countersign explain ID` names them."
        case .selfApproval: "Let somebody else sign: who asked for a change does not decide about it."
        case .samePersonTwice: "Let another person sign: one person counts once."
        case .tooEarly: "Sign again, now that the levels below are complete."
        case .approvalExpired: "Sign again: an approval is good for a limited time."
        case .scheduleWidened: "Sign a time within what the level below approved, or have that level signed anew."
        case .revoked: "Nothing, if it was meant; otherwise sign anew."
        }
    }
}
