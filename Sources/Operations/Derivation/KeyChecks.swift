// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Commits
package import Connectors
internal import Declarations
internal import PKI
package import Planning
internal import Vocabulary

/// Looks at the private keys of what would be installed. Only the gateway does: elsewhere keys are neither there nor asked for.
package struct KeyChecks: Sendable {
    private let keys: GatewayKeys
    private let registry: DriverRegistry

    package init(keys: GatewayKeys, registry: DriverRegistry) { (self.keys, self.registry) = (keys, registry) }

    /// For each certificate that a work order would install now, and each that one would restore; each key is read once.
    package func check(_ plan: Plan, into derivation: inout Derivation) async {
        let desired = derivation.desired
        var checks: [CertificateName: KeyCheck] = [:]
        var restored: [ConnectorName: KeyCheck] = [:]
        for order in plan.workOrders where [.install, .replace, .restore].contains(order.action) {
            guard let name = order.certificate, let installs = order.installs,
                let certificate = desired.set.certificates[name], let der = desired.certificates[installs.leaf]
            else { continue }
            let check = checks[name] ?? check(certificate, spki: installs.spki, leaf: der, desired.set.files)
            checks[name] = check
            guard order.action == .restore, check != .matches, let connector = desired.set.connectors[order.connector],
                let device = derivation.inForce.devices[order.device]
            else { continue }
            let kept = try? await registry.driver(for: device).keptKey(of: installs.leaf, in: connector.spec.slot)
            restored[order.connector] = kept?.matches(leaf: der) ?? false ? .matches : .unavailable
        }
        (derivation.keyChecks, derivation.restoredKeyChecks) = (checks, restored)
    }

    private func check(
        _ certificate: Certificate, spki: SPKIFingerprint, leaf: [UInt8], _ files: [String: NamedFile]
    ) -> KeyCheck {
        do throws(KeyFileError) {
            guard let key = try keys.key(of: certificate, spki: spki, repositoryFiles: files) else {
                return .notChecked
            }
            return key.matches(leaf: leaf) ? .matches : .mismatch
        } catch {
            return .unavailable
        }
    }
}
