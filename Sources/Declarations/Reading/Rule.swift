// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// The rules of declarations by their stable names; those of the text itself are `YAMLError.Rule`.
package enum Rule: String, CaseIterable, Hashable, Sendable {
    case tree
    case apiVersion = "api-version"
    case kind
    case unknownField = "unknown-field"
    case required
    case type
    case value
    case choice
    case name
    case duplicate
    case reference
    case file
    case repository
    case key
    case weakKey = "weak-key"
    case sharedKey = "shared-key"
    case count
    case separation
    case level
    case priority
    case policyChange = "policy-change"
    case defaultPolicy = "default-policy"
    case group
    case slot
    case slotMode = "slot-mode"
    case sharedSlot = "shared-slot"
    case sharedDevice = "shared-device"
    case endpoint
    case binding
    case selector
    case chain
    case tooMany = "too-many-errors"
}
