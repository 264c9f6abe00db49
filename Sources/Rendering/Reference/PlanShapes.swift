// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Planning

/// What a plan is made of, in JSON.
enum PlanShapes {
    static let trust = JSONShape(
        "Trust",
        [
            .has("commit", .commit, "Where this set was first seen."),
            .has("acceptedAt", .orNull(.time), "When this state accepted it."),
            .has("trial", .flag, "One person decides alone."),
            .has("anewSince", .orNull(.time), "Since when, where somebody began anew (`trust --anew`)."),
        ])
    static let emergency = JSONShape(
        "Open emergency",
        [
            .has("id", .text, "`WO-…`"), .has("digest", .digest, "What was pushed."),
            .has("connector", .text, "Where."), .has("at", .time, "When."),
            .has("policy", .text, "By whose emergency class."), .has("people", .list(.text), "Its quorum."),
            .has("reasons", .list(.text), "What they wrote."),
        ])
    static let observation = JSONShape(
        "Observation",
        [
            .has(
                "source", .words(["discovered", "journal", "status", "none"]),
                "Read now, from the gateway's journal, from the status branch, or nothing."),
            .has("observedAt", .orNull(.time), "When; null where only the status branch was read."),
            .has("status", .orNull(.commit), "The status commit that was read."),
        ])
    static let diagnostic = JSONShape(
        "Diagnostic",
        [
            .has("file", .text, "Path in the repository."), .has("line", .number, "From 1."),
            .has("column", .number, "From 1."),
            .has("severity", .words(["error", "warning"]), "An error makes the commit invalid."),
            .has("message", .text, "What is wrong."),
            .has("rule", .text, "The rule; see [codes](codes.md)."),
        ])
    static let invalidTip = JSONShape(
        "Invalid tip",
        [
            .has("commit", .commit, "The commit."),
            .has("diagnostics", .list(.object(diagnostic)), "What is wrong with it."),
        ])

    static let block = JSONShape(
        "Reason",
        [.has("code", .text, "See [codes](codes.md)."), .has("message", .text, "What is wrong in this case.")])
    static let refused = JSONShape(
        "Refused record",
        [
            .has("commit", .commit, "The record."), .has("code", .text, "See [codes](codes.md)."),
            .has("message", .text, "Why it does not count."),
        ])
    static let given = JSONShape(
        "Given signature",
        [
            .has("person", .text, "Who."), .has("key", .text, "With which key."),
            .has("commit", .commit, "The record."),
            .has("at", .orNull(.time), "When the reconciler first saw it; null: not yet."),
            .has("comment", .text, "What they wrote."),
        ])
    static let finishedGiven = JSONShape(
        "Remembered signature",
        [
            .has("level", .text, "Which level."),
            .has("person", .orNull(.text), "Who; null where nobody has the key any more."),
            .has("key", .text, "With which key."), .has("commit", .commit, "The record."),
            .has("at", .time, "When it was first seen."),
            .has("comment", .text, "What they wrote."),
        ])
    static let level = JSONShape(
        "Level",
        [
            .has("name", .text, "As the policy names it."), .has("needed", .number, "How many people."),
            .has("missing", .number, "How many of them are missing."),
            .has("approvers", .list(.text), "`group:NAME` or `person:NAME`."),
            .has("candidates", .list(.text), "Who could sign now."), .has("given", .list(.object(given)), "Who did."),
            .has("standing", .orNull(.text), "The StandingApproval that stands for it."),
        ])
    static let standing = JSONShape(
        "Standing approval",
        [
            .has("name", .text, "The StandingApproval."), .has("levels", .list(.text), "For which levels it stands."),
            .has("notAfter", .time, "Until when."),
            .has(
                "budget",
                .object(
                    JSONShape(
                        "Budget left", [.has("inHour", .number, "This hour."), .has("inDay", .number, "This day.")])),
                "What is left of it."),
            .has(
                "givenBy",
                .orNull(
                    .object(
                        JSONShape(
                            "Given by",
                            [
                                .has("commit", .commit, "That declares the set in force."),
                                .has("at", .time, "In force since."),
                                .has("policyChange", .orNull(.digest), "The policy change that brought it into force."),
                            ]))), "How it came into force."),
            .has(
                "unmet",
                .list(
                    .object(
                        JSONShape(
                            "Unmet condition",
                            [.has("condition", .text, "Which."), .has("message", .text, "Why it waits for people.")]))),
                "Why it does not stand here; empty: it does."),
        ])
    static let policyChange = JSONShape(
        "Policy change",
        [
            .has("id", .text, "`POL-…`"), .has("digest", .digest, "What people sign."),
            .has("from", .digest, "The set in force."),
            .has("to", .digest, "The set it would be."), .has("changes", .list(.text), "What changes, in words."),
            .has("levels", .list(.object(level)), "Who signed and who is missing."),
            .has("refused", .list(.object(refused)), "Records that do not count."),
            .has("requesters", .list(.text), "Who asked."), .has("state", .text, "See [codes](codes.md)."),
            .has("number", .orNull(.number), "Of this change, from 1."),
            .has("commit", .orNull(.commit), "The commit that declares the new set."),
        ])
    static let request = JSONShape(
        "Request",
        [
            .has("id", .text, "`REQ-…`"),
            .has("digest", .digest, "Its digest; signatures are always over work orders."),
            .has("certificate", .text, "The certificate."), .has("leaf", .fingerprint, "The leaf to be installed."),
            .has("requesters", .list(.text), "Who asked."), .has("workOrders", .list(.text), "Their IDs."),
        ])
    static let installs = JSONShape(
        "Installs",
        [
            .has("leaf", .fingerprint, "The leaf."), .has("spki", .fingerprint, "Its public key."),
            .has("chain", .list(.fingerprint), "The intermediates, in the order sent."),
        ])
    static let policy = JSONShape(
        "Policy",
        [
            .has("name", .text, "The policy that decides."), .has("version", .number, "Its version."),
            .has("why", .text, "Why this one."),
        ])
    static let schedule = JSONShape(
        "Schedule", [.has("notBefore", .time, "Not pushed before."), .has("notAfter", .time, "Never pushed later.")])
    static let wave = JSONShape(
        "Wave",
        [
            .has("number", .orNull(.number), "From 1; null where there is no rollout."), .has("of", .number, "How many waves."),
            .has(
                "hold",
                .orNull(
                    .object(
                        JSONShape(
                            "Hold",
                            [
                                .has("code", .words(WaveHold.Code.allCases.map(\.rawValue)), "See [codes](codes.md)."),
                                .has("message", .text, "What it waits for."),
                                .has("until", .orNull(.time), "When that ends by itself."),
                            ]))), "What it waits for although it is signed."),
        ])
    static let workOrder = JSONShape(
        "Work order",
        [
            .has("id", .orNull(.text), "`WO-…`; null while the slot was never observed."),
            .has("digest", .orNull(.digest), "What people sign."), .has("request", .orNull(.text), "`REQ-…`"),
            .has("binding", .orNull(.text), "The binding that asks for it."),
            .has("certificate", .orNull(.text), "The certificate."),
            .has("connector", .text, "The connector."), .has("device", .text, "Its device."),
            .has("zone", .text, "Its zone."),
            .has(
                "action", .words(Action.allCases.map(\.rawValue)),
                "What would be done; `adopt` touches nothing on the device."),
            .has("change", .text, "The class of change, as policies match it."),
            .has("replaces", .orNull(.fingerprint), "The leaf that is there."),
            .has(
                "replacesOther", .orNull(.fingerprint),
                "A keyed hash of what is there and is neither certificate nor key."),
            .has("installs", .orNull(.object(installs)), "What would be there."),
            .has(
                "key", .words(["matches", "mismatch", "unavailable", "notChecked"]), "What is known of the private key."
            ),
            .has("state", .text, "See [codes](codes.md)."),
            .has("wave", .orNull(.object(wave)), "Where a rollout says who goes first, or somebody halted it."),
            .has("reason", .orNull(.object(block)), "The first block, or how the last push ended."),
            .has("blocks", .list(.object(block)), "All that blocks it."),
            .has("policy", .orNull(.object(policy)), "Who decides."),
            .has("levels", .list(.object(level)), "Who signed and who is missing."),
            .has("refused", .list(.object(refused)), "Records that do not count."),
            .has("schedule", .orNull(.object(schedule)), "When it may be pushed."),
            .has("requesters", .list(.text), "Who asked."), .has("comment", .orNull(.text), "The request's comment."),
            .has("notes", .list(.text), "What an approver must not miss."),
            .has("standing", .orNull(.object(standing)), "The StandingApproval that is looked at."),
            .has("emergency", .orNull(.object(level)), "The emergency quorum, where somebody has signed for one."),
        ])
    static let drift = JSONShape(
        "Drift",
        [
            .has("connector", .text, "Where."),
            .has("declared", .orNull(.fingerprint), "The leaf that should be there."),
            .has("found", .orNull(.fingerprint), "The leaf that is."),
            .has("foundOther", .orNull(.fingerprint), "A keyed hash of what is neither certificate nor key."),
            .has("since", .orNull(.time), "When it was first seen."),
            .has("files", .list(.text), "The files that changed."),
            .has("compromised", .flag, "Its key is listed in compromisedKeys: it cannot be adopted."),
        ])
    static let limits = JSONShape(
        "Limits",
        [
            .has("changed", .number, "Work orders that count."), .has("total", .number, "Declared slots."),
            .has("floor", .number, "Up to this many never pass the limit."), .has("maxChanged", .number, "The limit."),
            .has("maxChangedPercent", .number, "The limit in percent of all slots."),
            .has("exceeded", .flag, "Whether it is passed: the last level must acknowledge."),
        ])
    static let summary = JSONShape(
        "Plan summary",
        [
            .has("push", .number, "Would be pushed."), .has("blocked", .number, "Cannot go on."),
            .has("waiting", .number, "Wait for signatures or their time."),
            .has("unchanged", .number, "Slots as declared."),
        ])
}
