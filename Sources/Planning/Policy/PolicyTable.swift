// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Declarations
package import Vocabulary

/// The policies in force, the highest priority first, asked for one slot at a time.
package struct PolicyTable: Sendable {
    /// Where a policy was found to match.
    package struct Found: Hashable, Sendable {
        /// In `ordered`; lower is higher priority.
        package var index: Int
        package var place: Place
        package var device: DeviceName
        /// The pattern and the name that fit, where the policy asks for names.
        package var name: String?
    }

    /// A slot, by what people call it.
    package enum Place: Hashable, Sendable {
        case connector(ConnectorName)
        /// By its path: no connector declares it any more.
        case undeclared(String)
    }

    /// What policies ask of a device: facts and the trust set.
    package struct DeviceFacts: Hashable, Sendable {
        package var name: DeviceName
        package var kind: String
        package var zone: ZoneName
        package var labels: [String: String]

        package init(name: DeviceName, kind: String, zone: ZoneName, labels: [String: String]) {
            (self.name, self.kind, self.zone, self.labels) = (name, kind, zone, labels)
        }
        package init(_ device: Device) {
            self.init(name: device.name, kind: device.spec.server.kind, zone: device.spec.zone, labels: device.labels)
        }
    }

    /// Two equal priorities are an error of validation; here the name settles it, so that every pass says the same.
    package let ordered: [ApprovalPolicy]
    private var byDevice: [DeviceName: [Int]] = [:]

    package init(_ policies: some Sequence<ApprovalPolicy>) {
        ordered = policies.sorted { (-$0.spec.priority, $0.name.text) < (-$1.spec.priority, $1.name.text) }
    }

    /// Every slot gets the same answer for a class of change: nothing about devices or names is asked.
    package var ignoresPlaces: Bool {
        ordered.allSatisfy { $0.spec.match.matchesEveryDevice && $0.spec.match.names.isEmpty }
    }

    /// The highest policy that matches a slot, if it is higher than `limit`: by facts and the trust set, never by a label
    /// that a plain commit can write.
    ///
    /// - Parameter candidates: of this device.
    /// - Parameter names: DNS names held, to be installed and served there. Asked only where a policy matches on names.
    package func highest(
        at place: Place, on device: DeviceName, among candidates: [Int], change: ChangeClass,
        above limit: Int = .max, names: () -> [String]
    ) -> Found? {
        var known: [String]?
        for index in candidates {
            guard index < limit else { return nil }
            let match = ordered[index].spec.match
            guard match.changes.isEmpty || match.changes.contains(change) else { continue }
            if match.names.isEmpty {
                return Found(index: index, place: place, device: device)
            }
            let all = known ?? names()
            known = all
            for pattern in match.names {
                if let name = all.first(where: { NamePattern.fits(pattern, $0) }) {
                    return Found(index: index, place: place, device: device, name: name)
                }
            }
        }
        return nil
    }

    /// Policies that match the device, by priority.
    package mutating func candidates(for device: Device) -> [Int] {
        if let known = byDevice[device.name] { return known }
        let found = candidates(for: DeviceFacts(device))
        byDevice[device.name] = found
        return found
    }

    package func candidates(for device: DeviceFacts) -> [Int] {
        ordered.indices.filter { ordered[$0].spec.match.matches(device) }
    }
}

extension ApprovalPolicySpec.Match {
    fileprivate var matchesEveryDevice: Bool { deviceKinds.isEmpty && zones.isEmpty && deviceLabels.isEmpty }

    func matches(_ device: PolicyTable.DeviceFacts) -> Bool {
        (deviceKinds.isEmpty || deviceKinds.contains(device.kind)) && (zones.isEmpty || zones.contains(device.zone))
            && deviceLabels.allSatisfy { device.labels[$0.key] == $0.value }
    }
}
