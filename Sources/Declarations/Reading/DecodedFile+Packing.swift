// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

/// What a file declares in a compact form, to be kept for another run. Its specs are made anew from their canonical JSON.
extension DecodedFile {
    /// nil where anything is wrong with the file: that is said again from its text.
    package var packed: [UInt8]? {
        guard findings.isEmpty, broken.isEmpty, !isTorn else { return nil }
        var packer = Packer()
        packer.add(UInt64(resources.count))
        for resource in resources { packer.add(resource) }
        return packer.bytes
    }

    /// nil for bytes that `packed` did not make.
    package init?(packed bytes: UnsafeRawBufferPointer, path: String) {
        var unpacker = Unpacker(bytes)
        do throws(UnpackError) {
            let count = try unpacker.count()
            var resources: [DeclaredResource] = []
            resources.reserveCapacity(count)
            for _ in 0..<count { resources.append(try unpacker.resource(in: path)) }
            guard unpacker.isAtEnd else { return nil }
            self.init(SourceFile(path: path, bytes: []), resources: resources)
        } catch {
            return nil
        }
    }
}

extension Diagnostic {
    package static func pack(_ all: [Diagnostic]) -> [UInt8] {
        var packer = Packer()
        packer.add(UInt64(all.count))
        for one in all {
            packer.add(one.severity == .error)
            packer.add(one.position.file)
            packer.add(one.position.line)
            packer.add(one.position.column)
            packer.add(one.message)
            packer.add(one.rule)
        }
        return packer.bytes
    }

    /// nil for bytes that `pack` did not make.
    package static func unpack(_ bytes: UnsafeRawBufferPointer) -> [Diagnostic]? {
        var unpacker = Unpacker(bytes)
        do throws(UnpackError) {
            var all: [Diagnostic] = []
            for _ in 0..<(try unpacker.count()) {
                let isError = try unpacker.bool()
                let position = SourcePosition(
                    file: try unpacker.text(), line: try unpacker.int(), column: try unpacker.int())
                let (message, rule) = (try unpacker.text(), try unpacker.text())
                all.append(Diagnostic(isError ? .error : .warning, at: position, message, rule: rule))
            }
            return unpacker.isAtEnd ? all : nil
        } catch {
            return nil
        }
    }
}

private let kinds = ResourceKind.allCases

extension Packer {
    fileprivate mutating func add(_ resource: DeclaredResource) {
        switch resource {
        case .repository(let it): add(it)
        case .zone(let it): add(it)
        case .device(let it): add(it)
        case .person(let it): add(it)
        case .group(let it): add(it)
        case .approvalPolicy(let it): add(it)
        case .standingApproval(let it): add(it)
        case .alertPolicy(let it): add(it)
        case .certificate(let it): add(it)
        case .appConnector(let it): add(it)
        case .binding(let it): add(it)
        case .policyTest(let it): add(it)
        }
    }

    private mutating func add<Spec: ResourceSpec>(_ resource: Declared<Spec>) {
        tag(UInt8(kinds.firstIndex(of: Spec.kind) ?? 255))
        add(resource.name.text)
        add(resource.labels)
        add(resource.annotations)
        add(resource.position.line)
        add(resource.position.column)
        add(resource.raw)
    }

    private mutating func add(_ table: [String: String]) {
        add(UInt64(table.count))
        for (key, value) in table.sorted(by: { $0.key < $1.key }) {
            add(key)
            add(value)
        }
    }
}

extension Unpacker {
    fileprivate mutating func resource(in path: String) throws(UnpackError) -> DeclaredResource {
        let kind = Int(try tag())
        guard kinds.indices.contains(kind) else { throw UnpackError(detail: "an unknown kind") }
        let (name, labels, annotations) = (try text(), try table(), try table())
        let (line, column) = (try int(), try int())
        let raw = try json()
        do throws(SpecError) {
            return try DeclaredResource(
                kinds[kind], name: name, labels: labels, annotations: annotations, raw: raw,
                position: SourcePosition(file: path, line: line, column: column))
        } catch {
            throw UnpackError(detail: error.message)
        }
    }

    private mutating func table() throws(UnpackError) -> [String: String] {
        let count = try count()
        guard count > 0 else { return [:] }
        var table: [String: String] = [:]
        table.reserveCapacity(count)
        for _ in 0..<count {
            let key = try text()
            table[key] = try text()
        }
        return table
    }
}
