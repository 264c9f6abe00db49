// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

extension Outcome {
    /// The CamelCase name of the contract.
    package var name: String {
        switch self {
        case .completed: "Completed"
        case .adopted: "Adopted"
        case .candidateRefused: "CandidateRefused"
        case .abandoned: "Abandoned"
        case .pushFailed: "PushFailed"
        case .rolledBack: "RolledBack"
        case .rollbackFailed: "RollbackFailed"
        case .unknownEffect: "UnknownEffect"
        }
    }

    /// What the device or the prober said; nil where it went well.
    package var message: String? {
        switch self {
        case .completed, .adopted: nil
        case .candidateRefused(let message, _), .abandoned(let message), .pushFailed(let message),
            .rolledBack(let message), .rollbackFailed(let message), .unknownEffect(let message):
            message
        }
    }
}
