// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Connectors
internal import Declarations
internal import Processes
internal import Vocabulary

/// A plugin on a device that somebody describes in a file (docs/plugins.md, "The bench").
struct DescribedBench: DriverBench {
    let device: Device
    let commands: [String: [String]]
    let places: [BenchPlace]
    let oddPlace: BenchPlace?
    let traits: BenchTraits
    private let empty: BenchPlace?
    private let arrange: [String]
    private let reasons: [Scenario: String]

    private static let command = "plugin"

    /// - Parameters:
    ///   - argv: the plugin.
    ///   - description: of the bench; nil: there is none, and only the protocol can be tried.
    init(_ argv: [String], _ description: JSONValue?) throws(BenchError) {
        var members = JSONObject()
        if let description {
            guard case .object(let object) = description else { throw BenchError("the bench is no JSON object") }
            members = object
        }
        for member in members.members
        where !["settings", "places", "odd", "empty", "arrange", "reasons", "clientsTurnedAway"].contains(member.key) {
            throw BenchError("\(Shown.text(member.key)) is no member of a bench")
        }
        func texts(_ name: String) throws(BenchError) -> [String] {
            guard let value = members[name] else { return [] }
            let items = value.array ?? []
            let texts = items.compactMap(\.string)
            guard value.array != nil, texts.count == items.count else {
                throw BenchError("\(name) is no list of texts")
            }
            return texts
        }
        func table(_ name: String) throws(BenchError) -> [String: String] {
            guard let value = members[name] else { return [:] }
            guard let object = value.object else { throw BenchError("\(name) is no object") }
            var table: [String: String] = [:]
            for member in object.members {
                guard let text = member.value.string else {
                    throw BenchError("\(name).\(Shown.text(member.key)) is no text")
                }
                table[member.key] = text
            }
            return table
        }
        var places: [BenchPlace] = []
        for (index, value) in (members["places"]?.array ?? []).enumerated() {
            places.append(try Self.place(value, "places[\(index)]"))
        }
        if description != nil, places.isEmpty { throw BenchError("places: one at least is needed") }
        self.places = places
        oddPlace = try members["odd"].map { (value) throws(BenchError) in try Self.place(value, "odd") }
        empty = try members["empty"].map { (value) throws(BenchError) in try Self.place(value, "empty") }
        arrange = try texts("arrange")
        var reasons: [Scenario: String] = [:]
        for (name, reason) in try table("reasons") {
            guard let scenario = Scenario(rawValue: name) else {
                throw BenchError("reasons.\(Shown.text(name)): no scenario has this name")
            }
            reasons[scenario] = reason
        }
        self.reasons = reasons
        var traits = BenchTraits()
        traits.isPlugin = true
        traits.refusesWeakKeys = false
        traits.goodbyes = try texts("clientsTurnedAway")
        traits.goodbyeNote = "some clients were turned away meanwhile, as the bench says"
        self.traits = traits
        commands = [Self.command: argv]
        guard let name = DeviceName("bench"), let zone = ZoneName("default") else { throw BenchError("no name") }
        device = Device(
            name: name,
            spec: DeviceSpec(
                server: .exec(.init(command: Self.command, settings: try table("settings"))), zone: zone,
                transport: .local,
                probes: places.isEmpty ? [] : Self.everywhere(places + [oddPlace, empty].compactMap(\.self)),
                settle: .standard),
            raw: [:], position: SourcePosition(file: "bench"))
    }

    private static func place(_ value: JSONValue, _ name: String) throws(BenchError) -> BenchPlace {
        guard case .object(var members) = value else { throw BenchError("\(name) is no object") }
        members["device"] = "bench"
        do throws(SpecError) {
            let spec = try AppConnectorSpec(raw: .object(members))
            return BenchPlace(slot: spec.slot, endpoints: spec.endpoints)
        } catch {
            throw BenchError("\(name): \(error.field): \(error.message)")
        }
    }

    private static func everywhere(_ places: [BenchPlace]) -> [String] {
        places.flatMap(\.endpoints).flatMap { ["0.0.0.0/0:\($0.port)", "[::]/0:\($0.port)"] }
    }

    func openPlace() async throws -> BenchPlace? {
        guard let empty else { return nil }
        try await tell(["empty"])
        return empty
    }

    func begin(_ condition: BenchCondition) async throws { try await tell(["begin", condition.rawValue]) }
    func end(_ condition: BenchCondition) async throws { try await tell(["end", condition.rawValue]) }

    func changeByHand(_ place: BenchPlace, to pair: IssuedPair) async throws {
        let slot: JSONValue =
            switch place.slot.files {
            case .pair(let certificate, let key): ["certificate": .string(certificate), "privateKey": .string(key)]
            case .bundle(let path): ["bundle": .string(path)]
            case .entry(let name): ["entry": .string(String(name.dropFirst(Slot.pluginEntry.count)))]
            }
        let request: JSONValue = [
            "slot": slot, "certificate": .string(String(decoding: pair.chain, as: UTF8.self)),
            "privateKey": .string(String(decoding: pair.key, as: UTF8.self)),
        ]
        try await tell(["by-hand"], input: request.canonicalBytes)
    }

    /// Of a slot that is files of this machine.
    func content(of place: BenchPlace) async throws -> [UInt8]? {
        if case .entry = place.slot.files { return nil }
        let paths = Set([place.slot.path, place.slot.keyPath]).sorted()
        let steps = paths.map { Step.read($0, limit: 1 << 20) } + [.stat(paths, followingLinks: true)]
        let results = try await LocalTransport().perform(steps, within: .seconds(30))
        var all: [UInt8] = []
        for result in results {
            switch result {
            case .content(let bytes?): bytes.withUnsafeBytes { all += $0 }
            case .status(let statuses): for one in statuses { all += "\(one.owner) \(one.group) \(one.mode)\n".utf8 }
            default: break
            }
        }
        return all
    }

    func reason(against scenario: Scenario) -> String? { reasons[scenario] }

    private func tell(_ words: [String], input: [UInt8] = []) async throws {
        guard let program = arrange.first else { throw Untried(reason: nil) }
        let result = try await Command(
            program, Array(arrange.dropFirst()) + words, input: .bytes(input), deadline: .seconds(120)
        ).run()
        guard result.succeeded else {
            throw BenchError(
                "\(arrange.joined(separator: " ")) \(words.joined(separator: " ")): \(result.status): "
                    + String((result.errorText + result.outputText).prefix(500)))
        }
    }
}
