// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import Glibc
internal import Processes
internal import Vocabulary

/// Steps on a device reached by ssh: all of one call in one round trip, by a constant program with every value on standard input.
///
/// A call whose answer does not come whole is an error: what it did on the device is seen by whoever looks there next. The
/// program does nothing before it has read all of the request, and stops when its connection is gone.
struct SSHTransport: Transport {
    private let connection: SSHConnection

    init(_ connection: SSHConnection) { self.connection = connection }

    func perform(_ steps: [Step], within limit: Duration) async throws(DeviceError) -> [StepResult] {
        let command = Command(
            connection.program, try connection.arguments(), input: .secret(Request(steps, within: limit).bytes),
            outputLimit: (64 << 20) + steps.reduce(0) { $0 + $1.outputLimit },
            // The device ends what takes too long there; here only what does not answer at all is ended.
            deadline: limit + connection.connectLimit + .seconds(3))
        var result: ProcessResult
        do throws(ProcessError) {
            result = try await command.run()
        } catch {
            connection.drop()
            switch error.code {
            case .deadline: throw failure(.timedOut, "no answer within \(limit)")
            case .notFound: throw failure(.unsupported, "\(connection.program): \(error.detail)")
            default: throw failure(.failed, error.detail)
            }
        }
        defer { result.output.withUnsafeMutableBytes { cleanse($0) } }  // keys may be in it
        var answer = Answer(result.output)
        if let results = answer.results(of: steps) { return try results.get() }
        connection.drop()
        throw whyNone(result)
    }

    private func whyNone(_ result: ProcessResult) -> DeviceError {
        let address = connection.address
        let said = Shown.text(
            result.errorText.split(whereSeparator: \.isNewline).suffix(3).joined(separator: "; "))
        if result.errorText.contains("REMOTE HOST IDENTIFICATION HAS CHANGED") {
            return failure(
                .denied,
                "its host key is not the one in \(address.knownHosts). Either something stands in between, or the machine "
                    + "was set up anew: compare the fingerprint on its console, then have the file changed and approved"
            )
        }
        if result.errorText.contains("host key is known for") {
            return failure(
                .denied,
                "no host key of it is in \(address.knownHosts): add the line of `ssh-keyscan -p \(address.port) "
                    + "\(Shown.text(address.host))` once its fingerprint was compared on its console")
        }
        switch result.status {
        case .exited(255):
            return failure(said.contains("Permission denied") ? .denied : .unreachable, said)
        case .exited(127): return failure(.unsupported, "it needs python3 (3.6 or later): \(said)")
        case .exited(1) where result.errorText.contains("sudo:"):
            return failure(
                .denied, "sudo must let \(address.user ?? "the user") run python3 without a password: \(said)")
        case .exited(0), .exited(3), .signalled:
            return failure(.unreachable, "the connection was lost before the answer was whole")
        case .exited(let code): return failure(.failed, "exit status \(code) and no answer: \(said)")
        }
    }

    private func failure(_ code: DeviceError.Code, _ detail: String) -> DeviceError {
        DeviceError(code, operation: "ssh", detail: "\(Shown.text(connection.address.host)): \(detail)")
    }

    private func cleanse(_ memory: UnsafeMutableRawBufferPointer) {
        if let start = memory.baseAddress { explicit_bzero(start, memory.count) }
    }
}

extension Step {
    fileprivate var outputLimit: Int {
        switch self {
        case .read(_, let limit), .readWithoutKeys(_, let limit): limit
        case .run(_, _, let limit): 2 * limit
        default: 0
        }
    }
}
