// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// What there is to know of the three standard descriptors.
enum Terminal {
    static let input: Int32 = 0, output: Int32 = 1, errors: Int32 = 2

    static func isOne(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

    /// Columns; nil where it is no terminal or does not say.
    static func width(of descriptor: Int32) -> Int? {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }

    /// All of it, waiting where the descriptor does not block. Returns errno of what failed, 0 if all was written.
    static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
        bytes.withUnsafeBytes { buffer in
            var rest = buffer[...]
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count >= 0 {
                    rest = rest.dropFirst(count)
                } else if errno == EAGAIN {
                    var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    _ = poll(&waiting, 1, -1)
                } else if errno != EINTR {
                    return errno
                }
            }
            return 0
        }
    }

    /// One line from standard input without its end; nil at the end of input.
    static func readLine() -> String? { Swift.readLine(strippingNewline: true) }
}
