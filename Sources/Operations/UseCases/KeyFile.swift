// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Journal
internal import PKI
internal import Vocabulary

/// A private key that a person or an ACME client hands to a command.
enum KeyFile {
    /// - Throws: `NoPrivateKey`; why it is not one is never said.
    static func read(_ path: String) throws(UserError) -> PrivateKey {
        guard var bytes = SmallFile.read(path) else {
            throw UserError(
                "NoPrivateKey", "\(Shown.text(path)) cannot be read",
                hint: "it must be a regular file of 64 KiB at most, readable by you")
        }
        do throws(PrivateKeyError) { return try PrivateKey(SecretBytes(taking: &bytes)) } catch {
            throw UserError(
                "NoPrivateKey", "\(Shown.text(path)): \(error)",
                hint: "one private key in PEM or DER (PKCS#8, PKCS#1 or SEC1), without a passphrase")
        }
    }

    /// Whole or not at all, and with its mode from the first byte.
    static func write(_ content: [UInt8], to path: String, mode: UInt32) throws(UserError) {
        var bytes = content
        try write(SecretBytes(taking: &bytes), to: path, mode: mode)
    }

    static func write(_ content: SecretBytes, to path: String, mode: UInt32) throws(UserError) {
        do throws(StateError) { try PrivateFile.replace(path, content, mode: mode) } catch {
            throw UserError("NotWritable", "\(Shown.text(path)): \(error.detail)")
        }
    }
}
