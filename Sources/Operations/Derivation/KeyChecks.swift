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
    package func check(_ plan: Plan, of desired: LoadedTree) -> [CertificateName: KeyCheck] {
        var checks: [CertificateName: KeyCheck] = [:]
        for order in plan.workOrders where order.action == .install || order.action == .replace {
            guard let name = order.certificate, checks[name] == nil, let installs = order.installs,
                let certificate = desired.set.certificates[name], let der = desired.certificates[installs.leaf]
            else { continue }
            checks[name] = check(certificate, spki: installs.spki, leaf: der, desired.set.files)
        }
        return checks
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
