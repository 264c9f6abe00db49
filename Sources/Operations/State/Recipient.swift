// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Journal
package import PKI
internal import Vocabulary

/// The key to which private keys in git are encrypted for this gateway, kept in the state directory.
package struct Recipient: Sendable {
    package let key: RecipientKey

    /// Reads the key of this state directory, making one where there is none.
    package static func open(_ directory: StateDirectory) throws(UserError) -> Recipient {
        if let present = try existing(directory) { return present }
        do {
            let made = try RecipientKey.generate(named: "countersign recipient")
            let certificate = try RecipientKey(made).certificatePEM
            let kept = try directory.keepRecipientKey(made, certificate: certificate)
            return Recipient(key: try RecipientKey(kept))
        } catch let error as StateError {
            throw UserError(error)
        } catch {
            throw unusable(directory)
        }
    }

    /// nil if this state directory has none.
    package static func existing(_ directory: StateDirectory) throws(UserError) -> Recipient? {
        let file: SecretBytes?
        do throws(StateError) { file = try directory.recipientKey() } catch { throw UserError(error) }
        guard let file else { return nil }
        guard let key = try? RecipientKey(file) else { throw unusable(directory) }
        return Recipient(key: key)
    }

    private static func unusable(_ directory: StateDirectory) -> UserError {
        UserError(
            "RecipientKey",
            "\(directory.recipient) cannot be used: it must hold one certificate and its private key in PEM",
            hint: "bring it back from a backup; keys in git that were encrypted to it cannot be opened without it")
    }
}
