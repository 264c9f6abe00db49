// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Git
internal import Planning
internal import Vocabulary

/// A finished work order without its content, in a compact form for who keeps what was read once: what lies in the archive never changes,
/// and a report over a month reads ten thousand of them.
enum PackedEntry {
    static func bytes(_ entry: ArchiveEntry) -> [UInt8] {
        var packer = Packer()
        packer.raw(entry.digest.bytes)
        packer.add(entry.state)
        packer.add(entry.at.secondsSince1970)
        packer.add(entry.connector.text)
        packer.add(entry.slot.device.text)
        packer.add(entry.slot.path)
        packer.add(entry.certificate?.text)
        packer.add(entry.installs) { $0.raw($1.bytes) }
        switch entry.replaces {
        case .nothing: packer.tag(0)
        case .certificate(let leaf):
            packer.tag(1)
            packer.raw(leaf.bytes)
        case .other(let code):
            packer.tag(2)
            packer.raw(code.bytes)
        }
        packer.add(entry.request) { $0.raw($1.bytes) }
        packer.add(entry.message)
        packer.add(UInt64(entry.records.count))
        for record in entry.records { packer.raw(record.bytes) }
        packer.add(entry.tip) { $0.raw($1.bytes) }
        packer.add(entry.adopted)
        packer.add(UInt64(entry.levels.count))
        for level in entry.levels { packer.add(level) }
        for text in [entry.deviceKind, entry.zone, entry.policy] { packer.add(text) }
        return packer.bytes
    }

    /// nil for bytes that are no such form.
    static func read(_ bytes: UnsafeRawBufferPointer) -> ArchiveEntry? {
        var unpacker = Unpacker(bytes)
        do throws(UnpackError) {
            let entry = try read(&unpacker)
            return unpacker.isAtEnd ? entry : nil
        } catch {
            return nil
        }
    }

    private static func read(_ unpacker: inout Unpacker) throws(UnpackError) -> ArchiveEntry {
        let digest: WorkOrderDigest = try unpacker.digest()
        let (state, at) = (try unpacker.text(), Timestamp(secondsSince1970: try unpacker.integer()))
        let connector: ConnectorName = try unpacker.name()
        let slot = SlotKey(device: try unpacker.name(), path: try unpacker.text())
        let certificate = try unpacker.optional { (unpacker) throws(UnpackError) in
            try unpacker.name() as CertificateName
        }
        let installs = try unpacker.optional { (unpacker) throws(UnpackError) in try unpacker.digest() as Fingerprint }
        let replaces: Holding =
            switch try unpacker.tag() {
            case 0: .nothing
            case 1: .certificate(leaf: try unpacker.digest())
            case 2: .other(try unpacker.digest())
            default: throw UnpackError(detail: "not what a slot holds")
            }
        let request = try unpacker.optional { (unpacker) throws(UnpackError) in try unpacker.digest() as RequestDigest }
        let message = try unpacker.optional { (unpacker) throws(UnpackError) in try unpacker.text() }
        var records: [RecordKey] = []
        for _ in 0..<(try unpacker.count()) { records.append(try unpacker.digest()) }
        let tip = try unpacker.optional { (unpacker) throws(UnpackError) in
            guard let id = ObjectID(bytes: try unpacker.take(20)) else { throw UnpackError(detail: "not an object id") }
            return id
        }
        let adopted = try unpacker.bool()
        var levels: [String] = []
        for _ in 0..<(try unpacker.count()) { levels.append(try unpacker.text()) }
        func textIfAny() throws(UnpackError) -> String? {
            try unpacker.optional { (unpacker) throws(UnpackError) in try unpacker.text() }
        }
        return ArchiveEntry(
            digest: digest, state: state, at: at, connector: connector, slot: slot, certificate: certificate,
            installs: installs, replaces: replaces, request: request, message: message, records: records, tip: tip,
            adopted: adopted, levels: levels, deviceKind: try textIfAny(), zone: try textIfAny(),
            policy: try textIfAny(), content: .null)
    }
}

extension Unpacker {
    fileprivate mutating func digest<Subject>() throws(UnpackError) -> Digest<Subject> {
        guard let value = Digest<Subject>(bytes: try take(32)) else { throw UnpackError(detail: "not a digest") }
        return value
    }

    fileprivate mutating func name<Kind>() throws(UnpackError) -> Name<Kind> {
        guard let value = Name<Kind>(try text()) else { throw UnpackError(detail: "not a name") }
        return value
    }
}
