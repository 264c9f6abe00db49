// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

extension CommitObject {
    /// The known headers, in the order in which git writes them.
    private static let order = ["tree", "parent", "author", "committer", "gpgsig"]

    static func irregularities(
        headers: [Header], parents: [ObjectID], authorIsPlain: Bool, committerIsPlain: Bool
    ) -> [Irregularity] {
        var found: [Irregularity] = []
        func note(_ code: Irregularity.Code, _ detail: String) {
            found.append(Irregularity(code: code, detail: Shown.text(detail)))
        }
        var (seen, place): (Set<String>, Int) = ([], 0)
        for header in headers {
            let isNew = seen.insert(header.name).inserted
            switch header.name {
            case "parent": break
            case "gpgsig", "gpgsig-sha256": if !isNew { note(.severalSignatures, header.name) }
            default: if !isNew { note(.duplicateHeader, header.name) }
            }
            if header.name == "encoding" {
                note(.encoding, String(decoding: header.value, as: UTF8.self))
            } else if let index = order.firstIndex(of: header.name) {
                if index < place { note(.headerOrder, header.name) }
                place = max(place, index)
            } else {
                note(.unknownHeader, header.name)
            }
            let isFolded = header.name == "gpgsig"
            if header.value.contains(where: { $0 < 0x20 && !(isFolded && $0 == 0x0a) || $0 == 0x7f })
                || String(validating: header.value, as: UTF8.self) == nil
            {
                note(.strangeHeader, header.name)
            }
        }
        if seen.contains("gpgsig"), seen.contains("gpgsig-sha256") { note(.severalSignatures, "gpgsig-sha256") }
        if Set(parents).count != parents.count { note(.parentTwice, "") }
        if !authorIsPlain { note(.identity, "author") }
        if !committerIsPlain { note(.identity, "committer") }
        return found
    }

    static func irregularities(message: [UInt8]) -> [Irregularity] {
        var found: [Irregularity] = []
        if let place = message.firstIndex(of: 0) {
            found.append(Irregularity(code: .nulInMessage, detail: "byte \(place)"))
        }
        if let place = message.firstIndex(of: 0x0d) {
            found.append(Irregularity(code: .carriageReturnInMessage, detail: "byte \(place)"))
        }
        if let text = String(validating: message, as: UTF8.self) {
            // What turns the direction of text is not ASCII, and most messages are nothing else.
            if message.contains(where: { $0 >= 0x80 }), let control = text.unicodeScalars.first(where: Shown.isBidirectionalControl) {
                found.append(Irregularity(code: .bidirectionalControl, detail: Shown.text(String(control))))
            }
        } else {
            found.append(Irregularity(code: .messageNotUTF8, detail: ""))
        }
        return found
    }
}
