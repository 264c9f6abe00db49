// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Subprocess
internal import SystemPackage
internal import Vocabulary

extension Command {
    /// Runs the child until it has ended.
    ///
    /// At the deadline, on cancellation and on too much output the child's group gets TERM, and after `grace` KILL:
    /// nothing of the group outlives the call. A child that ends by itself may leave others of its group behind
    /// (`ssh` its ControlMaster), and these are not waited for.
    package func run() async throws(ProcessError) -> ProcessResult {
        // A child that ends before it has read its input must be no end of ours. Children get the default back.
        _ = Self.brokenPipesAreErrors
        if Task.isCancelled { throw failure(.cancelled, "cancelled before it was started") }
        let start = ContinuousClock.now
        let collected: Collected
        let status: TerminationStatus
        do {
            let configuration = try await configuration()
            switch terminal {
            case .none:
                let result = try await Subprocess.run(
                    configuration, input: .inputWriter, output: .sequence, error: .sequence
                ) { child in
                    await collect(
                        pid: child.processIdentifier.value, since: .now, writer: child.standardInputWriter,
                        output: child.standardOutput, error: child.standardError)
                }
                (collected, status) = (result.closureResult, result.terminationStatus)
            case .shared:
                let result = try await Subprocess.run(
                    configuration, input: .inputWriter, output: .sequence, error: .currentStandardError
                ) { child in
                    await collect(
                        pid: child.processIdentifier.value, since: .now, writer: child.standardInputWriter,
                        output: child.standardOutput, error: nil)
                }
                (collected, status) = (result.closureResult, result.terminationStatus)
            }
        } catch let error as ProcessError {
            throw error
        } catch let error as SubprocessError {
            throw translated(error)
        } catch {
            throw Task.isCancelled ? failure(.cancelled, "cancelled") : failure(.failed, "\(error)")
        }
        if let error = collected.error { throw error }
        return ProcessResult(
            status: Self.translated(status), output: collected.output, errorOutput: collected.errorOutput,
            duration: ContinuousClock.now - start)
    }

    private static let brokenPipesAreErrors: Void = {
        _ = signal(SIGPIPE, SIG_IGN)
    }()

    private func configuration() async throws(ProcessError) -> Configuration {
        var executable: Executable
        if program.hasPrefix("/") {
            executable = .path(FilePath(program))
        } else if program.isEmpty || program.contains("/") {
            // A relative path would mean another program in another folder.
            throw failure(.notFound, "neither a name nor an absolute path")
        } else {
            executable = .name(program)
        }
        var changes: [Environment.Key: String?] = [:]
        for (name, value) in environment {
            guard let key = Environment.Key(rawValue: name) else {
                throw failure(.notStarted, "\(name) is no name of an environment variable")
            }
            changes.updateValue(value, forKey: key)
        }
        for text in [program] + arguments + environment.values.compactMap(\.self) where text.utf8.contains(0) {
            throw failure(.notStarted, "a NUL byte in an argument or in the environment")
        }
        let surroundings = Environment.inherit.updating(changes)
        // Looked for before it is started: the library starts a child in each folder of PATH until one runs.
        if let found = try? await executable.resolveExecutablePath(in: surroundings) { executable = .path(found) }
        var options = PlatformOptions()
        if terminal == .none { options.createSession = true }
        // What the library does by itself when the task is cancelled; `collect` ends the rest of the group.
        options.teardownSequence = [
            .send(signal: .terminate, toProcessGroup: terminal == .none, allowedDurationToNextStep: grace)
        ]
        return Configuration(
            executable: executable, arguments: Arguments(arguments), environment: surroundings,
            workingDirectory: directory.map { FilePath($0) }, platformOptions: options)
    }

    func failure(_ code: ProcessError.Code, _ detail: String) -> ProcessError {
        ProcessError(code: code, program: program, detail: detail)
    }

    private func translated(_ error: SubprocessError) -> ProcessError {
        if error.code == .executableNotFound { return failure(.notFound, "not found, or not executable") }
        if error.code == .failedToChangeWorkingDirectory {
            return failure(.noDirectory, "cannot work in \(directory ?? "."): \(cause(error))")
        }
        if error.code == .spawnFailed { return failure(.notStarted, "not started: \(cause(error))") }
        return failure(.failed, error.description)
    }

    private func cause(_ error: SubprocessError) -> String {
        error.underlyingError.map { "\($0)" } ?? error.description
    }

    private static func translated(_ status: TerminationStatus) -> ProcessResult.Status {
        switch status {
        case .exited(let code): .exited(code)
        case .signaled(let signal): .signalled(signal)
        }
    }
}
