// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

/// The fields of a kind as a reader looks them up. Made from the shapes that decode: the two cannot disagree.
package struct KindReference: Sendable {
    package struct Row: Sendable {
        /// `spec.slot.mode`; `[]` behind a list, `.*` for the keys of a table.
        package var path: String
        package var type: String
        package var isRequired: Bool
        package var `default`: JSONValue?
        package var about: String
    }

    package var rows: [Row]
    /// Groups of fields of which exactly one must stand: where, and the groups.
    package var choices: [(place: String, groups: [[String]])]

    package init(_ kind: ResourceKind) {
        (rows, choices) = ([], [])
        add(.metadata(of: kind), at: "metadata")
        add(.spec(of: kind), at: "spec")
    }

    private mutating func add(_ shape: ObjectShape, at place: String) {
        if !shape.alternatives.isEmpty { choices.append((place, shape.alternatives)) }
        for field in shape.fields {
            let path = "\(place).\(field.name)"
            rows.append(
                Row(
                    path: path, type: field.shape.title, isRequired: field.isRequired, default: field.default,
                    about: field.about))
            addInner(field.shape, at: path)
        }
    }

    private mutating func addInner(_ shape: Shape, at path: String) {
        switch shape {
        case .object(let inner): add(inner, at: path)
        case .list(let element, _): addInner(element, at: path + "[]")
        case .table(_, let values, _): addInner(values, at: path + ".*")
        default: break
        }
    }
}

extension ResourceKind {
    package var about: String {
        switch self {
        case .repository:
            "What this repository is: its identity, the branch in force, and how much may change at once. Exactly one."
        case .zone:
            "A part of the network with a reconciler of its own, the gateway: who signs its status, where its keys lie."
        case .device: "A machine that holds certificates: how to reach it, how it is reloaded, where slots may lie."
        case .person: "Somebody, or a robot or a forge, with the keys that count as theirs."
        case .group: "People who may sign for the same thing."
        case .approvalPolicy:
            "Which changes need which signatures, when they may be pushed, and how long signatures are good."
        case .standingApproval: "A rule that stands for named levels of routine renewals until it ends."
        case .alertPolicy: "What people are told of, how urgently, and over which channels."
        case .certificate: "A server certificate: its chain in this repository, and where its private key is."
        case .appConnector:
            "One place on a device where a certificate goes (a slot), and everywhere it must then be served."
        case .binding: "This certificate belongs on these connectors."
        case .policyTest:
            "What a policy is expected to say of a change and its signatures: only `countersign test` reads it."
        }
    }
}

extension Shape {
    fileprivate var title: String {
        switch self {
        case .text(let form): form.title
        case .integer(let range): "whole number from \(range.lowerBound) to \(range.upperBound)"
        case .boolean: "`true` or `false`"
        case .onlyTrue: "`true`"
        case .word(let words): words.map { "`\($0)`" }.joined(separator: ", ")
        case .list(let element, let count):
            (count.lowerBound > 0 ? "list, not empty, of: " : "list of: ") + element.title
        case .table(let keys, let values, _): "table: \(keys.title) → \(values.title)"
        case .object: "object"
        }
    }
}

extension TextForm {
    fileprivate var title: String {
        switch self {
        case .any: "text"
        case .uuid: "UUID in lower case"
        case .branch: "name of a branch"
        case .name(let kind): "name of a \(kind.rawValue)"
        case .approver: "`group:NAME` or `person:NAME`"
        case .levelName: "name of a level"
        case .commandName: "name of a command"
        case .word: "one argument of a program"
        case .keyArgument: "argument: letters, digits, `_`, then also `.` `/` `-`"
        case .duration: "duration (`5s`, `250ms`, `72h`, `7d`)"
        case .wholeSeconds: "duration of whole seconds (`5s`, `72h`, `7d`)"
        case .timestamp: "time (`2026-01-31T12:00:00Z`)"
        case .timeOfDay: "time of day (`\"22:00\"`)"
        case .timeZone: "time zone (`Europe/Berlin`)"
        case .devicePath: "absolute path on the device"
        case .keyFilePath, .gatewayPath: "absolute path on the gateway"
        case .repositoryPath: "path in the repository"
        case .binary: "absolute path or name of a program"
        case .mode: "mode (`\"0640\"`), nothing for others"
        case .certificateMode: "mode (`\"0644\"`), written by its owner alone"
        case .owner: "`user` or `user:group`"
        case .user: "name of a user"
        case .host: "IP address or host name"
        case .dnsName: "DNS name in lower case"
        case .dnsPattern: "DNS name, or `*.` and one"
        case .email: "e-mail address"
        case .webURL: "https URL"
        case .probe: "`ADDRESS:PORT` or `NETWORK/BITS:PORT`"
        case .sha256: "SHA-256, 64 hex digits"
        case .openpgpFingerprint: "OpenPGP fingerprint"
        case .sshKey: "OpenSSH public key line"
        case .certificateARN: "ARN of a certificate in AWS Certificate Manager"
        case .region: "AWS region (`eu-central-1`)"
        case .labelKey, .annotationKey: "key: letters, digits, `.` `_` `-` `/`"
        case .labelValue: "label: letters, digits, `.` `_` `-`"
        }
    }
}
