// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Subprocess
internal import Vocabulary

/// What came of a child while it ran.
struct Collected: Sendable {
    var output: [UInt8] = []
    var errorOutput: [UInt8] = []
    var error: ProcessError?
}

private enum Event: Sendable {
    case wrote
    case output(Stream)
    case error(Stream)
    case ended
    case deadline
    case cancelled
}

private struct Stream: Sendable {
    var bytes: [UInt8] = []
    var overflowed = false
    var failure: String?
}

extension Command {
    /// Feeds and reads the child until it has ended. It has not been reaped when this returns, so its process
    /// group still is its own, and signals sent here reach nobody else.
    func collect(
        pid: pid_t, since start: ContinuousClock.Instant, writer: StandardInputWriter,
        output: SubprocessOutputSequence, error: SubprocessOutputSequence?
    ) async -> Collected {
        await withTaskGroup(of: Event.self) { group in
            group.addTask {
                do {
                    try await Task.sleep(until: start + deadline)
                    return .deadline
                } catch {
                    return .cancelled
                }
            }
            group.addTask {
                await write(to: writer)
                return .wrote
            }
            group.addTask { .output(await read(output, limit: outputLimit)) }
            var reading = 1
            if let error {
                reading += 1
                group.addTask { .error(await read(error, limit: errorLimit)) }
            }

            var collected = Collected()
            var ended = false
            func note(_ stream: Stream, _ name: String, limit: Int) {
                reading -= 1
                if stream.overflowed {
                    collected.error =
                        collected.error ?? failure(.outputLimit, "more than \(limit) bytes of \(name)")
                } else if let message = stream.failure {
                    collected.error = collected.error ?? failure(.failed, "\(name): \(message)")
                }
            }
            while !ended, collected.error == nil, let event = await group.next() {
                switch event {
                case .wrote: break
                case .output(let stream):
                    collected.output = stream.bytes
                    note(stream, "standard output", limit: outputLimit)
                case .error(let stream):
                    collected.errorOutput = stream.bytes
                    note(stream, "standard error", limit: errorLimit)
                case .ended: ended = true
                case .deadline: collected.error = failure(.deadline, "not done after \(deadline)")
                case .cancelled: collected.error = failure(.cancelled, "cancelled")
                }
                if reading == 0, !ended, collected.error == nil {
                    if hasEnded(pid) {
                        ended = true
                    } else {
                        reading = -1  // Comes here once only.
                        group.addTask {
                            await waitForEnd(of: pid, atMost: nil)
                            return .ended
                        }
                    }
                }
            }
            if collected.error != nil {
                // A task of its own, awaited: a cancelled one could not wait for the grace to pass.
                await Task { await end(pid) }.value
            }
            group.cancelAll()
            return collected
        }
    }

    private func write(to writer: StandardInputWriter) async {
        // Errors here mean that the child does not read (any more), which its exit status judges.
        switch input {
        case .none: break
        case .bytes(let bytes): _ = try? await writer.write(bytes)
        case .secret(let secret):
            // The buffer stays where it is as long as `secret` lives; no copy is made of it.
            let buffer = secret.withUnsafeBytes { $0 }
            _ = try? await writer.write(RawSpan(_unsafeBytes: buffer))
            withExtendedLifetime(secret) {}
        }
        try? await writer.finish()
    }

    private func read(_ sequence: SubprocessOutputSequence, limit: Int) async -> Stream {
        var stream = Stream()
        do {
            for try await buffer in sequence {
                guard stream.bytes.count + buffer.count <= limit else {
                    stream.overflowed = true
                    break
                }
                buffer.withUnsafeBytes { stream.bytes.append(contentsOf: $0) }
            }
        } catch {
            stream.failure = "\(error)"
        }
        return stream
    }

    /// TERM, then KILL after the grace; the child itself is left for the library to reap.
    private func end(_ pid: pid_t) async {
        let target = terminal == .none ? -pid : pid
        _ = kill(target, SIGTERM)
        await waitForEnd(of: pid, atMost: grace)
        // Also where the leader has gone: others of its group may have ignored TERM.
        _ = kill(target, SIGKILL)
        await waitForEnd(of: pid, atMost: nil)
    }

    /// Returns when the child has ended, when the time is over or when the task is cancelled. It is looked at again and again, at growing
    /// intervals: a waitid(2) that waits could not be given up.
    private func waitForEnd(of pid: pid_t, atMost limit: Duration?) async {
        let start = ContinuousClock.now
        var pause = Duration.microseconds(100)
        while !hasEnded(pid) {
            if let limit, ContinuousClock.now - start >= limit { return }
            guard (try? await Task.sleep(for: pause)) != nil else { return }
            pause = min(pause * 2, .milliseconds(20))
        }
    }

    /// Looks without reaping: waitid(2), WNOWAIT.
    private func hasEnded(_ pid: pid_t) -> Bool {
        var info = siginfo_t()
        info.si_signo = 0
        return waitid(P_PID, id_t(pid), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_signo != 0
    }
}
