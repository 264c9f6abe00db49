// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Planning
internal import Vocabulary

extension HAProxyConfiguration {
    /// Which certificates every `bind` serves, and where.
    ///
    /// - Parameters:
    ///   - lists: texts of crt-lists, by path.
    ///   - folders: of each `crt` that is a folder, the files in it.
    func slots(digest: FileDigest, lists: [String: String], folders: [String: [String]]) -> ConfiguredSlots {
        var found = ConfiguredSlots(digest: digest)
        for bind in binds {
            let places = bind.places.split(separator: ",").compactMap { Self.place(String($0)) }
            if places.isEmpty { found.say("\(bind.source): bind \(bind.places): no TCP port that could be asked") }
            func add(_ path: String, _ names: [String], _ source: String) {
                var keys = [path, path + ".key"]
                if path.hasSuffix(".crt") { keys.append(path.dropLast(4) + ".key") }
                found.add(
                    ConfiguredSlots.Entry(
                        certificate: path, privateKeys: keys, source: source,
                        listening: places.map {
                            Listening(address: $0.address, port: $0.port, serverNames: names)
                        }, takesNamesOfCertificate: true))
            }
            for certificate in bind.certificates {
                for path in folders[certificate].map({ $0.filter(Self.isLoaded) }) ?? [certificate] {
                    add(path, [], bind.source)
                }
            }
            for list in bind.lists {
                for line in (lists[list] ?? "").split(separator: "\n") {
                    // certificate [options] names; options stand in brackets, and may hold blanks.
                    var words = Self.words(line)
                    guard let first = words.first else { continue }
                    words.removeFirst()
                    if words.first?.hasPrefix("[") == true {
                        while let word = words.first, !word.hasSuffix("]") { words.removeFirst() }
                        if !words.isEmpty { words.removeFirst() }
                    }
                    add(resolved(first), words.filter { !$0.hasPrefix("!") }.compactMap(AskableName.name), list)
                }
            }
        }
        return found
    }

    /// Of a folder of certificates: not the keys and answers that lie beside them, nor what is hidden.
    private static func isLoaded(_ path: String) -> Bool {
        let name = path.split(separator: "/").last ?? ""
        return !name.hasPrefix(".") && ![".key", ".ocsp", ".sctl", ".issuer"].contains { name.hasSuffix($0) }
    }

    /// `10.0.0.5:443`, `:443`, `*:443`, `ipv6@[::1]:443`, `::1:443`; nil: a socket of another kind, or a range of ports.
    private static func place(_ text: String) -> (address: String, port: Int)? {
        var text = text
        if let at = text.firstIndex(of: "@") {
            guard ["ipv4", "ipv6", "tcp", "tcp4", "tcp6"].contains(text[..<at]) else { return nil }
            text = String(text[text.index(after: at)...])
        }
        guard !text.hasPrefix("/"), let colon = text.lastIndex(of: ":"),
            let port = Int(text[text.index(after: colon)...])
        else { return nil }
        let address = text[..<colon].filter { $0 != "[" && $0 != "]" }
        return (["", "*", "0.0.0.0"].contains(address) ? "*" : address, port)
    }
}
