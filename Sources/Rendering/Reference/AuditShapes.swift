// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// What `audit` prints, in JSON.
enum AuditShapes {
    private static let finding = JSONShape(
        "Finding",
        [
            .has("code", .text, "Stable, CamelCase."),
            .has("place", .text, "A commit, a path of the status branch, a slot or a record."),
            .has("message", .text, "What is not proven, and why."),
        ])
    private static let line = JSONShape(
        "Status line",
        [
            .has("zone", .text, "The zone."), .has("tip", .commit, "Its status branch."),
            .has("commits", .number, "How many were read."),
            .has("until", .orNull(.time), "The time that the last of them says."),
        ])
    private static let slot = JSONShape(
        "Audited slot",
        [
            .has("zone", .text, "Its zone."), .has("device", .text, "Its device."), .has("slot", .text, "Its path."),
            .has("connector", .orNull(.text), "The connector that declares it."),
            .has("certificate", .orNull(.text), "What is bound to it."),
            .has("leaf", .orNull(.fingerprint), "What it holds."),
            .has(
                "verdict", .words(["proven", "adopted", "unapproved", "unproven", "empty"]),
                "Whether people allowed what it holds."),
            .has("reason", .orNull(.text), "Why not."), .has("workOrder", .orNull(.digest), "By which work order."),
            .has("pushes", .number, "How many ended here."),
        ])
    private static let given = JSONShape(
        "Audited signature",
        [
            .has("person", .text, "Who."), .has("key", .text, "With which key."),
            .has("commit", .commit, "The record."),
            .has("record", .fingerprint, "By what it is known: SHA-256 of the commit without its signature."),
            .has("at", .orNull(.time), "When it was first seen."), .has("comment", .text, "What they wrote."),
        ])
    private static let level = JSONShape(
        "Audited level",
        [
            .has("name", .text, "As the policy named it."), .has("needed", .number, "How many people."),
            .has("missing", .number, "How many were missing."), .has("given", .list(.object(given)), "Who signed."),
            .has("standing", .orNull(.text), "The StandingApproval that stood for it."),
        ])
    private static let requester = JSONShape(
        "Requester",
        [
            .has("person", .text, "Who."), .has("what", .text, "What makes them one."),
            .has("commit", .commit, "By which commit."),
        ])
    private static let push = JSONShape(
        "Audited push",
        [
            .has("id", .text, "`WO-…`"), .has("digest", .digest, "What people signed."),
            .has("zone", .text, "The zone."),
            .has("device", .text, "The device."), .has("slot", .text, "The slot's path."),
            .has("connector", .text, "The connector."),
            .has("certificate", .orNull(.text), "The certificate."), .has("action", .orNull(.text), "What was done."),
            .has("replaces", .orNull(.fingerprint), "What was there."),
            .has("installs", .orNull(.fingerprint), "What was installed."),
            .has("sequence", .number, "Its number in the slot."), .has("outcome", .text, "How it ended."),
            .has("message", .orNull(.text), "What was said."), .has("began", .orNull(.time), "When it began."),
            .has("at", .time, "When it ended."),
            .has("policy", .orNull(.text), "The policy that decided."),
            .has("levels", .list(.object(level)), "Who signed."),
            .has("requesters", .list(.object(requester)), "Who asked."),
            .has("tip", .commit, "The commit that asked for it."),
            .has("statusCommit", .commit, "The status commit that tells of it."),
            .has("proven", .flag, "Whether all of it is proven."),
            .has("reasons", .list(.object(finding)), "Why not."),
            .has("replacedUnapproved", .flag, "Whether what it replaced was never signed for."),
        ])
    private static let summary = JSONShape(
        "Audit summary",
        [
            .has("pushes", .number, "Work orders that ended."), .has("pushesProven", .number, "Of these, proven."),
            .has("proven", .number, "Slots that hold what people allowed."),
            .has("adopted", .number, "Slots that were adopted."),
            .has("unapproved", .number, "Slots that nobody signed for."),
            .has("unproven", .number, "Slots with a hole in their history."),
            .has("empty", .number, "Slots that hold nothing."),
        ])
    static let document = JSONShape(
        "Audit",
        [
            JSONDocuments.version, .has("repository", .text, "The repository's id."),
            .has("proven", .flag, "Whether all of it is proven."),
            .has("trusted", .commit, "Where the replay begins."),
            .has("trustSet", .digest, "The set in force at its end."),
            .has("lines", .list(.object(line)), "The status branches that were read."),
            .has("slots", .list(.object(slot)), "Each slot, and who allowed what it holds."),
            .has("workOrders", .list(.object(push)), "Each work order that ended."),
            .has("findings", .list(.object(finding)), "What is wrong with the branches themselves."),
            .has("notices", .list(.text), "What a person should know beside it."),
            .has("summary", .object(summary), "Counts."),
        ])
}
