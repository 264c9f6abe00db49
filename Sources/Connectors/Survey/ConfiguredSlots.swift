// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Planning
internal import Vocabulary

/// What a server's configuration says of its certificates, before anybody has looked at the files.
struct ConfiguredSlots: Sendable {
    struct Entry: Hashable, Sendable {
        var certificate: String
        /// Where the key may lie, in the order in which the server looks. The certificate's own path: in one file.
        var privateKeys: [String]
        /// The file of the configuration that names it.
        var source: String
        var listening: [Listening]
        /// The server answers to the names that the certificate itself has.
        var takesNamesOfCertificate = false
    }
    private(set) var entries: [Entry] = []
    /// Where in `entries` a certificate's path is.
    private var places: [String: Int] = [:]
    private(set) var unclear: [String] = []
    /// Changes whenever the configuration does.
    var digest: FileDigest

    init(digest: FileDigest) { self.digest = digest }

    /// One path is one slot, whoever names it.
    mutating func add(_ entry: Entry) {
        guard entry.certificate.hasPrefix("/"), !entry.certificate.utf8.contains(UInt8(ascii: "$")) else {
            return say("\(entry.source): \(entry.certificate): only the running server knows which file that is")
        }
        guard let index = places[entry.certificate] else {
            places[entry.certificate] = entries.count
            return entries.append(entry)
        }
        entries[index].listening = (entries[index].listening + entry.listening).distinct()
    }

    mutating func say(_ words: String) { if !unclear.contains(words) { unclear.append(words) } }
}

/// What a client could ask for of the names that a configuration lists: wildcards by a name that fits them, patterns not at all.
enum AskableName {
    static func name(_ configured: String) -> String? {
        var name = configured.lowercased()
        while name.hasSuffix(".") { name.removeLast() }
        if name.hasPrefix("*.") { name = "wildcard" + name.dropFirst() }
        if name.hasPrefix(".") { name.removeFirst() }
        let isHostName =
            name.contains(".")
            && name.utf8.allSatisfy { byte in
                (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2d || byte == 0x2e
            }
        // An address is asked for without a name.
        guard isHostName, !name.contains(".."), IPAddress(name) == nil, !name.hasSuffix("-") else { return nil }
        return name
    }
}
