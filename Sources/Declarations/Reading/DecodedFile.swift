// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary
internal import YAML

/// What one file declares, and what is wrong with it taken alone. Does not depend on any other file.
package struct DecodedFile: Sendable {
    package private(set) var source: SourceFile
    /// Those that decoded without any error.
    package let resources: [DeclaredResource]
    /// What was meant to be declared and did not decode: nobody is told that it does not exist.
    let broken: [ResourceKey]
    /// A part of the file could not be read at all.
    let isTorn: Bool
    let findings: [Finding]

    init(_ source: SourceFile) {
        self.source = source
        let file = YAMLFile(reading: source.bytes)
        var reading = ResourceReading(file: source.path)
        for error in file.errors { reading.decoder.add(error) }
        for document in file.documents { reading.read(document) }
        (resources, broken, findings) = (reading.resources, reading.broken, reading.decoder.findings)
        // A document that breaks off usually says what it is before it does; where it does not, it may be anything.
        let breaks = file.errors.count { $0.rule == .syntax || $0.rule == .nesting }
        isTorn =
            breaks > reading.broken.count
            || file.errors.contains { [.encoding, .control, .directive, .size, .tooMany].contains($0.rule) }
    }

    /// Nothing is wrong with it.
    init(_ source: SourceFile, resources: [DeclaredResource]) {
        (self.source, self.resources) = (source, resources)
        (broken, isTorn, findings) = ([], false, [])
    }

    /// It holds PolicyTests, sound or not.
    package var holdsPolicyTests: Bool {
        resources.contains { $0.kind == .policyTest } || broken.contains { $0.kind == .policyTest }
    }

    /// For a caller that keeps many and can get the text again: `Decoded.check(text:)` asks for it where something is wrong.
    package var withoutText: DecodedFile {
        var copy = self
        copy.source.bytes = []
        return copy
    }
}

/// One file's documents, one after another.
private struct ResourceReading {
    var decoder: SchemaDecoder
    var resources: [DeclaredResource] = []
    var broken: [ResourceKey] = []
    private var apiVersionSeen = false

    static let apiVersion = "countersign/v1"
    static let annotationPush = "countersign/push"

    init(file: String) { decoder = SchemaDecoder(file: file) }

    /// `apiVersion`, `kind`, `metadata`, `spec`. The version must stand in a file's first document and holds for the others.
    mutating func read(_ document: YAMLDocument) {
        guard document.isSound else {
            noteBroken(document.root)
            if document.root["apiVersion"] != nil { apiVersionSeen = true }
            return
        }
        let before = decoder.findings.count
        if let resource = decode(document.root), decoder.findings.count == before {
            resources.append(resource)
        } else {
            noteBroken(document.root)
        }
    }

    private mutating func noteBroken(_ root: YAMLNode) {
        guard let kind = root["kind"]?.scalar.flatMap(ResourceKind.init(rawValue:)),
            let name = root["metadata"]?["name"]?.scalar
        else { return }
        broken.append(ResourceKey(kind: kind, name: name))
    }

    private mutating func decode(_ root: YAMLNode) -> DeclaredResource? {
        guard case .mapping(let entries) = root.content else {
            decoder.refuse(.type, at: root.position, "a resource is a mapping with apiVersion, kind, metadata and spec")
            return nil
        }
        var (kindNode, metadata, spec): (YAMLNode?, YAMLNode?, YAMLNode?)
        for entry in entries {
            switch entry.key {
            case "apiVersion": checkVersion(entry.value)
            case "kind": kindNode = entry.value
            case "metadata": metadata = entry.value
            case "spec": spec = entry.value
            default:
                decoder.refuse(
                    .unknownField, at: entry.keyPosition, "a resource has no field \(quoted(entry.key))",
                    misspelt: (entry.key, .words(["apiVersion", "kind", "metadata", "spec"])))
            }
        }
        if !apiVersionSeen {
            decoder.refuse(
                .apiVersion, at: root.position, "apiVersion is missing: this version reads \(Self.apiVersion)")
            apiVersionSeen = true
        }
        guard let kind = decodeKind(kindNode, root) else { return nil }
        for (name, node) in [("metadata", metadata), ("spec", spec)] where node == nil {
            decoder.refuse(.required, at: root.position, "\(name) is missing in this \(kind.rawValue)")
        }
        guard let metadata, let spec else { return nil }
        return decode(kind, metadata, spec, at: root.position)
    }

    private mutating func checkVersion(_ node: YAMLNode) {
        apiVersionSeen = true
        guard node.scalar != Self.apiVersion else { return }
        decoder.refuse(
            .apiVersion, at: node.position,
            "apiVersion \(node.scalar.map { quoted($0) } ?? "") is not known: this version reads \(Self.apiVersion)")
    }

    private mutating func decodeKind(_ node: YAMLNode?, _ root: YAMLNode) -> ResourceKind? {
        guard let node else {
            decoder.refuse(.required, at: root.position, "kind is missing")
            return nil
        }
        guard let text = node.scalar, let kind = ResourceKind(rawValue: text) else {
            let words = ResourceKind.allCases.map(\.rawValue)
            decoder.refuse(
                .kind, at: node.position, "there is no kind \(quoted(node.scalar ?? "")): it must be \(listed(words))",
                misspelt: node.scalar.map { ($0, .words(words)) })
            return nil
        }
        return kind
    }

    private mutating func decode(
        _ kind: ResourceKind, _ metadata: YAMLNode, _ spec: YAMLNode, at place: YAMLPosition
    ) -> DeclaredResource? {
        let head = decoder.decodeObject(metadata, MetadataShapes.of(kind), "metadata")
        checkAnnotations(metadata)
        guard let raw = decoder.decodeObject(spec, .spec(of: kind), "spec"), let head else {
            return nil
        }
        let position = SourcePosition(file: decoder.file, line: place.line, column: place.column)
        do throws(SpecError) {
            let fields = try RawFields(.object(head), "metadata")
            return try DeclaredResource(
                kind, name: try fields.text("name"), labels: try fields.table("labels"),
                annotations: try fields.table("annotations"), raw: .object(raw), position: position)
        } catch {
            decoder.refuse(.value, at: spec.position, "\(error.field): \(error.message)")
            return nil
        }
    }

    /// The names under `countersign/` are ours: a misspelt one would ask for nothing, in silence.
    private mutating func checkAnnotations(_ metadata: YAMLNode) {
        guard case .mapping(let entries)? = metadata["annotations"]?.content else { return }
        for entry in entries where entry.key.hasPrefix("countersign/") {
            guard entry.key == Self.annotationPush else {
                decoder.refuse(
                    .unknownField, at: entry.keyPosition, "there is no annotation \(quoted(entry.key))",
                    misspelt: (entry.key, .words([Self.annotationPush])))
                continue
            }
            if let text = entry.value.scalar, TextForm.decimal(text) == nil {
                decoder.refuse(
                    .value, at: entry.value.position, "\(entry.key) \(quoted(text)) is no number of at most nine digits"
                )
            }
        }
    }
}

private enum MetadataShapes {
    private static let all: [ResourceKind: ObjectShape] = Dictionary(
        uniqueKeysWithValues: ResourceKind.allCases.map { ($0, ObjectShape.metadata(of: $0)) })

    static func of(_ kind: ResourceKind) -> ObjectShape { all[kind] ?? .metadata(of: kind) }
}

extension ObjectShape {
    static func metadata(of kind: ResourceKind) -> ObjectShape {
        ObjectShape([
            Field("name", .text(.name(kind)), required: true, "The name, one of its kind in the repository."),
            Field("labels", .labels, "Labels, for selectors and policies."),
            Field(
                "annotations", .table(keys: .annotationKey, values: .text(.any(longest: 4_096)), atMost: 100),
                "Notes. `countersign/push` is a number that asks for a push again when it rises."),
        ])
    }
}
