// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import YAML

/// Finds the line and column of a place in a spec by reading the file once more: positions of thirty thousand sound
/// resources need not be kept for the few that are wrong.
struct Locator {
    private let decoded: [DecodedFile]
    private lazy var files = Dictionary(decoded.map { ($0.source.path, $0.source) }) { first, _ in first }
    private let text: (String) -> [UInt8]?
    private var current: (path: String, documents: [YAMLDocument])?

    /// - Parameter text: of a file that was decoded and put away (`DecodedFile.withoutText`).
    init(_ files: [DecodedFile], text: @escaping (String) -> [UInt8]?) { (decoded, self.text) = (files, text) }

    /// The deepest node on `path` that is there, in the document that begins at `resource`. Asked file by file, each is read once.
    mutating func position(of path: [PathStep], in resource: SourcePosition) -> SourcePosition {
        guard !path.isEmpty else { return resource }
        if current?.path != resource.file {
            guard let file = files[resource.file] else { return resource }
            let bytes = file.bytes.isEmpty ? text(resource.file) ?? [] : file.bytes
            current = (resource.file, YAMLFile(reading: bytes).documents)
        }
        guard var node = root(at: resource) else { return resource }
        for step in path {
            switch (step, node.content) {
            case (.field(let name), _):
                guard let next = node[name] else { return place(node, resource) }
                node = next
            case (.entry(let index), .sequence(let items)) where items.indices.contains(index):
                node = items[index]
            default: return place(node, resource)
            }
        }
        return place(node, resource)
    }

    /// Documents stand in the order of the file: halving finds one of ten thousand, each of which may be wrong.
    private func root(at resource: SourcePosition) -> YAMLNode? {
        guard let documents = current?.documents else { return nil }
        var (low, high) = (0, documents.count)
        while low < high {
            let middle = (low + high) / 2
            if documents[middle].root.position.line < resource.line { low = middle + 1 } else { high = middle }
        }
        return documents[low...].prefix { $0.root.position.line == resource.line }
            .first { $0.root.position.column == resource.column }?.root
    }

    private func place(_ node: YAMLNode, _ resource: SourcePosition) -> SourcePosition {
        SourcePosition(file: resource.file, line: node.position.line, column: node.position.column)
    }
}
