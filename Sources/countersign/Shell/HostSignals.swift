// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import Glibc
internal import Reconciler

/// SIGTERM and SIGINT stop the service, SIGHUP wakes it and makes it read its configuration again; for as long as this lives.
final class HostSignals {
    private let sources: [any DispatchSourceSignal]

    init(_ mailbox: Mailbox) {
        sources = [SIGTERM, SIGINT, SIGHUP].map { number in
            signal(number, SIG_IGN)  // the source hears of it all the same
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { number == SIGHUP ? mailbox.wake(Mailbox.reload) : mailbox.stop() }
            source.activate()
            return source
        }
    }

    deinit { for source in sources { source.cancel() } }
}
