// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Declarations
package import Vocabulary

extension ChangeClass {
    /// Which class of change an action is, by facts alone.
    ///
    /// A renewal is a replacement with the same names, issuer and key type that begins later. The issuer is the key that
    /// verifiably signed, before and after: a name can be copied, and a laxer policy for renewals must not be had for that.
    ///
    /// - Parameter heldIssuer: whose key signed what is held; asked last, it costs a verification.
    package init(
        action: Action, held: CertificateFacts?, heldIssuer: () -> SPKIFingerprint?, installed: CertificateFacts?
    ) {
        switch action {
        case .install: self = .install
        case .remove: self = .remove
        case .adopt: self = .adopt
        case .restore: self = .restore
        case .replace:
            guard let held, let installed, held.issuer == installed.issuer, held.keyType == installed.keyType,
                Set(held.dnsNames) == Set(installed.dnsNames), Set(held.ipAddresses) == Set(installed.ipAddresses),
                installed.notBefore > held.notBefore, let issuer = installed.issuerSPKI, heldIssuer() == issuer
            else {
                self = .replace
                return
            }
            self = .renewal
        }
    }
}
