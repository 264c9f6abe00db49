// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// What every driver must stand, on the real device.
package enum Scenario: String, CaseIterable, Sendable {
    case firstInstall = "first-install"
    case renewal
    case severalSlots = "several-slots"
    case candidateRefused = "candidate-refused"
    case makeLiveFails = "make-live-fails"
    case makeLiveLies = "make-live-lies"
    case undo
    case interruption
    case hang
    case changedByHand = "changed-by-hand"
    case earlierLease = "earlier-lease"
    case permissionDenied = "permission-denied"
    case diskFull = "disk-full"
    case oddNames = "odd-names"
    case madeKey = "made-key"

    /// What must be so at its end.
    package var about: String {
        switch self {
        case .firstInstall:
            "a place that holds nothing gets key and certificate, is made live and serves them; no other place changes"
        case .renewal:
            "under a client that makes fresh handshakes throughout, none fails, and from the end on only the new certificate is served"
        case .severalSlots: "several places in one push: all are served, by one make-live"
        case .candidateRefused:
            "a key of another certificate is refused before anything live changes, and no key stays behind"
        case .makeLiveFails: "make-live says no: what was there is back, byte by byte, and served"
        case .makeLiveLies: "make-live says yes and does nothing: noticed by handshakes, and undone"
        case .undo: "what was there is back, byte by byte, also when it is asked for twice"
        case .interruption:
            "stopped at every point: the next one brings it back to what was there, and nothing is left over"
        case .hang: "make-live never returns: it costs its time limit, and what was there is served"
        case .changedByHand: "what somebody has put there since it was staged stays, and nothing is made live"
        case .earlierLease: "whoever comes with an earlier lease is refused at each verb that has an effect"
        case .permissionDenied: "a place that may not be written to: the push fails, and nothing live changes"
        case .diskFull: "no room on the device: the push fails, nothing live changes, no half of a key stays behind"
        case .oddNames: "blanks, quotes and signs in a path are part of the name, and nothing else"
        case .madeKey:
            "a key that the device makes waits there and changes nothing; its certificate is served with it; a failed make-live undoes both"
        }
    }

    /// Where to look when it fails.
    package var hint: String {
        switch self {
        case .firstInstall:
            "install must make what is not there yet, with the slot's owner and mode (0600 and 0644 where it names none)"
        case .renewal:
            "does observe report the leaf first, and its key? is the new certificate served soon after makeLive?"
        case .severalSlots: "install exchanges all candidates of the batch; makeLive is called once for all of them"
        case .candidateRefused:
            "check must ask the device's own parser about the candidates where it cannot touch what is live, and answer refused"
        case .makeLiveFails:
            "makeLive answers an error when the device says no; undo puts back what this batch replaced"
        case .makeLiveLies: "undo must not rely on makeLive having had an effect"
        case .undo: "keep what install replaces, with owner and mode, until clean; undo may come twice"
        case .interruption:
            "write down durably what a batch is about to do before it does it; undo and clean must work from any point"
        case .hang: "keep the time limit of the request; nothing may go on after it"
        case .changedByHand:
            "compare each candidate's state with the slot's right before the switch, and answer changed"
        case .earlierLease:
            "keep the latest fence beside the slots, durably, and answer fenced to an earlier one, before anything else"
        case .permissionDenied, .diskFull:
            "write everything new beside what is live first, and answer denied or noSpace where that fails"
        case .oddNames: "never put a name into a shell's command line or an unquoted configuration"
        case .madeKey: "make the key beside the slot, unreadable for others, and move it there with its certificate"
        }
    }
}

/// How a scenario ended on one driver.
package enum Cell: Sendable, Hashable {
    /// With what a reader of the table should know besides; empty: nothing.
    case passed(note: String)
    case failed([String])
    /// It cannot be tried there, and why; nil: nobody has said why, which is a failure too.
    case notTried(reason: String?)

    package var isGood: Bool {
        switch self {
        case .passed, .notTried(reason: _?): true
        case .failed, .notTried(reason: nil): false
        }
    }
}
