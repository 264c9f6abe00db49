// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Connectors
internal import Glibc
internal import Journal
internal import Reconciler
internal import Synchronization
internal import Vocabulary

/// Every point of a pass at which something is about to be done, or was done just now, counted over journal, transport and driver
/// together; and what goes wrong at one of them.
final class Points: Sendable {
    struct Stop: Sendable {
        enum Kind: String, Sendable {
            /// SIGKILL to this very process: nothing is unwound, no `defer` runs.
            case kill
            /// This step fails, or is said to have failed although it was done; all others work.
            case failure
            /// From here on nothing of this kind works any more: the disk under the journal stays full, or the device stays away.
            case outage
            /// The device is away from the beginning, whatever the point.
            case absence
            /// The connection by ssh is cut on the device in front of this of all steps on it; the point is a number.
            case loss
        }
        /// A number, or how the name of a point begins: the first such one is meant.
        var point: String
        var kind: Kind

        func isAt(_ number: Int, _ name: String) -> Bool { Int(point).map { $0 == number } ?? name.hasPrefix(point) }
    }

    private let stop: Stop?
    private let file: Int32?
    private let progress = Mutex(Progress())
    private let losing: LosingTransport.Counter?

    /// What a point belongs to, and what may be down as a whole.
    private enum Side { case journal, device }

    private struct Progress {
        var next = 0
        var down: Side?
        var hasStopped = false
    }

    /// - Parameter file: made anew; gets the name of each point that is passed.
    init(file path: String?, stop: Stop?) throws(PointsError) {
        self.stop = stop
        losing = stop.flatMap { stop in
            stop.kind == .loss ? Int(stop.point).map { LosingTransport.Counter(before: $0) } : nil
        }
        if stop?.kind == .absence { progress.withLock { $0.down = .device } }
        guard let path else {
            file = nil
            return
        }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw PointsError(detail: "\(path): \(String(cString: strerror(errno)))") }
        file = descriptor
    }

    /// The step in front of which the connection was cut; nil: it was not.
    var lostBefore: String? { losing?.lostBefore }

    var hooks: Pass.Hooks {
        // Steps of one call must reach the device as one call, to be cut in the middle of it.
        if let losing {
            return Pass.Hooks(
                journal: { $0 },
                around: DriverRegistry.Around(transport: { transport, _ in LosingTransport(wrapping: transport, losing)
                }))
        }
        return Pass.Hooks(
            journal: { journal in
                InterruptingJournal(
                    journal,
                    before: { (facts) throws(JournalError) in try self.journal("before append", facts) },
                    after: { (facts) throws(JournalError) in try self.journal("after append", facts) },
                    call: { (call) throws(JournalError) in try self.journal("before \(call)") })
            },
            around: DriverRegistry.Around(
                transport: { transport, _ in
                    InterruptingTransport(wrapping: transport) { (point) throws(DeviceError) in
                        try self.device("transport", "\(point.moment) \(point.step)")
                    }
                },
                driver: { driver, _ in
                    InterruptingDriver(wrapping: driver) { (point) throws(DeviceError) in
                        try self.device("driver", "\(point)")
                    }
                }))
    }

    private func journal(_ moment: String, _ facts: [Fact]) throws(JournalError) {
        try journal("\(moment) \(facts.map(\.kind).joined(separator: "+"))")
    }

    private func journal(_ name: String) throws(JournalError) {
        guard pass("journal \(name)", .journal) != nil else { return }
        throw JournalError(.full, operation: "write the journal", detail: "injected: no space left on device")
    }

    private func device(_ layer: String, _ name: String) throws(DeviceError) {
        guard let number = pass("\(layer) \(name)", .device) else { return }
        let codes: [DeviceError.Code] = [.noSpace, .failed, .unreachable, .timedOut]
        // What stays away stays unreachable.
        let code = stop?.kind == .failure ? codes[number % codes.count] : .unreachable
        throw DeviceError(code, operation: name, detail: "injected: \(code.rawValue)")
    }

    /// The point's number if it must fail; nil: go on.
    private func pass(_ name: String, _ side: Side) -> Int? {
        progress.withLock { progress in
            let number = progress.next
            progress.next += 1
            if let file {
                // One write(2) for one line: whole, or not there.
                let line = Array((name + "\n").utf8)
                _ = line.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
            }
            guard let stop, !progress.hasStopped, stop.kind != .absence, stop.kind != .loss, stop.isAt(number, name)
            else {
                return progress.down == side ? number : nil
            }
            progress.hasStopped = true
            switch stop.kind {
            case .kill:
                kill(getpid(), SIGKILL)
                while true { pause() }
            case .failure, .absence, .loss: break
            case .outage: progress.down = side
            }
            return number
        }
    }
}

struct PointsError: Error, CustomStringConvertible {
    var detail: String
    var description: String { "the points cannot be written down: \(detail)" }
}
