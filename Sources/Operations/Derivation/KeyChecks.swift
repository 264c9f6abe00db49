// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Commits
package import Connectors
internal import Declarations
internal import PKI
package import Planning
package import Vocabulary

/// Looks at the private keys of what would be installed. Only the gateway does: elsewhere keys are neither there nor asked for.
package struct KeyChecks: Sendable {
    private let keys: GatewayKeys

    package init(keys: GatewayKeys) { self.keys = keys }

    /// For each certificate that a work order would install now; each key is read once.
    ///
    /// - Parameters:
    ///   - made: keys that were seen on the devices that were looked at now.
    ///   - slots: what they hold.
    package func check(
        _ plan: Plan, of desired: LoadedTree, made: [DeviceName: [CertificateName: Set<SPKIFingerprint>]],
        slots: [SlotKey: SlotHead]
    ) -> [CertificateName: KeyCheck] {
        var checks: [CertificateName: KeyCheck] = [:]
        for order in plan.workOrders where order.action == .install || order.action == .replace {
            guard let name = order.certificate, let installs = order.installs,
                let certificate = desired.set.certificates[name], let der = desired.certificates[installs.leaf]
            else { continue }
            if case .endpoint(let device) = certificate.spec.privateKey {
                guard order.device == device, let there = made[device] else { continue }
                let inUse = slots[order.slot]?.observed?.key
                let check = Self.check(installs.spki, there[name] ?? [], inUse: inUse)
                // Of several slots, one that is without its key decides.
                if checks[name] == nil || checks[name] == .matches { checks[name] = check }
            } else if checks[name] == nil {
                checks[name] = check(certificate, spki: installs.spki, leaf: der, desired.set.files)
            }
        }
        return checks
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
