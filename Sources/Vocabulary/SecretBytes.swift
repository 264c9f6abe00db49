// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL

/// Bytes that must not outlive their use: overwritten when the last owner lets go, never printed.
///
/// Sendable because the buffer is written only in `init` and `deinit`.
package final class SecretBytes: @unchecked Sendable {
    private let storage: UnsafeMutableRawBufferPointer

    package init(copying bytes: UnsafeRawBufferPointer) {
        storage = .allocate(byteCount: bytes.count, alignment: 1)
        storage.copyMemory(from: bytes)
    }

    /// Takes the bytes and overwrites the array it was given.
    package convenience init(taking bytes: inout [UInt8]) {
        self.init(copying: bytes.withUnsafeBytes { $0 })
        bytes.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
        bytes = []
    }

    deinit {
        OPENSSL_cleanse(storage.baseAddress, storage.count)
        storage.deallocate()
    }

    package var count: Int { storage.count }

    package func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(storage))
    }
}

extension SecretBytes: CustomStringConvertible, CustomReflectable {
    package var description: String { "‹\(count) secret bytes›" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
