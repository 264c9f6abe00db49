// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

/// Files that hold a private key beside certificates, without it. The remote side does the same by a pattern.
enum PrivateKeyBlocks {
    /// Everything but the PEM blocks of private keys. One that has no end is left out to the end of the file.
    static func removed(from file: SecretBytes) -> SecretBytes {
        file.withUnsafeBytes { file in
            let bytes = file.bindMemory(to: UInt8.self)
            var rest: [UInt8] = []
            var index = 0
            while index < bytes.count {
                if let begin = mark("-----BEGIN ", in: bytes, at: index) {
                    index = end(of: bytes, from: begin)
                } else {
                    rest.append(bytes[index])
                    index += 1
                }
            }
            return SecretBytes(taking: &rest)
        }
    }

    private static func end(of bytes: UnsafeBufferPointer<UInt8>, from begin: Int) -> Int {
        var index = begin
        while index < bytes.count {
            if let end = mark("-----END ", in: bytes, at: index) {
                var after = end
                if after < bytes.count, bytes[after] == 0x0d { after += 1 }
                if after < bytes.count, bytes[after] == 0x0a { after += 1 }
                return after
            }
            index += 1
        }
        return index
    }

    /// Where the line that begins here with these words, and says PRIVATE KEY, ends; nil: another one.
    private static func mark(_ words: String, in bytes: UnsafeBufferPointer<UInt8>, at start: Int) -> Int? {
        guard bytes[start] == 0x2d, starts(words, bytes, start) else { return nil }
        var index = start + words.utf8.count
        while index < bytes.count {
            if starts(tail, bytes, index) { return index + tail.utf8.count }
            let byte = bytes[index]
            guard byte == 0x20 || (0x41...0x5a).contains(byte) || (0x30...0x39).contains(byte) else { return nil }
            index += 1
        }
        return nil
    }
    private static let tail = "PRIVATE KEY-----"

    private static func starts(_ words: String, _ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) -> Bool {
        let words = words.utf8
        return bytes.count - start >= words.count && zip(words, start...).allSatisfy { bytes[$1] == $0 }
    }
}
