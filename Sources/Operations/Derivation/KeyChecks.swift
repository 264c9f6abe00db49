// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Commits
package import Connectors
internal import Declarations
internal import PKI
package import Planning
package import Vocabulary

/// Looks at the private keys of what would be installed. Only the gateway does: elsewhere keys are neither there nor asked for.
package struct KeyChecks: Sendable {
    private let keys: GatewayKeys
    private let registry: DriverRegistry

    package init(keys: GatewayKeys, registry: DriverRegistry) { (self.keys, self.registry) = (keys, registry) }

    /// For each certificate that a work order would install now, and each that one would restore; each key is read once.
    ///
    /// - Parameter made: keys that were seen on the devices that were looked at now.
    /// - Returns: whether `derivation` says something else than before, and has to be planned anew.
    package func check(
        _ plan: Plan, made: [DeviceName: [CertificateName: Set<SPKIFingerprint>]], into derivation: inout Derivation
    ) async -> Bool {
        let desired = derivation.desired
        var checks: [CertificateName: KeyCheck] = [:]
        var restored: [ConnectorName: KeyCheck] = [:]
        for order in plan.workOrders where [.install, .replace, .restore].contains(order.action) {
            guard let name = order.certificate, let installs = order.installs,
                let certificate = desired.set.certificates[name], let der = desired.certificates[installs.leaf]
            else { continue }
            let found: KeyCheck
            if case .endpoint(let device) = certificate.spec.privateKey {
                guard order.device == device, let there = made[device] else { continue }
                let inUse = derivation.history.slots[order.slot]?.observed?.key
                found = Self.check(installs.spki, there[name] ?? [], inUse: inUse)
                // Of several slots, one that is without its key decides.
                if checks[name] == nil || checks[name] == .matches { checks[name] = found }
            } else {
                found = checks[name] ?? check(certificate, spki: installs.spki, leaf: der, desired.set.files)
                checks[name] = found
            }
            guard order.action == .restore, found != .matches, let connector = desired.set.connectors[order.connector],
                let device = derivation.inForce.devices[order.device]
            else { continue }
            let kept = try? await registry.driver(for: device).keptKey(of: installs.leaf, in: connector.spec.slot)
            restored[order.connector] = kept?.matches(leaf: der) ?? false ? .matches : .unavailable
        }
        defer { (derivation.keyChecks, derivation.restoredKeyChecks) = (checks, restored) }
        return (derivation.keyChecks, derivation.restoredKeyChecks) != (checks, restored)
    }

    private static func check(
        _ spki: SPKIFingerprint, _ made: Set<SPKIFingerprint>, inUse: SPKIFingerprint?
    ) -> KeyCheck {
        if made.contains(spki) || inUse == spki { return .matches }
        return made.isEmpty ? .unavailable : .mismatch
    }

    private func check(
        _ certificate: Certificate, spki: SPKIFingerprint, leaf: [UInt8], _ files: [String: NamedFile]
    ) -> KeyCheck {
        guard GatewayKeys.isLookedAt(certificate.spec) else { return .notChecked }
        do throws(KeyFileError) {
            let key = try keys.keyAtRest(of: certificate, spki: spki, repositoryFiles: files)
            return key.matches(leaf: leaf) ? .matches : .mismatch
        } catch {
            return error.code == .loose ? .loose(path: error.path, mode: error.mode) : .unavailable
        }
    }
}
