// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import Processes
internal import Vocabulary

/// Steps on this very machine, by system calls.
///
/// The time limit ends programs; of file work it is looked at between steps, since no system call on a file can be taken back.
package struct LocalTransport: Transport {
    package init() {}

    package func perform(_ steps: [Step], within limit: Duration) async throws(DeviceError) -> [StepResult] {
        let start = ContinuousClock.now
        let session = LocalSession()  // closes its folders and lets go of its locks at the end
        var results: [StepResult] = []
        results.reserveCapacity(steps.count)
        var index = 0
        while index < steps.count {
            guard limit > ContinuousClock.now - start else {
                throw DeviceError(.timedOut, operation: "file work", detail: "not done after \(limit)")
            }
            if case .run(let argv, let input, let outputLimit) = steps[index] {
                results.append(
                    try await run(argv, input: input, outputLimit, within: limit - (ContinuousClock.now - start)))
                index += 1
                continue
            }
            let end = steps[index...].firstIndex { if case .run = $0 { true } else { false } } ?? steps.count
            let part = Array(steps[index..<end])
            // File work blocks; the tasks' own threads are as few as there are cores.
            results += try await Self.blocking { session.perform(part, until: start + limit) }.get()
            index = end
        }
        return results
    }

    private static let queue = DispatchQueue(label: "countersign.files", attributes: .concurrent)

    private static func blocking<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: work()) }
        }
    }

    private func run(
        _ argv: [String], input: SecretBytes?, _ outputLimit: Int, within limit: Duration
    ) async throws(DeviceError) -> StepResult {
        guard let program = argv.first else {
            throw DeviceError(.failed, operation: "run", detail: "no program is named")
        }
        let command = Command(
            program, Array(argv.dropFirst()), environment: Self.environment, input: input.map { .secret($0) } ?? .none,
            outputLimit: outputLimit, errorLimit: outputLimit, deadline: limit)
        do {
            let result = try await command.run()
            let exit: Int32 =
                switch result.status {
                case .exited(let code): code
                case .signalled(let signal): 128 + signal
                }
            return .ran(exit: exit, output: result.output, errors: result.errorOutput, took: result.duration)
        } catch {
            // As a shell says it, so that a transport that has one need not know better.
            if error.code == .notFound {
                let words = Array("\(program): \(error.detail)\n".utf8)
                return .ran(exit: 127, output: [], errors: words, took: .zero)
            }
            let code: DeviceError.Code = error.code == .deadline ? .timedOut : .failed
            throw DeviceError(code, operation: "run \(program)", detail: error.detail)
        }
    }

    /// Messages as their authors wrote them; servers and mount(8) lie where the PATH of a user who is not root does not look.
    private static let environment: [String: String?] = {
        var path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        if let own = Environment.variable("PATH"), !own.isEmpty { path = own + ":" + path }
        return ["PATH": path, "LC_ALL": "C"]
    }()
}
