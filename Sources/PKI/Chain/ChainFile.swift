// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Synchronization
package import Vocabulary

/// The certificates of a PEM chain file, leaf first, as a Certificate declares it.
///
/// Read without decoding any certificate: base64, SHA-256 and a walk over lengths, so that ten thousand files where
/// nothing differs cost a tenth of a second. Whether the chain is any good is asked of `CertificateChain`.
package struct ChainFile: Hashable, Sendable {
    package struct Entry: Hashable, Sendable {
        package let der: [UInt8]
        package let fingerprint: Fingerprint
        /// Of its BEGIN line, from 1.
        package let line: Int
        let outline: CertificateOutline
    }

    package struct Problem: Error, Hashable, Sendable {
        package enum Code: String, Sendable {
            case malformed, privateKeyInside, unexpectedBlock, noCertificate, notACertificate, tooMany, repeated
            case wrongOrder
        }
        package var code: Code
        /// From 1; where nothing is there to point at, 1.
        package var line: Int
        package var message: String
    }

    package struct Problems: Error, Hashable, Sendable {
        package var all: [Problem]
    }

    /// A server that sends more than this is refused by clients (OpenSSL: depth 100, in practice 100 KB).
    package static let mostCertificates = 16

    package let leaf: Entry
    package let rest: [Entry]

    package var certificates: [[UInt8]] { [leaf.der] + rest.map(\.der) }
    /// SHA-256 of the leaf's SubjectPublicKeyInfo.
    package var leafPublicKey: SPKIFingerprint { leaf.outline.publicKeyFingerprint(in: leaf.der) }
    /// What is written to a device: the very DER that was read, encoded anew, without the file's explanatory text.
    package var pem: [UInt8] { ChainFile.pem(of: certificates) }

    package static func pem(of certificates: [[UInt8]]) -> [UInt8] {
        certificates.flatMap { PEM.write(label: "CERTIFICATE", der: $0) }
    }

    /// The same as a value, for reading many side by side.
    package static func reading(_ pem: [UInt8]) -> Result<ChainFile, Problems> {
        do throws(Problems) { return .success(try ChainFile(pem: pem)) } catch { return .failure(error) }
    }

    /// Throws all that is wrong with the file, in the order of lines: a private key inside; a block that is no
    /// certificate; the leaf (or another) twice; an order in which a certificate does not stand before its issuer
    /// though both are there. A missing issuer is no problem of the file.
    package init(pem: [UInt8]) throws(Problems) {
        let (blocks, faults) = PEM.read(pem)
        var problems = faults.map { Self.problem(from: $0) }
        var entries: [Entry] = []
        for block in blocks {
            guard block.label == "CERTIFICATE" else {
                problems.append(Self.unexpected(block.label, block.line))
                continue
            }
            guard let outline = CertificateOutline(block.der) else {
                problems.append(
                    Problem(code: .notACertificate, line: block.line, message: "this block is not one DER certificate"))
                continue
            }
            entries.append(
                Entry(
                    der: block.der, fingerprint: Fingerprint(hashing: block.der), line: block.line, outline: outline))
        }
        if entries.count > Self.mostCertificates {
            problems.append(
                Problem(
                    code: .tooMany, line: entries[Self.mostCertificates].line,
                    message: "\(entries.count) certificates, at most \(Self.mostCertificates) make a chain"))
        } else {
            problems += Self.repetitions(in: entries)
            if problems.isEmpty { problems += Self.misplaced(in: entries) }
        }
        if entries.isEmpty, problems.isEmpty {
            problems.append(Problem(code: .noCertificate, line: 1, message: "there is no certificate in this file"))
        }
        guard problems.isEmpty, let first = entries.first else {
            throw Problems(all: problems.sorted { $0.line < $1.line })
        }
        leaf = first
        rest = Array(entries.dropFirst())
    }

    /// All that was read, in a compact form.
    package var packed: [UInt8] {
        var packer = Packer()
        packer.add(UInt64(1 + rest.count))
        for entry in [leaf] + rest {
            packer.add(entry.der)
            packer.raw(entry.fingerprint.bytes)
            packer.add(entry.line)
        }
        return packer.bytes
    }

    /// Issuers that many chains share: each is in memory once.
    package final class Issuers: Sendable {
        fileprivate let known = Mutex<[Fingerprint: Entry]>([:])
        package init() {}
    }

    /// nil for bytes that `packed` did not make.
    package init?(packed bytes: UnsafeRawBufferPointer, sharing issuers: Issuers) {
        var unpacker = Unpacker(bytes)
        do throws(UnpackError) {
            let count = try unpacker.count()
            var entries: [Entry] = []
            entries.reserveCapacity(count)
            for index in 0..<count {
                let der = try unpacker.take(try unpacker.length())
                guard let fingerprint = Fingerprint(bytes: try unpacker.take(32)) else { return nil }
                let line = try unpacker.int()
                if index > 0, let known = issuers.known.withLock({ $0[fingerprint] }), known.line == line {
                    entries.append(known)
                    continue
                }
                let own = Array(der)
                guard let outline = CertificateOutline(own) else { return nil }
                let entry = Entry(der: own, fingerprint: fingerprint, line: line, outline: outline)
                if index > 0 { issuers.known.withLock { $0[fingerprint] = entry } }
                entries.append(entry)
            }
            guard unpacker.isAtEnd, let first = entries.first else { return nil }
            (leaf, rest) = (first, Array(entries.dropFirst()))
        } catch {
            return nil
        }
    }

    private static func problem(from fault: PEM.Problem) -> Problem {
        if let label = fault.label, label.hasSuffix("PRIVATE KEY") { return unexpected(label, fault.line) }
        return Problem(code: .malformed, line: fault.line, message: fault.message)
    }

    private static func unexpected(_ label: String, _ line: Int) -> Problem {
        if label.hasSuffix("PRIVATE KEY") {
            return Problem(
                code: .privateKeyInside, line: line,
                message: "a private key stands in this chain file: take it out, and treat the key as compromised")
        }
        return Problem(
            code: .unexpectedBlock, line: line,
            message: "a chain holds CERTIFICATE blocks only, this one is \(Shown.text(label))")
    }

    private static func repetitions(in entries: [Entry]) -> [Problem] {
        var lines: [Fingerprint: Int] = [:]
        return entries.compactMap { entry in
            guard let before = lines.updateValue(entry.line, forKey: entry.fingerprint) else { return nil }
            return Problem(
                code: .repeated, line: entry.line, message: "the certificate of line \(before) stands here again")
        }
    }

    /// Names are compared as bytes. RFC 5280, 7.1 compares them more loosely, which only means that a wrong order
    /// between such names is found by the judgement of the chain instead.
    private static func misplaced(in entries: [Entry]) -> [Problem] {
        func issues(_ issuer: Entry, _ subject: Entry) -> Bool {
            issuer.der[issuer.outline.subject] == subject.der[subject.outline.issuer]
        }
        for (index, entry) in entries.enumerated() {
            let next = index + 1
            if next < entries.count, issues(entries[next], entry) { continue }
            guard let issuer = entries.indices.first(where: { $0 != index && issues(entries[$0], entry) }) else {
                continue
            }
            if issues(entry, entry) { continue }
            return [
                Problem(
                    code: .wrongOrder, line: entries[issuer].line,
                    message: "wrong order: this certificate issued the one of line \(entry.line) and must follow it; "
                        + "the leaf comes first")
            ]
        }
        return []
    }
}
