// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Glibc

/// A network of its own with one address, reached from here by a pair of virtual interfaces: as near to another machine as one comes
/// without one. Needs root; gone with the last owner.
package final class NetworkNamespace: Sendable {
    package let name: String
    /// What a server inside listens on.
    package let address: String

    /// argv before a command that is run inside.
    package var wrapper: [String] { ["ip", "netns", "exec", name] }

    /// Whether this machine lets one be made.
    package static let isPossible: Bool = {
        guard geteuid() == 0 else { return false }
        let name = "cs-\(getpid())"
        guard perform(["netns", "add", name]) else { return false }
        _ = perform(["netns", "del", name])
        return true
    }()

    package init() async throws {
        let tag = String(UInt32.random(in: 0x1000_0000 ... .max), radix: 16)
        let (second, third) = (UInt8.random(in: 0...255), UInt8.random(in: 0...63) * 4)
        let (here, there) = ("10.231.\(second).\(third + 1)", "10.231.\(second).\(third + 2)")
        (name, address) = ("cs-\(tag)", there)
        try await run("ip", "netns", "add", name)
        try await run("ip", "link", "add", "cs\(tag)a", "type", "veth", "peer", "name", "cs\(tag)b", "netns", name)
        try await run("ip", "address", "add", "\(here)/30", "dev", "cs\(tag)a")
        try await run("ip", "link", "set", "cs\(tag)a", "up")
        for arguments in [
            ["address", "add", "\(there)/30", "dev", "cs\(tag)b"], ["link", "set", "cs\(tag)b", "up"],
            ["link", "set", "lo", "up"],
        ] {
            try await run(["ip", "-n", name] + arguments)
        }
    }

    deinit { _ = Self.perform(["netns", "del", name]) }

    private static func perform(_ arguments: [String]) -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["ip"] + arguments
        process.standardError = FileHandle.nullDevice
        do { try process.run() } catch { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}
