// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import Vocabulary

/// The gateway's own `aws`, with its own credentials and proxies. A private key goes in by standard input only.
struct AWSCommand: Sendable {
    var acm: DeviceSpec.AWSACM
    var transport: any Transport

    /// nil where there is no such certificate.
    func ask(
        _ operation: String, of service: String = "acm", _ arguments: [String], within limit: Duration
    ) async throws(DeviceError) -> [UInt8]? {
        try await run(["/usr/bin/env"] + Self.settings + words(service, operation) + arguments, operation, nil, limit)
    }

    /// Certificates are public, but are too long for comfort, and only one thing can be standard input: they go into a private
    /// folder of a shell that takes it away again.
    func importing(
        certificate: [UInt8], chain: [UInt8], key: SecretBytes, _ arguments: [String], within limit: Duration
    ) async throws(DeviceError) -> String {
        let argv =
            ["/bin/sh", "-c", Self.importScript, "countersign", String(decoding: certificate, as: UTF8.self)]
            + [String(decoding: chain, as: UTF8.self)] + ["/usr/bin/env"] + Self.settings
            + words("acm", "import-certificate") + ["--query", "CertificateArn", "--output", "text"] + arguments
        let output = try await run(argv, "import-certificate", key, limit)
        return String(decoding: output ?? [], as: UTF8.self).split(separator: "\n").first.map(String.init) ?? ""
    }

    /// Constant: certificate, chain, then the command.
    private static let importScript = """
        set -eu
        umask 077
        folder=$(mktemp -d)
        trap 'rm -rf "$folder"' EXIT
        printf '%s' "$1" >"$folder/certificate"
        printf '%s' "$2" >"$folder/chain"
        shift 2
        set -- "$@" --certificate "fileb://$folder/certificate" --private-key fileb:///dev/stdin
        if [ -s "$folder/chain" ]; then set -- "$@" --certificate-chain "fileb://$folder/chain"; fi
        "$@"
        """

    /// Throttled calls are tried again by `aws` itself, with its own waiting.
    private static let settings = ["AWS_RETRY_MODE=standard", "AWS_MAX_ATTEMPTS=6", "AWS_PAGER="]

    private func words(_ service: String, _ operation: String) -> [String] {
        [acm.binary ?? "aws", "--region", acm.region] + (acm.profile.map { ["--profile", $0] } ?? [])
            + (acm.endpointURL.map { ["--endpoint-url", $0] } ?? []) + [service, operation]
    }

    private func run(
        _ argv: [String], _ operation: String, _ input: SecretBytes?, _ limit: Duration
    ) async throws(DeviceError) -> [UInt8]? {
        let last = try await transport.perform([.run(argv, input: input, outputLimit: 16 << 20)], within: limit).last
        let ran = try Ran(argv, last, operation)
        if ran.exit == 0 { return ran.output }
        let code = Self.code(ran.words)
        if code == "ResourceNotFoundException" { return nil }
        throw DeviceError(
            Self.deviceCode(code), operation: operation,
            detail: ran.exit == 127 ? "\(ran.program): not found" : ran.words)
    }

    /// `An error occurred (CODE) when calling the … operation: …`.
    private static func code(_ words: String) -> String? {
        guard let start = words.firstRange(of: "An error occurred (") else { return nil }
        return String(words[start.upperBound...].prefix { $0 != ")" })
    }

    private static func deviceCode(_ code: String?) -> DeviceError.Code {
        switch code {
        case nil: .unreachable
        case "AccessDeniedException", "AccessDenied", "UnrecognizedClientException", "ExpiredTokenException",
            "InvalidClientTokenId":
            .denied
        case "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException": .unreachable
        default: .refused
        }
    }
}
