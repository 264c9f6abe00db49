// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Operations
internal import Planning
internal import Vocabulary

/// What status, certificates, verify, report and show are made of, in JSON.
enum ViewShapes {
    private static let colour = JSONForm.words(StatusColour.allCases.map(\.rawValue))
    private static let sync = JSONForm.words(["InSync", "OutOfSync", "Unknown", "Unbound"])

    static let revocation = JSONShape(
        "Revocation",
        [
            .has("status", .words(RevocationWords.names), "What is known."),
            .has("since", .time, "Since when it is so, as the gateway saw it."),
            .has("source", .orNull(.words(RevocationAnswer.Source.allCases.map(\.rawValue))), "Who said so last."),
            .has("revokedAt", .orNull(.time), "When the authority took it back."),
            .has("reason", .orNull(.text), "Why, as RFC 5280, 5.3.1 names it."),
            .has("message", .orNull(.text), "Why nothing is known."),
            .has(
                "issuer", .orNull(.fingerprint),
                "The certificate of its chain that was taken back; null: it is about the leaf itself."),
        ])
    private static let revoked = JSONForm.orNull(.object(revocation))

    static let served = JSONShape(
        "Served endpoint",
        [
            .has("address", .text, "The IP address."), .has("port", .number, "The port."),
            .has("serverName", .orNull(.text), "The name sent."),
            .has("leaf", .orNull(.fingerprint), "What is served there."),
            .has("reason", .orNull(.object(PlanShapes.block)), "Why nothing is known."),
        ])
    static let connector = JSONShape(
        "Connector",
        [
            .has("name", .text, "The connector."), .has("device", .text, "Its device."),
            .has("certificate", .orNull(.text), "What is bound to it."),
            .has("leaf", .orNull(.fingerprint), "What its slot holds."),
            .has("notAfter", .orNull(.time), "When that ends."),
            .has("colour", colour, "The worst that is to be said."),
            .has("sync", sync, "See [codes](codes.md)."), .has("syncReason", .orNull(.text), "See [codes](codes.md)."),
            .has("certPlusSync", .words(["InSync", "OutOfSync"]), "As CERT+ would say it."),
            .has("since", .orNull(.time), "Since when it is drifted or unknown."),
            .has(
                "observedAt", .orNull(.time), "When the slot was looked at; null where only the status branch was read."
            ),
            .has("served", .list(.object(served)), "What its endpoints serve."),
            .has("request", .orNull(.text), "The latest request."),
            .has("workOrder", .orNull(.text), "The latest work order."),
            .has("state", .orNull(.text), "Its state."), .has("comment", .orNull(.text), "The request's comment."),
            .has("revocation", revoked, "Of what it holds; null: nobody is asked."),
        ])
    static let installation = JSONShape(
        "Installation",
        [
            .has("connector", .text, "Where."), .has("leaf", .orNull(.fingerprint), "Which leaf."),
            .has("notAfter", .orNull(.time), "When it ends."), .has("colour", .orNull(colour), "Its colour."),
            .has("sync", sync, "Whether it is there."),
            .has("revocation", revoked, "Of that leaf; null: nobody is asked."),
            .has("syncReason", .orNull(.text), "Why not."),
            .may("supersededAt", .time, "Of an old leaf: when a newer one took its place."),
            .may("supersededBy", .fingerprint, "Of an old leaf: which."),
            .may("workOrder", .text, "Of an old leaf: by which work order."),
        ])
    static let certificate = JSONShape(
        "Certificate",
        [
            .has("name", .text, "The certificate."), .has("declared", .flag, "Whether the commit declares it."),
            .has("leaf", .orNull(.fingerprint), "Its leaf."), .has("issuer", .orNull(.text), "Who issued it."),
            .has("subject", .orNull(.text), "Whom it names."), .has("serial", .orNull(.text), "Its serial number, in hex."),
            .has("key", .orNull(.text), "Its key: `P-256`, `RSA 3072` …"),
            .has("spki", .orNull(.fingerprint), "SHA-256 of its public key."),
            .has("names", .list(.text), "Its DNS names."), .has("notBefore", .orNull(.time), "When it begins."),
            .has("notAfter", .orNull(.time), "When it ends."),
            .has("labels", .any, "As declared."),
            .has("colour", .orNull(colour), "The worst of its connectors."),
            .has("state", .orNull(.words(["NoConnector"])), "No binding puts it anywhere."),
            .has("hint", .orNull(.text), "How to add one."),
            .has("connectorsElsewhere", .number, "Its connectors in other zones."),
            .has("revocation", revoked, "Of its leaf; null: nobody is asked."),
            .has("installations", .list(.object(installation)), "Where it is, and where its old leaves were."),
        ])
    static let foundPlace = JSONShape(
        "Found place",
        [
            .has("device", .text, "The device."), .has("path", .text, "The file of the certificate."),
            .has("connector", .orNull(.text), "The connector whose slot it is."),
            .has("managedBy", .orNull(.text), "Another program that puts it there."),
        ])
    static let found = JSONShape(
        "Found certificate",
        [
            .has("leaf", .fingerprint, "Its leaf."), .has("issuer", .orNull(.text), "Who issued it."),
            .has("key", .orNull(.text), "Its key."), .has("names", .list(.text), "Its DNS names."),
            .has("notAfter", .orNull(.time), "When it ends."),
            .has("colour", .orNull(colour), "By its dates alone."),
            .has("places", .list(.object(foundPlace)), "Where it lies."),
        ])
    static let endpoint = JSONShape(
        "Verified endpoint",
        [
            .has("connector", .text, "The connector."), .has("address", .text, "The IP address that was asked."),
            .has("declaredAddress", .text, "The address as declared."), .has("port", .number, "The port."),
            .has("serverName", .orNull(.text), "The name sent."), .has("protocol", .text, "What is spoken before TLS."),
            .has("keyType", .orNull(.text), "Which of two key types."),
            .has("role", .words(["gate", "watch"]), "Whether it decides."),
            .has("expected", .fingerprint, "What was pushed."),
            .has("served", .orNull(.fingerprint), "What is served."),
            .has("verdict", .words(["matched", "differed", "unreachable"]), "How they compare."),
            .has("reason", .orNull(.object(PlanShapes.block)), "Why not matched."),
        ])
    static let verifySummary = JSONShape(
        "Verify summary",
        [
            .has("total", .number, "Endpoints."), .has("matched", .number, "As pushed."),
            .has("differed", .number, "Otherwise."),
            .has("unreachable", .number, "Did not answer."),
        ])
    static let finding = JSONShape(
        "Finding",
        [
            .has("subject", .text, "What was looked at: `git`, `state`, `device edge-1`."),
            .has("verdict", .words(Checkup.Finding.Verdict.allCases.map(\.rawValue)), "`ill` makes the exit code 1."),
            .has("detail", .text, "What was found."),
            .has("hint", .orNull(.text), "The next step."),
        ])
    static let doctorSummary = JSONShape(
        "Doctor summary",
        [.has("well", .number, "In order."), .has("warning", .number, "To be looked at."), .has("ill", .number, "Broken.")])
    static let push = JSONShape(
        "Push",
        [
            .has("id", .text, "`WO-…`"), .has("digest", .digest, "What people signed."),
            .has("request", .orNull(.text), "`REQ-…`"),
            .has("certificate", .orNull(.text), "Of what."), .has("connector", .text, "Where."),
            .has("leaf", .orNull(.fingerprint), "What was to be installed."), .has("at", .time, "When it ended."),
            .has("state", .text, "How."), .has("message", .orNull(.text), "What the device or the prober said."),
            .has("successful", .flag, "Whether it counts as successful."),
            .has("validation", .orNull(.text), "What the last look at its endpoints found."),
            .has("endpoints", .number, "How many were looked at."), .has("matched", .number, "How many served it."),
            .has("deviceKind", .orNull(.text), "Of the device, as people signed it."),
            .has("zone", .orNull(.text), "Its zone then."), .has("policy", .orNull(.text), "The policy that decided."),
        ])
    static let share = JSONShape(
        "Share",
        [
            .has("name", .text, "Of what."), .has("total", .number, "Pushes."),
            .has("successful", .number, "Of these, successful."), .has("failed", .number, "Of these, failed."),
            .has("successfulPercent", .orNull(.number), "The share."),
        ])
    static let shares = JSONShape(
        "Shares",
        ReportFigures.Dimension.allCases.map {
            .has($0.rawValue, .list(.object(share)), "The most failures first.")
        })
    static let failure = JSONShape(
        "Failure",
        [
            .has("id", .text, "`WO-…`"), .has("digest", .digest, "What people signed."),
            .has("certificate", .orNull(.text), "Of what."), .has("connector", .text, "Where."),
            .has("state", .text, "How it ended."), .has("reason", .text, "What went wrong."),
            .has("since", .time, "Since when; of what was served once, the first report that found it otherwise."),
        ])
    static let formerReport = JSONShape(
        "Former report",
        [
            .has("until", .time, "The last push of it."), .has("total", .number, "Pushes."),
            .has("successful", .number, "Of these, successful."), .has("failed", .number, "Of these, failed."),
            .has("successfulPercent", .orNull(.number), "The share."),
        ])
    static let reportSummary = JSONShape(
        "Report summary",
        [
            .has("total", .number, "Pushes."), .has("successful", .number, "Of these, successful."),
            .has("failed", .number, "Of these, failed."),
            .has("successfulPercent", .orNull(.number), "The share; null where there was none."),
        ])
    static let reference = JSONShape(
        "Reference",
        [
            .has("kind", .text, "Its kind."), .has("name", .text, "Its name."),
            .has("how", .orNull(.text), "Through which field or label."),
        ])
    static let resource = JSONShape(
        "Resource",
        [
            .has("kind", .text, "Its kind."), .has("name", .text, "Its name."),
            .has("file", .text, "Where it is declared."),
            .has("line", .number, "From 1."), .has("column", .number, "From 1."), .has("labels", .any, "Its labels."),
            .has("annotations", .any, "Its annotations."), .has("spec", .any, "As declared; see [kinds](kinds.md)."),
            .has("inForce", .orNull(.flag), "Of the trust set: whether it is in force as it stands here."),
            .has("refersTo", .list(.object(reference)), "What it names."),
            .has("referredBy", .list(.object(reference)), "What names it."),
            .has("certificate", .orNull(.object(certificate)), "Of a Certificate: what is in it, and where it is."),
        ])
}
