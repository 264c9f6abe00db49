// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Connectors
package import Declarations
internal import Vocabulary

/// A real device to try a driver on, of which whatever is on it may be lost.
package protocol DriverBench: Sendable {
    /// As a repository would declare it. Time limits are set by the scenarios.
    var device: Device { get }
    /// Of the Repository: what a device of kind exec names.
    var commands: [String: [String]] { get }
    /// Of the trust set: the known hosts of a device over ssh.
    var files: [String: NamedFile] { get }
    /// What stands between a driver and its transport while a condition holds that the real thing cannot be made to show.
    var around: DriverRegistry.Around { get }
    var traits: BenchTraits { get }
    /// Served from the beginning on, whatever they hold; at least one.
    var places: [BenchPlace] { get }
    /// Served too, with blanks and signs in its name.
    var oddPlace: BenchPlace? { get }

    /// Is told of each pair before anything is done with it.
    func issued(_ pair: IssuedPair) throws
    /// A place that the device's configuration names from now on, and that holds nothing; nil: there is none on this device.
    func openPlace() async throws -> BenchPlace?
    /// From now on; until `end`.
    func begin(_ condition: BenchCondition) async throws
    func end(_ condition: BenchCondition) async throws
    /// Puts this pair there, as a person would, and makes nothing live.
    func changeByHand(_ place: BenchPlace, to pair: IssuedPair) async throws
    /// The very bytes that lie there, owner and mode; nil where nobody can look but the driver.
    func content(of place: BenchPlace) async throws -> [UInt8]?
    /// How often anything was made live; nil: nobody has counted.
    func reloads() -> Int?
    /// Places besides the slot's own where a line of its private key lies.
    func strayKeys(of pair: IssuedPair, besides place: BenchPlace) throws -> [String]
    /// Does this, and looks meanwhile for lines of the pair's private key where every process can look; where some were seen.
    func watching<Value: Sendable>(
        _ pair: IssuedPair, _ body: @Sendable () async throws -> Value
    ) async throws -> (Value, seen: [String])
    /// Why this scenario cannot be tried here.
    func reason(against scenario: Scenario) -> String?
}

extension DriverBench {
    package var commands: [String: [String]] { [:] }
    package var files: [String: NamedFile] { [:] }
    package var around: DriverRegistry.Around { .nothing }
    package func issued(_ pair: IssuedPair) throws {}
    package func watching<Value: Sendable>(
        _ pair: IssuedPair, _ body: @Sendable () async throws -> Value
    ) async throws -> (Value, seen: [String]) { (try await body(), []) }
    package func content(of place: BenchPlace) async throws -> [UInt8]? { nil }
    package func reloads() -> Int? { nil }
    package func strayKeys(of pair: IssuedPair, besides place: BenchPlace) throws -> [String] { [] }
}

/// A slot, and everywhere it is served.
package struct BenchPlace: Sendable {
    package var slot: Slot
    package var endpoints: [Endpoint]

    package init(slot: Slot, endpoints: [Endpoint]) { (self.slot, self.endpoints) = (slot, endpoints) }
}

/// What the device does for a while.
package enum BenchCondition: String, CaseIterable, Sendable {
    /// Make-live says no, and has no effect.
    case makeLiveFails = "make-live-fails"
    /// Make-live says yes, and has no effect.
    case makeLiveLies = "make-live-lies"
    /// Make-live never returns.
    case makeLiveHangs = "make-live-hangs"
    /// The driver may not write where it must.
    case denied = "permission-denied"
    case full = "disk-full"
}

/// How a device is otherwise than most.
package struct BenchTraits: Sendable {
    /// What was replaced can be put there again.
    package var restores = true
    /// What is installed becomes live by a step of its own.
    package var makesLive = true
    /// Its library objects to short keys.
    package var refusesWeakKeys = true
    /// It has steps that are programs of their own, which can be ended in the middle.
    package var isPlugin = false
    /// What it says to some clients while it is made live, in its own protocol.
    package var goodbyes: [String] = []
    /// What a reader of the table should know where that was seen.
    package var goodbyeNote = ""

    package init() {}
}
