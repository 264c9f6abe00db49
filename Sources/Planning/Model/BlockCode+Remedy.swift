// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

extension Block.Code {
    /// What lifts this block. The message of a block says what is wrong with this work order; this sentence stands in the reference.
    package var remedy: String {
        switch self {
        case .awaitsPolicyChange: "Have the pending policy change (POL-…) decided: what it declares is not in force yet."
        case .deviceIgnored: "Set the Device's `sync` to Managed, by a policy change, if it is to be pushed to."
        case .deviceMonitored: "Set the Device's `sync` to Managed, by a policy change, if it is to be pushed to; Monitored is read only."
        case .gatewayUnhealthy: "See why the zone's gateway cannot look at the device, then run `countersign reconcile` there."
        case .unobserved: "Run `countersign reconcile` on the zone's gateway once: it looks at the slot, and the work order gets its ID."
        case .unsupported: "Declare it another way: this version cannot do this on such a device."
        case .notReleased: "Run `countersign reconcile` on the old zone's gateway, which gives the device away."
        case .keyCompromised: "Make a new key and have a certificate issued for it; this one is never installed again."
        case .keyNotForZone: "Encrypt the key to the recipients of the device's zone as well."
        case .noPrivateKey: "Put the key where `privateKey` says, readable by the reconciler's user alone, or declare where it is."
        case .keyMismatch: "Put the key there that belongs to this leaf: the one that is found belongs to another certificate."
        case .notServerAuth: "Have a certificate issued whose extendedKeyUsage includes serverAuth."
        case .chainIncomplete: "Put the missing intermediates into the chain file, leaf first, in the order in which each signs the one before."
        case .weakCertificate: "Have a certificate issued with a sound key (RSA of 2048 bits, P-256 or Ed25519, or more) and SHA-2."
        case .certificateExpired: "Commit a renewed chain: this one has expired."
        case .certificateNotYetValid: "Wait until it is valid, or look at the gateway's clock."
        case .certificateRevoked: "Have another certificate issued: its authority revoked this one."
        case .nameNotCovered: "Commit a chain that covers the server name, or mend the endpoint's `serverName`."
        case .coverageLoss: "Commit a chain that covers the name that is served today, or put the name into `dropsNames` if it may go."
        case .endpointNotAllowed: "Add the address to the Device's `probes`, by a policy change, or mend the endpoint."
        case .holdsOther: "Look at what lies in the slot; if it may go, the last level signs with `--acknowledge holds-other`."
        case .endpointDown: "Bring the endpoint up; or the last level signs with `--acknowledge 'endpoint-down ADDRESS:PORT'`."
        case .candidateRefused: "Mend what the device's own parser refused, on the device or in the chain; then it is tried again."
        case .unknownRequester: "Let a declared person take the request over: `countersign push CERTIFICATE`."
        case .noApprover: "Name more people in the groups of the level, by a policy change: nobody is left who may sign."
        case .contested:
            "Find what changes the slot behind your back and stop it; then `countersign push CERTIFICATE`, or `countersign adopt CONNECTOR`."
        case .limitExceeded: "Check that so much is meant to change; then the last level signs with `--acknowledge 'changes N'`."
        case .budgetSpent: "Wait for the next hour or day of the standing approval's budget, or sign by hand."
        case .outsideWindow: "Wait: it is pushed when the policy's window opens, and nobody has to do anything until then."
        }
    }
}
