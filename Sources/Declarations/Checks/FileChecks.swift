// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import PKI
internal import Vocabulary

/// What the repository files that specs name must be.
struct FileChecks {
    private let files: [String: FileLookup]
    var objections: [Objection] = []
    /// In chain files themselves, whose own lines are known.
    private(set) var findings: [Finding] = []
    private(set) var chains: [String: ChainFile] = [:]

    init(_ files: [String: FileLookup]) { self.files = files }

    mutating func checkAll(_ set: DeclarationSet, width: Int) {
        for zone in set.zones.values {
            for (index, path) in zone.spec.recipients.enumerated() {
                checkCertificates(path, zone, ["spec", "recipients", .entry(index)])
            }
        }
        for device in set.devices.values {
            if case .ssh(let ssh) = device.spec.transport {
                checkPlain(ssh.knownHosts, device, ["spec", "transport", "ssh", "knownHosts"])
            }
            for (index, path) in device.spec.trustRoots.enumerated() {
                checkCertificates(path, device, ["spec", "trustRoots", .entry(index)])
            }
        }
        var owners = OpenPGPOwners()
        for person in set.people.values.sorted(by: { $0.name < $1.name }) {
            for (index, key) in person.spec.keys.enumerated() {
                if case .openpgp(let path, let fingerprint) = key.material {
                    checkOpenPGP(path, fingerprint, person, index, &owners)
                }
            }
        }
        if let repository = set.repository {
            for (name, channel) in repository.spec.channels {
                for (index, path) in channel.trustRoots.enumerated() {
                    checkCertificates(
                        path, repository,
                        ["spec", "channels", .field(name.text), "webhook", "trustRoots", .entry(index)])
                }
            }
        }
        for standing in set.standingApprovals.values {
            for (index, issuer) in standing.spec.issuers.enumerated() {
                if case .root(let path) = issuer {
                    checkCertificates(path, standing, ["spec", "issuers", .entry(index), "root"])
                }
            }
        }
        for certificate in set.certificates.values {
            if case .encrypted(let path) = certificate.spec.privateKey {
                checkSealed(path, certificate, ["spec", "privateKey", "encrypted"])
            }
            if case .chain? = files[certificate.spec.chain] { continue }
            let count = objections.count
            _ = present(certificate.spec.chain, certificate, ["spec", "chain"])
            if count < objections.count, case .endpoint = certificate.spec.privateKey {
                objections[count].message += ": countersign csr \(certificate.name) asks for it"
            }
        }
        checkChains(set, width: width)
    }

    private mutating func present<Spec>(_ path: String, _ resource: Declared<Spec>, _ place: [PathStep]) -> NamedFile? {
        let problem: String
        switch files[path] {
        case .file(let file): return file
        case .missing, .chain, nil: problem = "there is no file \(quoted(path)) in the repository"
        case .notAFile: problem = "\(quoted(path)) is no regular file"
        case .tooLarge(let bytes):
            problem = "\(quoted(path)) has \(bytes) bytes; \(FileLookup.largest) are read at most"
        }
        objections.append(
            Objection(
                resource: resource.position, path: place, severity: .error, message: problem, rule: .file,
                misspelt: (path, .files)))
        return nil
    }

    /// A file with certificates in PEM, and nothing that looks like one and is none.
    private mutating func checkCertificates<Spec>(_ path: String, _ resource: Declared<Spec>, _ place: [PathStep]) {
        guard let file = checkPlain(path, resource, place) else { return }
        let (blocks, faults) = PEM.read(file.bytes)
        let problem: String
        if let fault = faults.first {
            problem = "\(quoted(path)), line \(fault.line): \(fault.message)"
        } else if !blocks.contains(where: { $0.label == "CERTIFICATE" }) {
            problem = "\(quoted(path)) holds no certificate (PEM)"
        } else {
            return
        }
        objections.append(
            Objection(resource: resource.position, path: place, severity: .error, message: problem, rule: .file))
    }

    /// A file that is there, is not empty, and holds no private key in the clear.
    @discardableResult
    mutating func checkPlain<Spec>(
        _ path: String, _ resource: Declared<Spec>, _ place: [PathStep]
    ) -> NamedFile? {
        guard let file = present(path, resource, place) else { return nil }
        let problem: String
        if file.bytes.isEmpty {
            problem = "\(quoted(path)) is empty"
        } else if Self.holdsPrivateKey(file.bytes) {
            problem =
                "\(quoted(path)) holds a private key in the clear: take it out of the repository, and replace that key"
        } else {
            return file
        }
        objections.append(
            Objection(resource: resource.position, path: place, severity: .error, message: problem, rule: .file))
        return nil
    }

    /// A key that is encrypted, and authenticated: nobody who can write to the repository can change what comes out of it.
    private mutating func checkSealed<Spec>(_ path: String, _ resource: Declared<Spec>, _ place: [PathStep]) {
        guard let file = checkPlain(path, resource, place) else { return }
        do throws(PKIError) { _ = try SealedKey(file.bytes) } catch {
            objections.append(
                Objection(
                    resource: resource.position, path: place, severity: .error,
                    message: "\(quoted(path)): \(error.detail)", rule: .file))
        }
    }

    static func holdsPrivateKey(_ bytes: [UInt8]) -> Bool {
        let mark = Array("PRIVATE KEY-----".utf8)
        // Dashes are rare in what may stand in such a file: each is looked at once.
        return bytes.indices.contains { index in
            bytes[index] == 0x50 && bytes.count - index >= mark.count
                && bytes[index..<index + mark.count].elementsEqual(mark)
        }
    }

    /// Each distinct chain file is read once, side by side.
    private mutating func checkChains(_ set: DeclarationSet, width: Int) {
        let paths = Array(Set(set.certificates.values.lazy.map(\.spec.chain)))
        let files = files
        let read = Parallel.map(paths, width: width) { path -> Result<ChainFile, ChainFile.Problems>? in
            switch files[path] {
            case .chain(let read): read
            case .file(let file): ChainFile.reading(file.bytes)
            default: nil
            }
        }
        chains.reserveCapacity(paths.count)
        for (path, result) in zip(paths, read) {
            switch result {
            case .success(let chain)?: chains[path] = chain
            case .failure(let problems)?:
                for problem in problems.all.prefix(20) {
                    findings.append(
                        Finding(
                            Diagnostic(
                                at: SourcePosition(file: path, line: problem.line), problem.message,
                                rule: Rule.chain.rawValue)))
                }
            case nil: break
            }
        }
    }
}
