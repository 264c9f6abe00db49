// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import CLinux
internal import Glibc

@main enum Countersign {
    static func main() async {
        // Before anything else: a peer that closes its connection, or a reader that closes the pipe, must not kill us
        // (OpenSSL writes without MSG_NOSIGNAL). Child processes get the default back.
        signal(SIGPIPE, SIG_IGN)
        // Keys pass through this memory: no core of it is ever written, whatever the system's limit is (children are what they
        // were), and it is ended by a fault as any program is: Swift's own handlers would print what registers point to.
        _ = countersign_write_no_core()
        for fault in [SIGILL, SIGTRAP, SIGABRT, SIGFPE, SIGBUS, SIGSEGV, SIGQUIT] { signal(fault, SIG_DFL) }
        // Large tables come from the system and go back to it. glibc raises this threshold with each one that is freed, and
        // then keeps them: 9 of 155 MB in a plan of ten thousand slots.
        mallopt(M_MMAP_THRESHOLD, 1 << 19)
        // Each thread's heap begins with room for this much. glibc otherwise asks the system for every page of it, with the lock on
        // all memory held: twelve thousand times in a plan of ten thousand slots, a tenth of its time.
        mallopt(M_TOP_PAD, 24 << 20)
        exit(await Shell.run(Array(CommandLine.arguments.dropFirst())).code)
    }
}

/// The root: what commands there are. Everything else is a command's own file.
struct Root: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "countersign",
        abstract: "Puts TLS certificates on devices, and only after the right people have signed for it.",
        discussion: """
            What should be where is declared in a git repository; a plan says what a change would do; people sign it \
            with their own keys; reconcile pushes it and proves by handshakes what is served.

            Global options (--repo, --ref, --state, --trust, --zone, --format, --color, -v) stand before or after the command.
            """,
        version: Version.text,
        subcommands: [ReferenceCommand.self],
        groupedSubcommands: [
            CommandGroup(
                name: "Starting",
                subcommands: [
                    InitCommand.self, ValidateCommand.self, TestCommand.self, TrustCommand.self, RecorderCommand.self,
                    RecipientCommand.self, BackupCommand.self, RestoreCommand.self,
                    SchemaCommand.self,
                ]),
            CommandGroup(
                name: "Deciding",
                subcommands: [
                    PlanCommand.self, PushCommand.self, AdoptCommand.self, RollbackCommand.self, RenewCommand.self,
                    SigningRequestCommand.self,
                    EncryptKeyCommand.self,
                    ApproveCommand.self, ImplementCommand.self, RejectCommand.self,
                    RevokeCommand.self,
                    CancelCommand.self, HaltCommand.self, ResumeCommand.self, ReviewCommand.self, ExplainCommand.self,
                ]),
            CommandGroup(
                name: "Doing",
                subcommands: [ReconcileCommand.self, RunCommand.self, WakeCommand.self, HookCommand.self]),
            CommandGroup(
                name: "Looking",
                subcommands: [
                    DiscoverCommand.self, StatusCommand.self, TopologyCommand.self, CertificatesCommand.self,
                    VerifyCommand.self,
                    ShowCommand.self, ReportCommand.self, AlertsCommand.self, AuditCommand.self, DoctorCommand.self,
                    DriverCheckCommand.self,
                ]),
        ])
}
