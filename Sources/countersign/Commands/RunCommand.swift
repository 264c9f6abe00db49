// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Dashboard
internal import Operations
internal import Reconciler
internal import Rendering
internal import Vocabulary

struct RunCommand: CountersignCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "The reconciler as a service: a pass each minute, when something is due, and when it is woken.",
        discussion: """
            Writes a line for each pass that did something to standard error; --format json makes one JSON object a line on standard output. \
            SIGTERM and SIGINT stop it once the push in hand has ended; `countersign wake` makes it look at once, and so does \
            SIGHUP, which also makes it read --interval and --stop-within from its --config anew. It reads nothing else but the repository and \
            its state directory, and one of it runs for each state directory.
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

    @Option(
        help: ArgumentHelp(
            "Serve the dashboard and /metrics here: a port of loopback, or ADDRESS:PORT.", valueName: "place"))
    var listen: String?
    @Option(
        name: .customLong("host"),
        help: ArgumentHelp(
            "A further name by which the dashboard may be asked for; may be repeated.", valueName: "name"))
    var hosts: [String] = []
    @Option(
        name: .customLong("tls-certificate"),
        help: ArgumentHelp("The dashboard's own chain, PEM; read again when it changes.", valueName: "file"))
    var certificate: String?
    @Option(name: .customLong("tls-key"), help: ArgumentHelp("Its private key, PEM.", valueName: "file"))
    var key: String?
    @Option(
        help: ArgumentHelp(
            "Who may read: a line each, NAME sha256:HASH of a bearer token. Needed beyond loopback.", valueName: "file")
    )
    var tokens: String?
    @Option(
        name: .customLong("webhook-secrets"),
        help: ArgumentHelp(
            "Who may wake it by POST /wake: a line each, NAME SECRET, that requests are signed with.", valueName: "file"))
    var webhookSecrets: String?

    func validate() throws {
        guard (1...86_400).contains(interval) else { throw ValidationError("--interval takes 1 to 86400 seconds") }
        guard (0...3_600).contains(stopWithin) else { throw ValidationError("--stop-within takes 0 to 3600 seconds") }
        guard (certificate == nil) == (key == nil) else {
            throw ValidationError("--tls-certificate and --tls-key belong together")
        }
        guard listen != nil || (hosts.isEmpty && certificate == nil && tokens == nil && webhookSecrets == nil) else {
            throw ValidationError(
                "--host, --tls-certificate, --tls-key, --tokens and --webhook-secrets are of what is served: --listen says where")
        }
    }

    func execute(_ output: Output) async throws -> ExitStatus {
        HostMemory.keepTogether()
        let mailbox = Mailbox()
        let signals = HostSignals(mailbox)
        let pages = try listening().map {
            ServedPages($0, interval: Seconds(Int64(interval)), time: HostClock()) { mailbox.wake("webhook") }
        }
        let isVerbose = global.isVerbose
        let tell: @Sendable (ServiceEvent) -> Void = { event in
            // All that the pass before it held is gone.
            if case .passing = event { HostMemory.giveBack() }
            pages?.note(event)
            if output.format == .json {
                if let line = ServiceLog.json(event, at: HostClock().now) { output.print(line: line) }
            } else if let text = ServiceLog.text(event, at: HostClock().now, isVerbose: isVerbose) {
                output.say(rendered: text)
            }
        }
        let service = Service(
            options: global.siteOptions(environment: output.environment), time: HostClock(),
            configuration: configuration, mailbox: mailbox, reload: Self.configured, watch: pages?.watch, tell: tell)
        try await ServedPages.run(service, with: pages, mailbox, tell)
        return withExtendedLifetime(signals) { .success }
    }

    private var configuration: Service.Configuration {
        var configuration = Service.Configuration()
        configuration.interval = .seconds(interval)
        configuration.patience = .seconds(stopWithin)
        return configuration
    }

    /// By this process's own arguments and the file that they name, as it is now.
    @Sendable private static func configured() throws(UserError) -> Service.Configuration {
        let arguments = try ServiceFile.expanded(ArgumentOrder.normalised(Array(CommandLine.arguments.dropFirst())))
        do {
            guard let command = try Root.parseAsRoot(arguments) as? RunCommand else { throw CleanExit.helpRequest() }
            return command.configuration
        } catch {
            throw UserError("ConfigurationInvalid", Root.message(for: error))
        }
    }

    private func listening() throws(UserError) -> Listening? {
        guard let listen else { return nil }
        var pair: Listening.Certificate?
        if let certificate, let key { pair = Listening.Certificate(chain: certificate, key: key) }
        return try Listening(listen, hosts: hosts, certificate: pair, tokens: tokens, webhook: webhookSecrets)
    }
}
