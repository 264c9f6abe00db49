// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Declarations
internal import PKI
internal import Planning
package import Vocabulary

/// Keys that were made on the device and never leave it: `_keys/<certificate>.<spki>.key` in our own folder, PKCS#8 PEM.
///
/// Named after itself, so that several can wait side by side, and the chain that comes says which of them is meant. The one in
/// use stays there too, beside its copy in the slot: another slot may be bound to the certificate later.
struct MadeKeys: Sendable {
    static let folder = "_keys"
    private(set) var all: [(certificate: CertificateName, spki: SPKIFingerprint, file: FileStatus)] = []

    static func folders(_ slots: [Slot]) -> [String] {
        FileSlots.homes(of: slots).sorted().map { joined($0, folder) }
    }

    static func path(_ certificate: CertificateName, _ spki: SPKIFingerprint, in folder: String) -> String {
        joined(folder, "\(certificate).\(spki.hex).key")
    }

    /// What is no key of ours, or lies elsewhere, is passed over.
    init(_ found: [FileStatus]) {
        for file in found where file.kind == .file && file.path.contains("/\(OwnFolder.name)/\(Self.folder)/") {
            let name = file.path.split(separator: "/").last.map(String.init) ?? ""
            let parts = name.split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count >= 3, parts.last == "key",
                let spki = SPKIFingerprint(hex: String(parts[parts.count - 2])),
                let certificate = CertificateName(parts.dropLast(2).joined(separator: "."))
            else { continue }
            all.append((certificate, spki, file))
        }
    }

    var fingerprints: [CertificateName: Set<SPKIFingerprint>] {
        all.reduce(into: [:]) { $0[$1.certificate, default: []].insert($1.spki) }
    }

    /// Of one certificate, the latest first.
    func of(_ certificate: CertificateName) -> [(spki: SPKIFingerprint, file: FileStatus)] {
        all.filter { $0.certificate == certificate }.map { ($0.spki, $0.file) }
            .sorted { $0.file.modifiedNanoseconds > $1.file.modifiedNanoseconds }
    }
}

/// What can be known of a key without its bytes.
struct KeyThatStays: Sendable {
    var digest: FileDigest
    /// nil: it is no key.
    var spki: SPKIFingerprint?

    /// OpenSSL there reads it, and says its public half.
    static func steps(_ path: String) -> [Step] {
        [
            .digest([path]),
            .run(
                ["openssl", "pkey", "-in", path, "-passin", "pass:", "-pubout", "-outform", "DER"], input: nil,
                outputLimit: 1 << 16),
        ]
    }

    /// nil where there is no file, or an empty one.
    ///
    /// - Throws: `unsupported` without openssl on the device.
    init?(_ digest: StepResult?, _ answer: StepResult?, at path: String) throws(DeviceError) {
        guard let digest = digest?.digests[path] ?? nil, digest != FileDigest(hashing: []) else { return nil }
        guard case .ran(let exit, let output, _, _)? = answer else { return nil }
        if exit == 127 { throw .needsOpenSSL }
        self.digest = digest
        spki = exit == 0 && !output.isEmpty ? SPKIFingerprint(hashing: output) : nil
    }
}

extension DeviceError {
    static let needsOpenSSL = DeviceError(
        .unsupported, operation: "make key", detail: "openssl: not found: a device that makes its own keys needs it")
}

extension FileSlots {
    /// Where the files of a batch are put together before they are staged.
    static func composing(_ batch: BatchID, _ slots: [Slot]) -> [String] {
        MadeKeys.folders(slots).map { joined($0, "_composed-" + batch.text) }
    }

    /// The files of slots whose key was made here, whole and with their ownership, put together on the device: no byte of a key
    /// is read.
    ///
    /// - Throws: `refused` where the key is not here.
    func prepare(
        _ batch: Batch, on ground: Ground, fence: Fence
    ) async throws(DeviceError) -> [String: (path: String, digest: FileDigest)] {
        var steps: [Step] = []
        var places: [(slot: Slot, path: String)] = []
        for (number, candidate) in batch.candidates.enumerated() {
            guard let key = candidate.madeKey else { continue }
            let folder = joined(candidate.slot.home, MadeKeys.folder)
            let composing = joined(folder, "_composed-" + batch.id.text)
            let sources = MadeKeys.folders(key.slots).map { MadeKeys.path(key.certificate, key.spki, in: $0) }
            let statuses = try await perform([.stat(sources, followingLinks: false)]).statuses
            guard let source = statuses.first(where: { $0.kind == .file })?.path else {
                throw DeviceError(
                    .refused, operation: "stage",
                    detail:
                        "\(candidate.connector): the key that was made for \(key.certificate) is not on the device any more"
                )
            }
            var parts = [Step.Part.file(source)]
            if case .bundle = candidate.slot.files, var certificate = candidate.certificate {
                parts.append(.bytes(SecretBytes(taking: &certificate)))
            }
            let path = joined(composing, "\(number)")
            let own = Ownership(owner: nil, mode: 0o700)
            steps += Self.opening(candidate.slot.home, fence) + [.folder(folder, own), .folder(composing, own)]
            steps.append(
                .compose(path, parts, ground.ownership(candidate.slot.keyPath, candidate.slot, isKey: true)))
            places.append((candidate.slot, path))
        }
        guard !places.isEmpty else { return [:] }
        let digests = try await perform(steps + [.digest(places.map(\.path))]).last?.digests ?? [:]
        var prepared: [String: (path: String, digest: FileDigest)] = [:]
        for (slot, path) in places {
            guard let digest = digests[path] ?? nil else {
                throw DeviceError(.failed, operation: "stage", detail: "\(path): nothing was put there")
            }
            prepared[slot.keyPath] = (path, digest)
        }
        return prepared
    }

    /// Our own folder, made if it is missing, with nobody later having been there.
    static func opening(_ home: String, _ fence: Fence) -> [Step] {
        [.folder(home, Ownership(owner: nil, mode: 0o700)), .fence(fence, folder: home)]
    }

    /// A request for a key that waits here, or for one that is made now. Keys older than the one in use go.
    func signingRequest(_ request: KeyRequest, fence: Fence) async throws(DeviceError) -> SigningRequest {
        guard let home = Self.homes(of: request.slots).sorted().first else {
            throw DeviceError(
                .failed, operation: "make key", detail: "\(request.certificate) has no slot on this device")
        }
        let inUse = Set(try await observations(of: request.slots).compactMap(\.key))
        let listed = try await perform(
            Self.fences(fence, request.slots) + MadeKeys.folders(request.slots).map { .list($0) })
        let made = MadeKeys(listed.statuses).of(request.certificate)
        let waiting = made.prefix { !inUse.contains($0.spki) }
        let surplus = made.dropFirst(waiting.count).filter { !inUse.contains($0.spki) }.map(\.file.path)
        let workshop = Workshop(request, folder: joined(home, MadeKeys.folder))
        if !request.makesAnew, let key = waiting.first {
            let asked = try await perform(Self.opening(home, fence) + workshop.asking(key.file.path))
            let answer = try workshop.answer(asked)
            if answer.spki == key.spki, answer.keyType == request.keyType {
                return SigningRequest(pem: answer.pem, spki: answer.spki, isNewKey: false)
            }
        }
        let steps = Self.opening(home, fence) + workshop.making + workshop.asking(workshop.draft)
        let answer = try workshop.answer(try await perform(steps))
        guard answer.keyType == request.keyType else {
            throw DeviceError(
                .failed, operation: "make key", detail: "openssl made another key than \(request.keyType)")
        }
        let path = MadeKeys.path(request.certificate, answer.spki, in: workshop.folder)
        _ = try await perform(
            Self.fences(fence, request.slots) + [.sync([workshop.draft]), .replace(path, by: workshop.draft)]
                + surplus.map { .remove($0) } + [.sync([workshop.folder, home])])
        return SigningRequest(pem: answer.pem, spki: answer.spki, isNewKey: true)
    }
}

/// The argv by which openssl on the device makes a key and asks for its certificate. Nothing secret is in them, and nothing
/// secret comes back: the key is written where it stays.
private struct Workshop {
    let request: KeyRequest
    let folder: String
    var draft: String { joined(folder, "_draft") }
    private var configuration: String { joined(folder, "_request.cnf") }

    init(_ request: KeyRequest, folder: String) { (self.request, self.folder) = (request, folder) }

    var making: [Step] {
        let own = Ownership(owner: nil, mode: 0o700)
        var argv = ["openssl", "genpkey", "-out", draft]
        switch request.keyType {
        case .p256: argv += ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
        case .p384: argv += ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"]
        case .rsa2048: argv += ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]
        case .rsa3072: argv += ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"]
        case .rsa4096: argv += ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:4096"]
        }
        // Written before openssl opens it: it is ours alone from the first byte, whatever umask it is run with.
        var nothing: [UInt8] = []
        return [
            .folder(folder, own), .write(draft, SecretBytes(taking: &nothing), Ownership(owner: nil, mode: 0o600)),
            .run(argv, input: nil, outputLimit: 1 << 16),
        ]
    }

    func asking(_ key: String) -> [Step] {
        var text = Array(document.utf8)
        return [
            .folder(folder, Ownership(owner: nil, mode: 0o700)),
            .write(configuration, SecretBytes(taking: &text), Ownership(owner: nil, mode: 0o600)),
            .run(
                ["openssl", "req", "-new", "-sha256", "-config", configuration, "-subj", subject, "-key", key],
                input: nil, outputLimit: 1 << 18),
            .remove(configuration),
        ]
    }

    /// A common name has 64 characters at most; names that count stand in the subjectAltName.
    private var subject: String {
        request.dnsNames.first.flatMap { $0.utf8.count <= 64 ? "/CN=\($0)" : nil } ?? "/"
    }

    private var document: String {
        let names = request.dnsNames.map { "DNS:\($0)" } + request.ipAddresses.map { "IP:\($0)" }
        let usage =
            switch request.keyType {
            case .p256, .p384: "digitalSignature"
            case .rsa2048, .rsa3072, .rsa4096: "digitalSignature, keyEncipherment"
            }
        return """
            [req]
            distinguished_name = name
            req_extensions = extensions
            [name]
            [extensions]
            subjectAltName = \(names.joined(separator: ","))
            keyUsage = critical, \(usage)
            extendedKeyUsage = \(request.usages.map(\.rawValue).joined(separator: ", "))

            """
    }

    /// The request, checked: signed by the key that it names, and for these names.
    func answer(
        _ results: [StepResult]
    ) throws(DeviceError) -> (pem: [UInt8], spki: SPKIFingerprint, keyType: CertificateSpec.Request.KeyType?) {
        for case .ran(let exit, _, let errors, _) in results where exit != 0 {
            if exit == 127 { throw .needsOpenSSL }
            let words = String(decoding: errors.suffix(1024), as: UTF8.self).split(separator: "\n").last ?? ""
            throw DeviceError(
                .failed, operation: "make key", detail: "openssl: exit status \(exit): \(Shown.text(String(words)))")
        }
        guard case .ran(_, let output, _, _)? = results.last(where: { if case .ran = $0 { true } else { false } })
        else {
            throw DeviceError(.failed, operation: "make key", detail: "no result")
        }
        let read: CertificationRequest
        do throws(PKIError) { read = try CertificationRequest(pem: output) } catch {
            throw DeviceError(.failed, operation: "make key", detail: "openssl made no request: \(error.detail)")
        }
        guard Set(read.dnsNames) == Set(request.dnsNames), Set(read.ipAddresses) == Set(request.ipAddresses) else {
            throw DeviceError(
                .failed, operation: "make key", detail: "the request does not hold the names that were asked for")
        }
        return (read.pem, read.spki, read.keyType.flatMap(CertificateSpec.Request.KeyType.init))
    }
}

extension CertificateSpec.Request.KeyType {
    /// nil: none that is asked for.
    package init?(_ type: CertificateFacts.KeyType) {
        switch type {
        case .p256: self = .p256
        case .p384: self = .p384
        case .rsa(2048): self = .rsa2048
        case .rsa(3072): self = .rsa3072
        case .rsa(4096): self = .rsa4096
        case .rsa, .p521, .ed25519, .other: return nil
        }
    }
}
