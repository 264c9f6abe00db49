// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import Planning

/// The folder that a path lies in.
func folder(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: 0x2f), slash != path.startIndex else { return "/" }
    return String(path[..<slash])
}

func joined(_ folder: String, _ name: String) -> String { folder == "/" ? "/" + name : folder + "/" + name }

/// As the system would find it, links aside: without `.`, `..` and empty components. A configuration may write as it likes.
func normalized(_ path: String) -> String {
    guard path.hasPrefix("/"), !isNormalized(path) else { return path }
    var components: [Substring] = []
    for component in path.split(separator: "/") where component != "." {
        if component == ".." { components = components.dropLast() } else { components.append(component) }
    }
    return "/" + components.joined(separator: "/")
}

/// Nearly every path is: no component is empty, or begins with a dot.
private func isNormalized(_ path: String) -> Bool {
    var former: UInt8 = 0
    for byte in path.utf8 {
        if former == UInt8(ascii: "/"), byte == UInt8(ascii: "/") || byte == UInt8(ascii: ".") { return false }
        former = byte
    }
    return former != UInt8(ascii: "/")
}

extension Slot {
    /// Where our files for this slot lie.
    var home: String { joined(folder(of: keyPath), OwnFolder.name) }

    /// Key first: in that order they are switched.
    var paths: [String] {
        switch files {
        case .pair(let certificate, let privateKey): [privateKey, certificate]
        case .bundle(let path): [path]
        case .entry: []
        }
    }
}

extension OwnFolder {
    static let previous = "_previous"
    static func batch(_ id: BatchID) -> String { "_batch-" + id.text }
    /// The batch that the folder at this path belongs to; nil: it is no batch's.
    static func batch(at path: String) -> BatchID? {
        guard let name = path.split(separator: "/").last, name.hasPrefix("_batch-") else { return nil }
        return BatchID(String(name.dropFirst("_batch-".count)))
    }
    static func generation(_ id: BatchID) -> String { "generation-" + id.text }
}
