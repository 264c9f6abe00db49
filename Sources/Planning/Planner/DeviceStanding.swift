// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import Vocabulary

/// What one device brings to all of its work orders. Made once per device, and only where something differs on it.
struct DeviceStanding {
    var fragment: CanonicalFragment
    /// Files that it names; nil where the content of one is not known.
    var files: [String: FileDigest]?
    var roots: [(path: String, content: NamedFile)]
    var zone: Zone?
    var rules: EndpointRules
    /// Why it must wait for a policy change, in words.
    var awaits: String?

    /// - Parameter device: as in force, else as declared.
    init(_ device: Device, isInForce: Bool, input: PlanningInput) {
        fragment = .resource(name: device.name.text, spec: device.raw)
        var paths = device.spec.trustRoots
        if case .ssh(let ssh) = device.spec.transport { paths.append(ssh.knownHosts) }
        var known: [String: FileDigest]? = [:]
        for path in paths {
            if let digest = input.inForce.files[path] { known?[path] = digest } else { known = nil }
        }
        files = known
        roots = device.spec.trustRoots.compactMap { path in input.inForce.contents[path].map { (path, $0) } }
        zone = input.inForce.zones[device.spec.zone]
        rules = EndpointRules(device.spec)
        awaits = Self.awaits(device, isInForce: isInForce, paths: paths, input: input)
    }

    /// What is not yet in force decides nothing: the device stays as it is in force, and its work waits until both agree.
    private static func awaits(_ device: Device, isInForce: Bool, paths: [String], input: PlanningInput) -> String? {
        guard isInForce else { return "Device \(device.name) is not in force yet" }
        guard input.inForce.zones[device.spec.zone] != nil else {
            return "Zone \(device.spec.zone) is not in force yet"
        }
        if let declared = input.desired.devices[device.name],
            declared.raw != device.raw || declared.labels != device.labels
        {
            return "Device \(device.name) is changed by this commit and not yet in force as it stands there"
        }
        for path in paths {
            guard let inForce = input.inForce.files[path] else { return "file \(Shown.text(path)) is not in force yet" }
            if let declared = input.desired.files[path], declared.digest != inForce {
                return
                    "file \(Shown.text(path)), which Device \(device.name) names, is changed by this commit and not yet in force"
            }
        }
        return nil
    }
}
