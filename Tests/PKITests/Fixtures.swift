// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Vocabulary

/// A folder of its own for one suite or test, with the real `openssl` at work in it; gone with its last owner.
final class Laboratory: Sendable {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }
    let folder: String

    init() throws {
        var template = Array("\(NSTemporaryDirectory())/countersign-pki-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw Failure(description: "no temporary folder") }
        folder = String(cString: made)
    }
    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func path(_ name: String) -> String { "\(folder)/\(name)" }
    func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path(name)))) }
    func write(_ bytes: [UInt8], to name: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path(name)))
    }

    /// `openssl` in the folder; what it printed on standard output.
    @discardableResult
    func openssl(_ arguments: String...) throws -> String { try openssl(arguments) }

    @discardableResult
    func openssl(_ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        let output = path("output-\(UUID().uuidString)")
        for file in [output, output + ".errors"] { _ = FileManager.default.createFile(atPath: file, contents: nil) }
        process.standardOutput = FileHandle(forWritingAtPath: output)
        process.standardError = FileHandle(forWritingAtPath: output + ".errors")
        process.standardInput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let errors = (try? String(contentsOfFile: output + ".errors", encoding: .utf8)) ?? ""
            throw Failure(description: "openssl \(arguments.joined(separator: " ")): \(errors)")
        }
        return try String(contentsOfFile: output, encoding: .utf8)
    }

    static let p256 = ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"]

    /// `NAME.key` and, signed by `issuer` (or itself), `NAME.pem`. Gives back the DER.
    @discardableResult
    func certificate(
        _ name: String, issuer: String? = nil, key: [String] = p256, subject: String? = nil,
        extensions: [String] = [], digest: String? = "-sha256", serial: String? = nil, days: Int = 30
    ) throws -> [UInt8] {
        if !FileManager.default.fileExists(atPath: path("\(name).key")) {
            try openssl(["genpkey", "-algorithm"] + key + ["-out", "\(name).key"])
        }
        // Some extension file must be there, or `x509` copies none and `req` puts in its own.
        let section =
            "[ext]\n" + (extensions.isEmpty ? ["nsComment = none"] : extensions).joined(separator: "\n") + "\n"
        try write(Array(("[req]\ndistinguished_name = dn\n[dn]\n" + section).utf8), to: "\(name).cnf")
        let hash = digest.map { [$0] } ?? []
        try openssl(
            ["req", "-new", "-utf8", "-config", "\(name).cnf", "-key", "\(name).key"] + hash
                + ["-subj", subject ?? "/CN=\(name)", "-out", "\(name).csr"])
        var command = ["x509", "-req", "-in", "\(name).csr", "-days", "\(days)"] + hash
        command += ["-extfile", "\(name).cnf", "-extensions", "ext", "-out", "\(name).pem"]
        command += ["-set_serial", serial ?? "\(Int.random(in: 1...Int.max))"]
        command += issuer.map { ["-CA", "\($0).pem", "-CAkey", "\($0).key"] } ?? ["-signkey", "\(name).key"]
        try openssl(command)
        return try der(of: name)
    }

    func der(of name: String) throws -> [UInt8] {
        try openssl("x509", "-in", "\(name).pem", "-outform", "DER", "-out", "\(name).der")
        return try bytes("\(name).der")
    }

    func secret(_ name: String) throws -> SecretBytes {
        var bytes = try bytes(name)
        return SecretBytes(taking: &bytes)
    }
}

enum Extensions {
    static func authority(_ more: String...) -> [String] {
        ["basicConstraints = critical,CA:TRUE", "keyUsage = critical,keyCertSign"] + more
    }
    static func server(_ names: String) -> [String] {
        ["basicConstraints = CA:FALSE", "extendedKeyUsage = serverAuth", "subjectAltName = \(names)"]
    }
}

extension Sequence<UInt8> {
    var text: String { String(decoding: Array(self), as: UTF8.self) }
}
