// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Connectors
internal import PKI
internal import Processes
package import Vocabulary

/// A certificate with its key, made for a bench.
package struct IssuedPair: Sendable {
    /// PEM, leaf first.
    package var chain: [UInt8]
    /// PEM, PKCS#8.
    package var key: [UInt8]
    package var leaf: Fingerprint
    package var spki: SPKIFingerprint
    package var rest: [Fingerprint]
    /// The device has made its key, and nobody else has it: `key` is empty.
    package var madeKey: MadeKey?

    package var secret: SecretBytes {
        var bytes = key
        return SecretBytes(taking: &bytes)
    }
}

/// A certificate authority of a bench's own, by the host's `openssl`.
package struct Issuer: Sendable {
    package static let host = "shop.example.com"
    private let folder: String
    private let certificate: [UInt8]

    /// - Parameter folder: one of the caller's own, private.
    package init(in folder: String) async throws(BenchError) {
        self.folder = folder
        _ = try await Self.openssl(
            ["req", "-x509", "-subj", "/CN=Bench CA", "-days", "30", "-keyout", "ca.key", "-out", "ca.pem"]
                + Self.newKey("ec") + ["-addext", "keyUsage=critical,keyCertSign"], in: folder)
        certificate = try await Self.openssl(["x509", "-in", "ca.pem"], in: folder)
    }

    /// - Parameter algorithm: `ec` (P-256) or `rsa:1024`, which libraries object to.
    package func issue(days: Int, algorithm: String = "ec") async throws(BenchError) -> IssuedPair {
        let made = try await Self.openssl(
            ["req", "-x509", "-CA", "ca.pem", "-CAkey", "ca.key", "-subj", "/CN=\(Self.host)", "-days", String(days)]
                + Self.newKey(algorithm) + ["-keyout", "-", "-out", "-"]
                + [
                    "basicConstraints=critical,CA:false", "subjectAltName=DNS:\(Self.host),DNS:www.\(Self.host)",
                    "extendedKeyUsage=serverAuth",
                ].flatMap { ["-addext", $0] }, in: folder)
        guard let key = PEM.read(made).blocks.first(where: { $0.label == "PRIVATE KEY" }) else {
            throw BenchError("openssl made no key")
        }
        let pem = PEM.write(label: key.label, der: key.der)
        var bytes = pem
        guard let parsed = try? PrivateKey(SecretBytes(taking: &bytes)) else { throw BenchError("openssl made no key") }
        return try pair(made, key: pem, parsed.publicKeyFingerprint)
    }

    /// - Parameter request: PEM, whose names and usages are granted.
    package func sign(_ request: [UInt8], of key: MadeKey, days: Int) async throws(BenchError) -> IssuedPair {
        let made = try await Self.openssl(
            [
                "x509", "-req", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", String(days), "-copy_extensions", "copyall",
            ], input: request, in: folder)
        var pair = try pair(made, key: [], key.spki)
        pair.madeKey = key
        return pair
    }

    /// - Parameter made: what openssl wrote, the leaf in it.
    private func pair(_ made: [UInt8], key: [UInt8], _ spki: SPKIFingerprint) throws(BenchError) -> IssuedPair {
        guard let leaf = PEM.read(made).blocks.first(where: { $0.label == "CERTIFICATE" }),
            let authority = PEM.read(certificate).blocks.first
        else { throw BenchError("openssl made no certificate") }
        return IssuedPair(
            chain: PEM.write(label: leaf.label, der: leaf.der) + PEM.write(label: "CERTIFICATE", der: authority.der),
            key: key, leaf: Fingerprint(hashing: leaf.der), spki: spki, rest: [Fingerprint(hashing: authority.der)])
    }

    private static func newKey(_ algorithm: String) -> [String] {
        ["-nodes", "-newkey"] + (algorithm == "ec" ? ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"] : [algorithm])
    }

    private static func openssl(
        _ arguments: [String], input: [UInt8] = [], in folder: String
    ) async throws(BenchError) -> [UInt8] {
        let result: ProcessResult
        do throws(ProcessError) {
            result = try await Command(
                "openssl", arguments, directory: folder, input: .bytes(input), deadline: .seconds(120)
            ).run()
        } catch {
            throw BenchError("\(error)")
        }
        guard result.succeeded else { throw BenchError("openssl \(arguments.first ?? ""): \(result.errorText)") }
        return result.output
    }
}

/// The bench itself could not be made, or does not do what it says: nothing is known of the driver.
package struct BenchError: Error, Sendable, CustomStringConvertible {
    package var description: String
    package init(_ description: String) { self.description = description }
}
