// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import YAML

/// Every rule that stands in brackets at the end of a diagnostic, and what to do where it is broken.
package enum RuleReference {
    package static var all: [(name: String, remedy: String)] {
        YAMLError.Rule.allCases.map { ($0.rawValue, $0.remedy) } + Rule.allCases.map { ($0.rawValue, $0.remedy) }
    }
}

extension Rule {
    var remedy: String {
        switch self {
        case .tree: "Take links, submodules and strange paths out of the tree: only plain files are read."
        case .apiVersion: "Write `apiVersion: countersign/v1`."
        case .kind: "Write one of the kinds that there are; `countersign schema` lists them."
        case .unknownField: "Spell the field as the kind has it, or take it out."
        case .required: "Add the field: the kind cannot be without it."
        case .type: "Write a value of the type that the message names; in doubt in quotes."
        case .value: "Write a value of the form that the message names."
        case .choice: "Give exactly one of the alternatives, whole."
        case .name: "Use lower-case letters, digits, - and . in between, at most 63."
        case .duplicate: "Rename or remove one of the two."
        case .reference: "Name a resource that is declared in this commit."
        case .file: "Add the file to the commit, or mend its path."
        case .repository: "Declare exactly one Repository, and a Zone for every reconciler."
        case .key: "Paste one whole public key line, as `cat ~/.ssh/id_ed25519.pub` prints it."
        case .weakKey: "Make a stronger key: `ssh-keygen -t ed25519`."
        case .sharedKey: "Give every person and every recorder a key of their own."
        case .count: "Lower `count`, or name more people: so many could never sign."
        case .separation: "Name more people, or allow what the separation forbids: nobody would be left to sign."
        case .level: "Name each level once, and at least one."
        case .priority: "Give the two policies different priorities: otherwise nobody could say which decides."
        case .policyChange: "Keep `policyChange` to the policy named `default`, with people who can decide."
        case .defaultPolicy: "Declare an ApprovalPolicy named `default` that matches everything."
        case .group: "Name people as members; groups do not nest."
        case .slot: "Put the slot below one of the device's `slotRoots`."
        case .slotMode: "Write the mode in quotes, nothing for others on a private key (\"0640\")."
        case .sharedSlot: "Give every connector a slot of its own."
        case .sharedDevice: "Declare the machine once: two Devices may not share configuration or slot roots."
        case .endpoint: "Name at least one endpoint of role gate, below what the device's `probes` allow."
        case .binding: "Bind one certificate to a connector: two cannot both be there."
        case .selector: "Choose labels that some connector carries."
        case .chain: "Put certificates only into the file, leaf first, each signed by the next."
        case .tooMany: "Mend what is shown first; then the rest is shown."
        }
    }
}

extension YAMLError.Rule {
    var remedy: String {
        switch self {
        case .syntax: "Mend the YAML at this place; an unclosed quote or bracket stands earlier."
        case .encoding: "Save the file as UTF-8 without a byte order mark."
        case .control: "Take the control character out."
        case .tab: "Indent with spaces."
        case .directive: "Take the `%` line out."
        case .duplicateKey: "Keep one of the two."
        case .key: "Write a plain word as the key."
        case .mergeKey: "Write the fields out: `<<` is not read."
        case .tag: "Take the tag (`!…`) out."
        case .anchor: "Write it out: aliases that grow are not read."
        case .nesting: "Write it flatter: nothing here is a hundred levels deep."
        case .size: "Split the file: one may have 1 MiB."
        case .tooMany: "Mend what is shown first; then the rest is shown."
        }
    }
}
