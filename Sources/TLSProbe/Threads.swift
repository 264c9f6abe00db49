// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL  // where the compiler finds pthread_attr_t
internal import Glibc
internal import Synchronization

/// A write to a connection that the peer has closed raises SIGPIPE, which ends the process (measured: SSL_do_handshake;
/// a closed stdout does too). Call this first thing in main. The probe's own threads block the signal besides.
package func ignoreBrokenPipes() { signal(SIGPIPE, SIG_IGN) }

/// Runs blocking work on a thread of its own: the cooperative pool has as many threads as there are cores.
/// nil if no thread can be made.
func onOwnThread<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async -> Result? {
    await withCheckedContinuation { continuation in
        if !startThread({ continuation.resume(returning: work()) }) { continuation.resume(returning: nil) }
    }
}

/// False if no thread can be made; the work will not run then.
func startThread(_ work: @escaping @Sendable () -> Void) -> Bool {
    final class Work {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var attributes = pthread_attr_t()
    guard pthread_attr_init(&attributes) == 0 else { return false }
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    let handed = Unmanaged.passRetained(Work(work))
    var thread = pthread_t()
    let failed = pthread_create(
        &thread, &attributes,
        { argument in
            var broken = sigset_t()
            sigemptyset(&broken)
            sigaddset(&broken, SIGPIPE)
            pthread_sigmask(SIG_BLOCK, &broken, nil)
            if let argument { Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body() }
            return nil
        }, handed.toOpaque())
    if failed != 0 { handed.release() }
    return failed == 0
}

/// Takes the first answer and drops the later ones, so that a wait can end before the work that it waits for.
final class FirstAnswer<Value: Sendable>: Sendable {
    private enum State {
        case open, waited(CheckedContinuation<Value, Never>), given(Value), taken
    }
    private let state = Mutex(State.open)

    func give(_ value: Value) {
        let waiting = state.withLock { state -> CheckedContinuation<Value, Never>? in
            switch state {
            case .open:
                state = .given(value)
                return nil
            case .waited(let continuation):
                state = .taken
                return continuation
            case .given, .taken: return nil
            }
        }
        waiting?.resume(returning: value)
    }

    /// To be called once.
    func value() async -> Value {
        await withCheckedContinuation { continuation in
            let given = state.withLock { state -> Value? in
                if case .given(let value) = state {
                    state = .taken
                    return value
                }
                state = .waited(continuation)
                return nil
            }
            if let given { continuation.resume(returning: given) }
        }
    }
}
