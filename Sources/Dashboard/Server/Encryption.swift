// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import HummingbirdCore
internal import HummingbirdTLS
internal import NIOCore
internal import NIOSSL
internal import Operations
internal import Synchronization

/// TLS of the dashboard's own, with a certificate that is read again when its files change: renewing it needs no restart.
enum Encryption {
    static func builder(_ certificate: Listening.Certificate?) throws(UserError) -> HTTPServerBuilder {
        let plain = HTTPServerBuilder.http1(configuration: .init(idleTimeout: .seconds(60)))
        guard let certificate else { return plain }
        let shelf = try CertificateShelf(certificate)
        let first = shelf.current
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: first.chain.map { .certificate($0) }, privateKey: .privateKey(first.key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        configuration.sslContextCallback = { _, promise in
            let now = shelf.current
            var change = NIOSSLContextConfigurationOverride()
            change.certificateChain = now.chain.map { .certificate($0) }
            change.privateKey = .privateKey(now.key)
            promise.succeed(change)
        }
        do { return try .tls(plain, tlsConfiguration: configuration) } catch {
            throw UserError("Certificate", "\(certificate.chain) and \(certificate.key): \(error)")
        }
    }
}

private final class CertificateShelf: Sendable {
    struct Pair: Sendable {
        var chain: [NIOSSLCertificate]
        var key: NIOSSLPrivateKey
    }
    private let files: Listening.Certificate
    private let content: Mutex<(pair: Pair, stamp: [Int])>

    init(_ files: Listening.Certificate) throws(UserError) {
        self.files = files
        content = Mutex((try Self.read(files), Self.stamp(files)))
    }

    /// What lies there now; the last good pair where it cannot be read, as between the writing of two files.
    var current: Pair {
        let stamp = Self.stamp(files)
        if let known = content.withLock({ $0.stamp == stamp ? $0.pair : nil }) { return known }
        guard let pair = try? Self.read(files) else { return content.withLock { $0.pair } }
        content.withLock { $0 = (pair, stamp) }
        return pair
    }

    private static func read(_ files: Listening.Certificate) throws(UserError) -> Pair {
        do {
            let chain = try NIOSSLCertificate.fromPEMFile(files.chain)
            let key = try NIOSSLPrivateKey(file: files.key, format: .pem)
            // A key of another certificate shows here and not at somebody's first visit.
            _ = try NIOSSLContext(
                configuration: .makeServerConfiguration(
                    certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key)))
            return Pair(chain: chain, key: key)
        } catch {
            throw UserError(
                "Certificate", "\(files.chain) and \(files.key) cannot be served with: \(error)",
                hint: "PEM files: the chain, leaf first, and its private key")
        }
    }

    private static func stamp(_ files: Listening.Certificate) -> [Int] {
        [files.chain, files.key].flatMap { path -> [Int] in
            var status = stat()
            guard stat(path, &status) == 0 else { return [] }
            return [Int(status.st_mtim.tv_sec), status.st_mtim.tv_nsec, Int(status.st_size), Int(status.st_ino)]
        }
    }
}
