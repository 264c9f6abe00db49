// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Operations
internal import Reconciler
internal import Rendering

struct RunCommand: CountersignCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "The reconciler as a service: a pass each minute, when something is due, and when it is woken.",
        discussion: """
            Writes a line for each pass that did something to standard error; --format json makes one JSON object a line on standard output. \
            SIGTERM and SIGINT stop it once the push in hand has ended; SIGHUP and `countersign wake` make it look at once. It reads \
            nothing but the repository and its state directory, and one of it runs for each state directory.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions
    /// Read before anything is parsed: see `ServiceFile`.
    @Option(
        help: ArgumentHelp(
            "A YAML file with these options by name, `interval: 60`; what is typed as well counts.", valueName: "file"))
    var config: String?
    @Option(help: ArgumentHelp("Seconds between two passes.", valueName: "seconds"))
    var interval = 60
    @Option(
        name: .customLong("stop-within"),
        help: ArgumentHelp("How long a push in hand may take to end.", valueName: "seconds"))
    var stopWithin = 120

    func validate() throws {
        guard (1...86_400).contains(interval) else { throw ValidationError("--interval takes 1 to 86400 seconds") }
        guard (0...3_600).contains(stopWithin) else { throw ValidationError("--stop-within takes 0 to 3600 seconds") }
    }

    func execute(_ output: Output) async throws -> ExitStatus {
        var configuration = Service.Configuration()
        configuration.interval = .seconds(interval)
        configuration.patience = .seconds(stopWithin)
        let mailbox = Mailbox()
        let signals = HostSignals(mailbox)
        let service = Service(
            options: global.siteOptions(environment: output.environment), time: HostClock(),
            configuration: configuration,
            mailbox: mailbox
        ) { event in
            if output.format == .json {
                output.print(line: ServiceLog.json(event, at: HostClock().now))
            } else if let text = ServiceLog.text(event, at: HostClock().now, isVerbose: global.isVerbose) {
                output.say(rendered: text)
            }
        }
        try await service.run()
        return withExtendedLifetime(signals) { .success }
    }
}
