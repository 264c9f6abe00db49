// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Foundation
internal import TLSProbe
internal import Vocabulary

/// Handshakes with one server under many names, and with endpoints that take a connection and say nothing.
struct ProbeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe", abstract: "Shakes hands COUNT times; prints seconds, how many were served and how many hung.")

    @Option(help: "The server's port at 127.0.0.1.") var port: UInt16
    @Option(help: "A file with the server names, one a line.") var names: String
    @Option(help: "How many handshakes.") var count: Int
    @Option(help: "A port at which nothing is ever said, at each address of 127.1.0.0/16.") var mute: UInt16?
    @Flag(help: "All handshakes by OpenSSL.") var openssl = false
    @Option(help: "How many of the handshakes go there, each to an address of its own.") var hanging = 0

    func run() async throws {
        let names = try String(contentsOfFile: names, encoding: .utf8).split(separator: "\n").map(String.init)
        guard !names.isEmpty, count > hanging else { throw WorkloadError("no names, or nothing to ask for") }
        let every = hanging > 0 ? count / hanging : count + 1
        var hung = 0
        let targets = (0..<count).map { index -> ProbeTarget in
            let name = names[index % names.count]
            if let mute, hung < hanging, index % every == every - 1 {
                hung += 1
                return ProbeTarget(host: "127.1.\(hung / 250).\(hung % 250 + 1)", port: mute, serverName: name)
            }
            return ProbeTarget(host: "127.0.0.1", port: port, serverName: name)
        }
        // One server stands for many: it may be asked as often as all of them together.
        let prober = Prober(limits: ProbeLimits(perAddress: 32), library: openssl ? .openSSL : .boringSSL)
        let clock = ContinuousClock()
        let begun = clock.now
        let answers = await prober.probe(targets)
        let seconds = (clock.now - begun) / .seconds(1)
        let outcomes = answers.flatMap(\.addresses).map(\.outcome)
        let timedOut = outcomes.count { outcome in
            if case .failed(let failure) = outcome { failure.code == .handshakeTimedOut } else { false }
        }
        print(seconds, outcomes.count { $0.leaf != nil }, timedOut)
    }
}
