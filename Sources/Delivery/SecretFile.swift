// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Journal
internal import Planning
internal import Vocabulary

/// Files of the gateway that a channel names: a key, or a URL that is one. Regular, ours, and nobody else's to read.
enum SecretFile {
    private static let limit = 4_096
    static let shortestKey = 16

    /// Without the line break at its end, which editors add.
    static func key(_ path: String) throws(DeliveryError) -> SecretBytes {
        let bytes = try read(path)
        let end = bytes.withUnsafeBytes { raw in raw.count - raw.reversed().prefix { $0 == 0x0a || $0 == 0x0d }.count }
        guard end >= shortestKey else {
            throw DeliveryError(
                .secret, "\(path) has fewer than \(shortestKey) bytes: openssl rand -hex 32 makes a key")
        }
        return bytes.withUnsafeBytes { SecretBytes(copying: UnsafeRawBufferPointer(rebasing: $0[..<end])) }
    }

    static func text(_ path: String) throws(DeliveryError) -> String {
        let bytes = try read(path)
        return bytes.withUnsafeBytes { raw in
            String(decoding: raw.prefix { $0 != 0x0a && $0 != 0x0d }, as: UTF8.self)
        }
    }

    private static func read(_ path: String) throws(DeliveryError) -> SecretBytes {
        do throws(StateError) {
            guard let bytes = try PrivateFile.read(path, limit: limit) else {
                throw StateError(.absent, path: path, detail: "there is no such file")
            }
            return bytes
        } catch {
            throw DeliveryError(.secret, "\(path): \(error.detail)")
        }
    }
}
