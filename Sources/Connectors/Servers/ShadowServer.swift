// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import PKI
internal import Planning
internal import Vocabulary

/// A second server, started with the candidates beside the one that runs, in namespaces where it disturbs nobody; handshakes with
/// it are the verdict. For servers whose own check says nothing (measured: `apache2 -t`, `postfix check` and `doveconf` take a key
/// that does not match), and that start without a word with what they cannot serve.
struct ShadowServer: Sendable {
    /// A constant shell script's beginning: starts the server, which goes to the background. Anything but 0 is a refusal.
    var start: String
    /// Its arguments, from `$1` on.
    var arguments: [String]

    /// Constant: names (`-`: none), leaves, then the server's own arguments.
    private var script: String {
        """
        set -eu
        names=$1 leaves=$2
        shift 2
        if ! command -v openssl >/dev/null || ! command -v ss >/dev/null; then
            echo 'openssl and ss (iproute2) are needed on the device' >&2
            exit 126
        fi
        \(start)
        echo 'countersign: started'
        \(Self.handshakes)
        """
    }

    /// Nothing tells when a server that was just started listens: it is looked at each tenth of a second, for ten seconds at most.
    private static let handshakes = """
        count=0
        while places=$(ss -Hltn | while read -r _ _ _ place _; do printf '%s\\n' "$place"; done) && [ -z "$places" ]; do
            count=$((count + 1))
            [ "$count" -lt 100 ] || break
            sleep 0.1
        done
        tried() { printf '%s\\t%s\\t%s\\t%s\\t%s\\n' "$1" "$place" "$protocol" "$name" "$2"; }
        shake() {
            protocol=$1
            set -- -connect "$place" -debug
            case $protocol in tls) ;; *) set -- "$@" -starttls "$protocol" ;; esac
            case $name in -) set -- "$@" -noservername ;; *) set -- "$@" -servername "$name" ;; esac
            status=0
            said=$(timeout 10 openssl s_client "$@" </dev/null 2>&1) || status=$?
            print=$(printf '%s\\n' "$said" | openssl x509 -noout -fingerprint -sha256 2>/dev/null) || print=
            [ -n "$print" ] || return 1
            print=${print#*=}
            tried served "$print"
            rest=
            for leaf in $leaves; do [ "$leaf" = "$print" ] || rest="$rest $leaf"; done
            leaves=$rest
            [ -n "$leaves" ] || exit 0
        }
        # What a server says before anybody has spoken is, to TLS, the beginning of a record.
        greeted() {
            case $said in
            *'0000 - 2a 20 4f 4b'*) echo imap ;;
            *'0000 - 2b 4f 4b'*) echo pop3 ;;
            *'0000 - 32 32 30'*) echo smtp ;;
            *) echo tls ;;
            esac
        }
        failed() {
            if [ "$status" -eq 124 ]; then tried silent ''; return; fi
            tried failed "$(printf '%s\\n' "$said" | grep -m 1 -i -e error: -e "didn't" -e refused || :)"
        }
        for place in $places; do
            case $place in
            0.0.0.0:*|'*':*) place=127.0.0.1:${place##*:} ;;
            '[::]':*) place="[::1]:${place##*:}" ;;
            *%*) place=${place%%\\%*}:${place##*:} ;;
            esac
            spoken=tls
            for name in $names; do
                if shake "$spoken"; then continue; fi
                if [ "$spoken" = tls ]; then
                    spoken=$(greeted)
                    if [ "$spoken" != tls ] && shake "$spoken"; then continue; fi
                fi
                failed
            done
        done
        exit 0
        """

    /// What is asked for a candidate, and by what it is known again.
    struct Question: Sendable {
        var names: [String]
        var leaf: Fingerprint?

        init(_ candidate: Candidate) {
            leaf = candidate.leaf
            let der = candidate.certificate.flatMap { try? ChainFile(pem: $0) }?.leaf.der
            let facts = der.flatMap { try? CertificateFacts(der: $0) }
            // A wildcard stands for any name in its place. What is no host name is not asked for.
            names = (facts?.dnsNames ?? []).map { $0.hasPrefix("*.") ? "countersign" + $0.dropFirst() : $0 }
                .filter { HostName($0) != nil }
            names = names.isEmpty ? ["-"] : Array(names.prefix(5))
        }
    }

    enum Answer: Sendable {
        case refused(String)
        case handshakes([ShadowHandshake])
    }

    /// Throws `unsupported` where no namespace can be had.
    func answer(
        to questions: [Question], in shadow: inout ShadowCheck, seeing overlay: [String: String?]
    ) async throws(DeviceError) -> Answer {
        let names = questions.flatMap(\.names).distinct().joined(separator: " ")
        let leaves = questions.compactMap { $0.leaf.map(ShadowHandshake.text) }.joined(separator: " ")
        let argv = ["/bin/sh", "-c", script, "countersign", names, leaves] + arguments
        guard let ran = try await shadow.run(argv, seeing: overlay, isAlone: true) else {
            throw ShadowCheck.needsNamespace
        }
        let output = String(decoding: ran.output, as: UTF8.self)
        guard output.split(separator: "\n").contains("countersign: started") else {
            return .refused(try ran.refusal() ?? "the server did not start with it")
        }
        return .handshakes(output.split(separator: "\n").compactMap(ShadowHandshake.init))
    }
}

/// One handshake in the shadow.
struct ShadowHandshake: Hashable, Sendable {
    enum Result: Hashable, Sendable {
        case served(String)  // AB:CD:…
        case failed(String)
        case silent
    }
    var place: String
    var spoken: String
    var name: String
    var result: Result

    init?(_ line: Substring) {
        let parts = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 5 else { return nil }
        switch parts[0] {
        case "served": result = .served(parts[4])
        case "failed": result = .failed(parts[4])
        case "silent": result = .silent
        default: return nil
        }
        (place, spoken, name) = (parts[1], parts[2], parts[3])
    }

    /// As `openssl x509 -fingerprint` prints it.
    static func text(_ leaf: Fingerprint) -> String {
        var text = ""
        for (index, digit) in leaf.hex.uppercased().enumerated() {
            if index > 0, index.isMultiple(of: 2) { text.append(":") }
            text.append(digit)
        }
        return text
    }

    /// Accepted where the leaf was served, and where its names are served another one: then the configuration uses the slot for
    /// something that was not asked for, and nothing speaks against the candidate. Refused where none of its names is served
    /// anything at all any more.
    ///
    /// Throws `timedOut` where that may be for want of time only.
    ///
    /// - Parameter usual: handshakes with a server that was started without the candidate; where they succeed and no longer do
    ///   with it, it is to blame, whatever is served elsewhere under the same name.
    static func judge(
        _ all: [ShadowHandshake], _ question: ShadowServer.Question, usual: [ShadowHandshake] = []
    ) throws(DeviceError) -> CandidateVerdict {
        if let leaf = question.leaf.map(text), all.contains(where: { $0.result == .served(leaf) }) { return .accepted }
        let own = all.filter { question.names.contains($0.name) }
        let lost = own.filter { failed in failed.hasFailed && usual.contains { $0.isSuccess(of: failed) } }
        if lost.isEmpty, own.contains(where: \.hasServed) { return .accepted }
        if own.contains(where: { $0.result == .silent }) {
            throw DeviceError(
                .timedOut, operation: "check",
                detail: "a server started with the candidate did not shake hands within 10 s")
        }
        let words = (lost.isEmpty ? own : lost).map { handshake -> String in
            guard case .failed(let words) = handshake.result else { return "" }
            return "\(handshake.place) (\(handshake.spoken)): \(words.isEmpty ? "no certificate" : words)"
        }
        return .refused(
            message: words.isEmpty
                ? "a server started with it listens nowhere"
                : "a server started with it makes no TLS handshake: " + words.joined(separator: "; "))
    }
}

extension ShadowHandshake {
    fileprivate var hasServed: Bool { if case .served = result { true } else { false } }
    fileprivate var hasFailed: Bool { if case .failed = result { true } else { false } }

    /// Whether this is the same place and name, answered by some certificate.
    fileprivate func isSuccess(of other: Self) -> Bool {
        hasServed && place == other.place && name == other.name
    }

    /// Its names are served something else at one place, and nothing at another: only without the candidate can be seen which
    /// of them is its own.
    static func isAmbiguous(_ all: [Self], _ question: ShadowServer.Question) -> Bool {
        if let leaf = question.leaf.map(text), all.contains(where: { $0.result == .served(leaf) }) { return false }
        let own = all.filter { question.names.contains($0.name) }
        return own.contains(where: \.hasServed) && own.contains(where: \.hasFailed)
    }
}

extension FileDriver {
    func check(
        _ staged: StagedBatch, by server: (ShadowCheck) -> ShadowServer, configuration: ConfigurationFacts
    ) async throws(DeviceError) -> [WorkOrderDigest: CandidateVerdict] {
        try await withShadow(of: staged, named: configuration.named) { (check) throws(DeviceError) in
            let questions = staged.batch.candidates.map(ShadowServer.Question.init)
            let server = server(check)
            var shadow = check
            var verdicts: [WorkOrderDigest: CandidateVerdict] = [:]
            // Whose server starts is judged one by one from what it then serves.
            let started = try await check.verdicts(missing: { (some) throws(DeviceError) in
                try await shadow.missing(beside: some)
            }) { (some) throws(DeviceError) in
                let asked = some.map { questions[$0] }
                switch try await server.answer(to: asked, in: &shadow, seeing: check.overlay(of: some)) {
                case .refused(let words): return words
                case .handshakes(let all):
                    var usual: [ShadowHandshake] = []
                    if asked.contains(where: { ShadowHandshake.isAmbiguous(all, $0) }),
                        case .handshakes(let others) = try await server.answer(to: asked, in: &shadow, seeing: [:])
                    {
                        usual = others
                    }
                    for index in some where questions[index].leaf != nil {
                        verdicts[check.candidates[index].workOrder] = try ShadowHandshake.judge(
                            all, questions[index], usual: usual)
                    }
                    return nil
                }
            }
            return started.merging(verdicts) { started, served in started == .accepted ? served : started }
        }
    }
}
