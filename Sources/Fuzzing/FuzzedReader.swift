// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Declarations
internal import PKI
internal import Signatures
internal import Vocabulary
internal import YAML

/// A reader of bytes from outside.
package enum FuzzedReader: String, CaseIterable, Sendable {
    case yaml, declarations, record, sshsig, publicKey, pem, chain, privateKey, ocsp, crl

    package struct Verdict: Sendable {
        package var isAccepted: Bool
        /// What cannot be right whatever the input was.
        package var objection: String?
    }

    package func read(_ input: [UInt8]) -> Verdict {
        switch self {
        case .yaml: yaml(input)
        case .declarations: declarations(input)
        case .record: record(input)
        case .sshsig: Verdict(isAccepted: (try? SSHSignature(armor: input)) != nil)
        case .publicKey: publicKey(input)
        case .pem: pem(input)
        case .chain: chain(input)
        case .ocsp, .crl: revocation(input)
        case .privateKey:
            Verdict(isAccepted: (try? PrivateKey(input.withUnsafeBytes { SecretBytes(copying: $0) })) != nil)
        }
    }

    private func yaml(_ input: [UInt8]) -> Verdict {
        let file = YAMLFile(reading: input)
        let lines = input.count { $0 == 0x0a || $0 == 0x0d } + 2
        let objection = file.errors.lazy.compactMap { error -> String? in
            guard (1...lines).contains(error.line), error.column >= 1 else {
                return "an error at no place: \(error.line):\(error.column)"
            }
            return movesCursor(error.message)
                ? "a raw control character in: \(Hex.encode(Array(error.message.utf8)))" : nil
        }.first
        return Verdict(isAccepted: file.errors.isEmpty, objection: objection)
    }

    private func declarations(_ input: [UInt8]) -> Verdict {
        let decoded = DeclarationReader.decode([SourceFile(path: "fuzzed.yaml", bytes: input)], width: 1)
        let checked = decoded.check(files: [:], paths: ["fuzzed.yaml"])
        let objection = checked.diagnostics.lazy.map(\.description).first(where: movesCursor)
        return Verdict(
            isAccepted: !checked.set.groups.isEmpty,
            objection: objection.map { "a raw control character in: \(Hex.encode(Array($0.utf8)))" })
    }

    private func record(_ input: [UInt8]) -> Verdict {
        guard let id = ObjectID(bytes: [UInt8](repeating: 1, count: 20)) else { return Verdict(isAccepted: false) }
        let presumed = RecordReader.presumedKey(of: input)
        switch RecordReader.read(commit: id, raw: input) {
        case .success(let signed):
            let again = RecordReader.reread(signed.key, id, input)
            return Verdict(
                isAccepted: true,
                objection: presumed != signed.key || again != signed ? "one record under two names" : nil)
        case .failure(let refusal):
            return Verdict(
                isAccepted: false,
                objection: movesCursor(refusal.message)
                    ? "a raw control character in: \(Hex.encode(Array(refusal.message.utf8)))" : nil)
        }
    }

    private func publicKey(_ input: [UInt8]) -> Verdict {
        guard let key = try? PublicKey(line: String(decoding: input, as: UTF8.self)) else {
            return Verdict(isAccepted: false)
        }
        let again = try? PublicKey(line: key.line)
        return Verdict(
            isAccepted: true, objection: again == key ? nil : "a key that is another when it is written and read")
    }

    private func pem(_ input: [UInt8]) -> Verdict {
        let (blocks, problems) = PEM.read(input)
        let lines = input.count { $0 == 0x0a || $0 == 0x0d } + 1
        let isPlaced = problems.allSatisfy { (1...lines).contains($0.line) }
        return Verdict(
            isAccepted: problems.isEmpty && !blocks.isEmpty, objection: isPlaced ? nil : "a problem at no place")
    }

    private func chain(_ input: [UInt8]) -> Verdict {
        guard let chain = try? ChainFile(pem: input) else { return Verdict(isAccepted: false) }
        let again = try? ChainFile(pem: chain.pem)
        return Verdict(
            isAccepted: true,
            objection: again?.certificates == chain.certificates
                ? nil : "a chain that is another when it is written and read")
    }

    /// PEM of a certificate and of its issuer, a zero byte, and what an authority answered about it; read a minute after it was issued.
    private func revocation(_ input: [UInt8]) -> Verdict {
        let parts = input.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
        let certificates = PEM.certificates(in: Array(parts[0]))
        guard parts.count == 2, certificates.count == 2,
            let pair = try? IssuedPair(certificates[0], issuedBy: [certificates[1]]),
            let issued = try? CertificateFacts(der: certificates[0]).notBefore
        else { return Verdict(isAccepted: false) }
        let (answer, now) = (Array(parts[1]), issued + 60)
        do throws(RevocationError) {
            let said = try self.answer(answer, pair, now)
            let again = try? self.answer(answer, pair, now)
            return Verdict(isAccepted: true, objection: again == said ? nil : "one answer that says two things")
        } catch {
            return Verdict(
                isAccepted: false,
                objection: movesCursor(error.detail)
                    ? "a raw control character in: \(Hex.encode(Array(error.detail.utf8)))" : nil)
        }
    }

    private func answer(
        _ bytes: [UInt8], _ pair: IssuedPair, _ now: Timestamp
    ) throws(RevocationError) -> RevocationAnswer {
        self == .crl
            ? try RevocationList.answer(bytes, about: pair, at: now)
            : try OCSP.answer(bytes, about: pair, source: .stapled, at: now)
    }

    private func movesCursor(_ text: String) -> Bool {
        text.unicodeScalars.contains { scalar in
            scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) || (0x202a...0x202e).contains(scalar.value)
                || (0x2066...0x2069).contains(scalar.value)
        }
    }
}

extension FuzzedReader {
    /// What the format is made of.
    var tokens: [[UInt8]] { words.map { Array($0.utf8) } + Self.bytes }

    private static let bytes: [[UInt8]] = [
        [0], [0xff], [0x7f], [0x80], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xef, 0xbb, 0xbf], [0xff, 0xff, 0xff, 0xff],
        [0, 0, 0, 0],
        [0x30, 0x84, 0xff, 0xff, 0xff, 0xff], [0x30, 0x80], [0x0d], [0x0a], [0x0d, 0x0a], [0x09],
    ]

    private var words: [String] {
        switch self {
        case .yaml, .declarations:
            [
                "\n", "  ", "- ", ": ", "{", "}", "[", "]", "\"", "'", "|\n", ">\n", "&a ", "*a", "!x ", "---\n",
                "...\n", "<<: *a\n", "#", "? ",
                "\u{1b}[2J", "\u{202e}", "\u{85}", "\u{2028}", "null", "true", "0", "-1", "99999999999999999999",
                "0x10", "1e9", "group:",
                "person:alice", "../..", "/", "é", "apiVersion: countersign/v1\n", "kind: Group\n",
                "metadata: {name: x}\n", "spec: ", "%YAML 1.1\n",
                "\"\\u0000\"", "\"\\x1b\"",
            ]
        case .record:
            [
                "tree ", "parent ", "author ", "committer ", "gpgsig ", "gpgsig-sha256 ", "mergetag ",
                "encoding latin1\n", "\n\n", "\n ", " +0000",
                " -9999", "9223372036854775807", "Countersign-Record: approval/v1\n", "Countersign-Level: ",
                "Countersign-Decision: reject\n",
                "Countersign-Work-Order: ", "Countersign-Acknowledge: changes 7\n", "Countersign-Implementation: at ",
                "countersign-record: x\n",
                "2026-02-30T24:00:00Z", "/", "sha256:", "WO-", "<", ">", "-----END SSH SIGNATURE-----",
            ]
        case .sshsig:
            [
                "-----BEGIN SSH SIGNATURE-----\n", "-----END SSH SIGNATURE-----", "U1NIU0lH", "AAAA", "=", "==", "////",
                "\n", " ",
            ]
        case .publicKey:
            [
                "ssh-ed25519 ", "ssh-rsa ", "ecdsa-sha2-nistp256 ", "sk-ssh-ed25519@openssh.com ",
                "-cert-v01@openssh.com", "AAAA", "=", " ", "\n",
            ]
        case .ocsp, .crl:
            // Object identifiers and times, as DER has them.
            [
                "\u{6}\u{3}U\u{1d}\u{14}", "\u{6}\u{3}U\u{1d}\u{15}", "\u{6}\u{3}U\u{1d}\u{1b}",
                "\u{6}\u{3}U\u{1d}\u{1c}",
                "\u{18}\u{f}20260102030405Z", "\u{17}\u{d}260230240000Z", "20990101000000Z", "\n\u{1}\u{6}", "\u{5}\0",
                "-----END CERTIFICATE-----\n",
            ]
        case .pem, .chain, .privateKey:
            [
                "-----BEGIN CERTIFICATE-----\n", "-----END CERTIFICATE-----\n", "-----BEGIN PRIVATE KEY-----\n",
                "-----END PRIVATE KEY-----\n",
                "-----BEGIN EC PARAMETERS-----\n", "-----BEGIN RSA PRIVATE KEY-----\n", "Proc-Type: 4,ENCRYPTED\n",
                "-----", "-----BEGIN ", "=", "==",
                "AAAA", "MII", "\n", "\n\n", " ",
            ]
        }
    }
}
