// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Glibc

/// Which process holds a lease, so that the lease of a dead one can be taken at once.
///
/// A process id alone is used again; with its start time and the boot it belongs to it is one process. Another pid namespace
/// (a container that shares the folder) numbers its processes for itself, so nothing is concluded about it.
struct ProcessIdentity: Codable, Hashable, Sendable {
    var processID: Int32
    /// Clock ticks after boot (proc(5), field 22 of `stat`).
    var startTime: UInt64
    var boot: String
    var namespace: String

    enum Standing: Equatable { case running, gone, unknown }

    static func current() -> ProcessIdentity {
        let processID = getpid()
        let startTime = Stat(of: processID)?.startTime ?? 0
        return ProcessIdentity(
            processID: processID, startTime: startTime, boot: bootID(),
            namespace: namespace(of: "self"))
    }

    /// `standing` as this process sees it.
    func standing(seenBy observer: ProcessIdentity = .current()) -> Standing {
        guard boot == observer.boot else { return boot.isEmpty || observer.boot.isEmpty ? .unknown : .gone }
        guard namespace == observer.namespace, !namespace.isEmpty, startTime > 0 else { return .unknown }
        if let stat = Stat(of: processID) {
            return stat.startTime == startTime && !stat.isDead ? .running : .gone
        }
        // /proc may hide other users' processes (hidepid): only ESRCH says that there is none.
        return kill(processID, 0) == -1 && errno == ESRCH ? .gone : .unknown
    }

    private static func bootID() -> String {
        let text = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
        return (text ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static func namespace(of process: String) -> String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/ns/pid")) ?? ""
    }

    private struct Stat {
        var startTime: UInt64
        /// A zombie has ended; only its parent has not looked yet.
        var isDead: Bool

        init?(of processID: Int32) {
            guard let text = try? String(contentsOfFile: "/proc/\(processID)/stat", encoding: .utf8),
                let end = text.lastIndex(of: ")")  // the command's name may hold anything
            else { return nil }
            let fields = text[text.index(after: end)...].split(separator: " ")
            guard fields.count > 19, let start = UInt64(fields[19]) else { return nil }
            (startTime, isDead) = (start, ["Z", "X"].contains(fields[0]))
        }
    }
}

/// Time as leases count it: since boot, going on in suspend, the same for all processes of the host and never set back.
struct BootClock: Sendable {
    var now: @Sendable () -> Duration

    static let host = BootClock {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
