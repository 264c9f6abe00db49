// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Glibc
internal import Journal
internal import Vocabulary

/// Compares how far the wall clock went with how much time really passed since the last pass (clock_gettime(2), CLOCK_BOOTTIME).
/// After a boot there is nothing to compare with, and the clock is believed.
struct ClockWatch: Sendable {
    let directory: StateDirectory
    var path: String { directory.path + "/clock" }

    /// How much further the clock is than it should be; nil where that cannot be told.
    func jump(to now: Timestamp) -> Seconds? {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
        let parts = text.split(separator: " ")
        guard parts.count == 3, parts[0] == Self.bootID[...], let wall = Int64(parts[1]), let uptime = Int64(parts[2]) else {
            return nil
        }
        return (now - Timestamp(secondsSince1970: wall)).count - (Self.uptime - uptime) > 0
            ? Seconds((now - Timestamp(secondsSince1970: wall)).count - (Self.uptime - uptime)) : Seconds(0)
    }

    /// Not being able to is no reason to stop: the state directory says so itself where it matters.
    func remember(_ now: Timestamp) {
        let line = "\(Self.bootID) \(now.secondsSince1970) \(Self.uptime)"
        try? line.write(toFile: path, atomically: true, encoding: .utf8)
    }

    private static var uptime: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return Int64(time.tv_sec)
    }

    private static let bootID: String = {
        let text = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
        return text?.split(whereSeparator: \.isNewline).first.map(String.init) ?? "unknown"
    }()
}
