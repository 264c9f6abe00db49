// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import PKI
internal import Planning
internal import Synchronization
internal import TLSProbe
internal import Vocabulary
internal import Web

/// Where the places that certificates name are, and which of them may be asked.
final class RevocationMap: Sendable {
    /// Of hosts that may be asked: the address at which.
    let addresses: [String: IPAddress]
    /// Why others may not.
    private let objections: [String: String]
    private let silent = Mutex<[String: String]>([:])

    init(_ places: [String], rule: AskingRule, within limit: Duration) async {
        let hosts = Set(places.compactMap { WebAddress($0)?.host })
        var (addresses, objections): ([String: IPAddress], [String: String]) = ([:], [:])
        for (host, result) in await Resolver.addresses(of: hosts, within: limit) {
            switch result {
            case .failure(let failure): objections[host] = failure.detail
            case .success(let found):
                // Whoever lets a name stand for one address of ours and one of theirs is not asked at theirs either.
                if let objection = found.lazy.compactMap({ rule.objection(to: $0, of: host) }).first {
                    objections[host] = objection
                } else {
                    addresses[host] = found.first
                }
            }
        }
        (self.addresses, self.objections) = (addresses, objections)
    }

    func address(_ text: String) throws(RevocationError) -> WebAddress {
        guard let address = WebAddress(text) else {
            throw RevocationError(.malformed, "the certificate names no address that could be asked: \(Shown.text(text.prefix(100)))")
        }
        if let objection = objections[address.host] { throw RevocationError(.refused, objection) }
        return address
    }

    func silence(of address: WebAddress) -> String? { silent.withLock { $0["\(address.host):\(address.port)"] } }
    func silent(_ address: WebAddress, _ why: String) {
        silent.withLock { $0["\(address.host):\(address.port)"] = why }
    }
}
