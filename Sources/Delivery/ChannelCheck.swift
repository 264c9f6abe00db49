// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Declarations
internal import Glibc
package import Planning

/// Whether this gateway has what a channel stands on. Tells nobody anything, and runs and asks nothing.
package enum ChannelCheck {
    /// - Returns: what keeps everything from arriving; nil: nothing that could be seen from here.
    package static func problem(of channel: ChannelSpec) -> DeliveryError? {
        do throws(DeliveryError) {
            switch channel.target {
            case .command(let argv): try program(argv)
            case .mail(let mail): try program(mail.program)
            case .webhook(let webhook):
                _ = try webhook.address.read()
                if let path = webhook.secretFile { _ = try SecretFile.key(path) }
            }
            return nil
        } catch {
            return error
        }
    }

    private static func program(_ argv: [String]) throws(DeliveryError) {
        let path = try ProgramRun.program(of: argv)
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw DeliveryError(.notReached, "\(path): \(String(cString: strerror(errno)))")
        }
        guard status.st_mode & S_IFMT == S_IFREG, access(path, X_OK) == 0 else {
            throw DeliveryError(.notReached, "\(path) is no program that this user may run")
        }
    }
}

extension ChannelSpec.Webhook.Address {
    func read() throws(DeliveryError) -> WebAddress {
        switch self {
        case .declared(let declared): return declared
        case .file(let path):
            guard let found = WebAddress(try SecretFile.text(path)) else {
                throw DeliveryError(.secret, "\(path) holds no https URL without user and fragment")
            }
            return found
        }
    }
}
