// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Planning
internal import Vocabulary

extension Outcome {
    var form: JSONValue {
        var token: JSONValue?
        if case .candidateRefused(_, let state?) = self { token = .string(state.text) }
        return ["message": message.map(JSONValue.string), "name": .string(name), "token": token]
    }

    init(_ document: Document) throws(StatusError) {
        let name = try document.text("name")
        func message() throws(StatusError) -> String { try document.text("message") }
        switch name {
        case "Completed": self = .completed
        case "Adopted": self = .adopted
        case "CandidateRefused":
            let token = try document.optional("token") { (key) throws(StatusError) in
                DeviceStateToken(try document.text(key))
            }
            self = .candidateRefused(message: try message(), token: token)
        case "Abandoned": self = .abandoned(message: try message())
        case "PushFailed": self = .pushFailed(message: try message())
        case "RolledBack": self = .rolledBack(message: try message())
        case "RollbackFailed": self = .rollbackFailed(message: try message())
        case "UnknownEffect": self = .unknownEffect(message: try message())
        default: throw document.damaged("outcome")
        }
    }
}

extension WorkOrderFacts {
    var form: JSONValue {
        [
            "endedAt": endedAt.map { .text($0) }, "intendedAt": intendedAt.map { .text($0) }, "outcome": outcome?.form,
        ]
    }

    init(_ document: Document) throws(StatusError) {
        self.init()
        outcome = try document.optional("outcome") { (key) throws(StatusError) in
            try Outcome(try document.object(key))
        }
        intendedAt = try document.optional("intendedAt") { (key) throws(StatusError) in try document.time(key) }
        endedAt = try document.optional("endedAt") { (key) throws(StatusError) in try document.time(key) }
    }
}
