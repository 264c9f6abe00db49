// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Planning
internal import Processes
internal import Vocabulary

/// A program of the gateway that gets each message as JSON on standard input. Exit 0: it has it.
struct CommandCourier {
    private let argv: [String]

    init(_ argv: [String]) { self.argv = argv }

    func send(_ message: Message, within limit: Duration) async throws(DeliveryError) {
        try await ProgramRun.run(argv, input: message.json.canonicalBytes + [0x0a], within: limit)
    }
}

enum ProgramRun {
    static func program(of argv: [String]) throws(DeliveryError) -> String {
        guard let program = argv.first, program.hasPrefix("/") else {
            throw DeliveryError(.notAllowed, "\(argv.first ?? "") is no absolute path of a program")
        }
        return program
    }

    /// - Parameter argv: the program first, by its absolute path.
    static func run(_ argv: [String], input: [UInt8], within limit: Duration) async throws(DeliveryError) {
        let program = try program(of: argv)
        let result: ProcessResult
        do throws(ProcessError) {
            result = try await Command(
                program, Array(argv.dropFirst()), directory: "/", input: .bytes(input), outputLimit: 1 << 16,
                errorLimit: 1 << 16, deadline: limit
            ).run()
        } catch {
            throw DeliveryError(error.code == .deadline ? .deadline : .notReached, error.description)
        }
        guard result.succeeded else {
            let said = result.errorText.split(whereSeparator: \.isNewline).first.map { ": \($0)" } ?? ""
            throw DeliveryError(.refused, "\(program): \(result.status)\(said)")
        }
    }
}
