// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// What `discover` is made of, in JSON.
enum DiscoverShapes {
    static let endpoint = JSONShape(
        "Discovered endpoint",
        [
            .has("address", .text, "The IP address that was asked."), .has("port", .number, "The port."),
            .has("serverName", .orNull(.text), "The name sent."), .has("protocol", .text, "What is spoken before TLS."),
            .has("keyType", .orNull(.text), "Which of two key types."),
            .has("served", .orNull(.fingerprint), "What is served."),
            .has("verdict", .words(["matched", "differed", "unreachable"]), "Whether that is what lies in the slot."),
            .has("reason", .orNull(.object(PlanShapes.block)), "Why nothing is served."),
        ])
    static let slot = JSONShape(
        "Discovered slot",
        [
            .has("certificate", .text, "Path of the certificate, or of both in one file."),
            .has("privateKey", .text, "Path of the private key; the same where both lie in one file."),
            .has("connector", .orNull(.text), "The connector that declares it."),
            .has("leaf", .orNull(.fingerprint), "What lies there."),
            .has("other", .orNull(.fingerprint), "Keyed hash of what is neither certificate nor key."),
            .has("names", .list(.text), "Its DNS names."), .has("notAfter", .orNull(.time), "When it ends."),
            .has("referenced", .orNull(.flag), "Whether the configuration names it; null where that cannot be told."),
            .has("source", .orNull(.text), "The file of the configuration that does."),
            .has("owner", .orNull(.text), "user:group of the file with the key."),
            .has("mode", .orNull(.text), "Its mode, in octal digits."),
            .has("managedBy", .orNull(.text), "Another program that puts these files there."),
            .has("endpoints", .list(.object(endpoint)), "Where it should be served, and what is."),
        ])
    static let device = JSONShape(
        "Discovered device",
        [
            .has("name", .text, "Its name; of one that nobody declares, a name for it."),
            .has("declared", .flag, "Whether it is in force."), .has("kind", .text, "Its kind."),
            .has("sync", .words(["Managed", "Monitored"]), "Its sync mode."),
            .has("config", .orNull(.text), "Its configuration."),
            .has("processID", .orNull(.number), "Of a server on this machine that nobody declares."),
            .has("error", .orNull(.text), "Why it could not be read."),
            .has("unchangedSince", .orNull(.time), "Since when configuration and files are as they are."),
            .has("unclear", .list(.text), "What only the running server could resolve."),
            .has("slots", .list(.object(slot)), "Declared ones, and all that the configuration names."),
        ])
    static let proposal = JSONShape(
        "Proposal",
        [
            .has("folder", .text, "Where it was written."),
            .has("policyChange", .list(.text), "Files with Devices, below the folder."),
            .has("declarations", .list(.text), "The other files, below the folder."),
            .has(
                "monitored",
                .list(
                    .object(
                        JSONShape(
                            "Monitored device",
                            [
                                .has("device", .text, "The proposed device."),
                                .has("managedBy", .text, "Who manages what lies there."),
                            ]))), "Devices proposed as Monitored."),
            .has(
                "left",
                .list(
                    .object(
                        JSONShape(
                            "Left out",
                            [
                                .has("device", .text, "The device."), .has("path", .text, "The certificate."),
                                .has("reason", .text, "Why it is not proposed."),
                            ]))), "What was found and is not proposed."),
        ])
    static let summary = JSONShape(
        "Discover summary",
        [
            .has("devices", .number, "All."), .has("unreachable", .number, "Those that could not be read."),
            .has("slots", .number, "All."), .has("undeclared", .number, "Those that nobody declares."),
            .has("managedByOthers", .number, "Those that another program manages."),
        ])
}
