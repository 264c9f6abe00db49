// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Git
internal import Glibc
internal import Journal
internal import Operations
internal import PKI
internal import Vocabulary

/// `main` is what the slots hold; `renewal-1` and so on, each on top of the one before, renew every certificate. Chains and keys of
/// the renewals lie as files too, for whoever copies files: `renewal-N/NAME.crt` and `.key`.
struct FleetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fleet",
        abstract: "A repository whose devices are reached by ssh, on loopback addresses; or without it, as this machine's own.")

    @Option(help: "Certificates, each in a slot of its own, spread over the devices.") var bindings: Int
    @Option(help: "Devices, from 127.77.0.1 on.") var devices: Int
    @Option(help: "A port that is free on all these addresses.") var port: Int
    @Option(help: "Where sshd listens on each of them.") var sshPort: Int
    @Option(help: "sshd's host key: type and base64.") var hostKey: String
    @Option(help: "The public key by which bob signs, and dave's.") var approver: [String]
    @Option(help: "How many renewals there are.") var renewals = 1
    @Flag(help: "A standing approval lets every renewal through.") var standing = false
    @Option(help: "The program.") var nginx = "/usr/sbin/nginx"
    @Flag(name: .customLong("local"), help: "Devices of this machine, without ssh.") var isLocal = false
    @Argument(help: "An absolute path of a folder that is there.") var folder: String

    func validate() throws {
        guard folder.hasPrefix("/"), (1...10_000).contains(devices), (devices...10_000).contains(bindings),
            (1...100).contains(renewals), [port, sshPort].allSatisfy((1...65_535).contains)
        else { throw ValidationError("an absolute folder, at most 10,000 slots on as many devices or fewer, ports") }
    }

    func run() async throws {
        let now = Timestamp.current
        let fleet = Estate.Fleet(
            folder: folder, devices: devices, port: port, sshPort: sshPort, nginx: nginx, isLocal: isLocal)
        let estate = Estate(count: bindings, place: .fleet(fleet))
        let recorder = try Recorder.open(StateDirectory(at: folder + "/state", create: true))
        var cast = try Cast(recorder: recorder.publicKey, approvers: approver)
        cast.knownHosts = (0..<devices).map { "[\(estate.address($0))]:\(sshPort) \(hostKey)\n" }.joined()
        let issuance = Issuance(authority: try Authority(now: now), estate: estate, now: now)
        let all = Array(0..<bindings)
        for device in 0..<devices {
            try makeFolder(estate.deviceName(device))
            try makeFolder("\(estate.deviceName(device))/tls")
            try Files.write(
                Array(configuration(device, estate).utf8), to: "\(folder)/\(estate.deviceName(device))/nginx.conf",
                mode: 0o644)
        }
        try makeFolder("keys")
        let old = try issuance.old(all, withKeys: true)
        for (index, leaf) in old {
            try Files.write(issuance.authority.chain(leaf), to: estate.certificatePath(index), mode: 0o644)
            try Files.write(leaf.key ?? [], to: estate.keyPath(index), mode: 0o600)
        }
        try keep(old)

        let bare = folder + "/repository.git"
        let repository = try await BareRepository.make(at: bare)
        var tree = try repository.store(
            estate.files
                + cast.files(
                    keyRoot: estate.keyRoot, standingFor: standing ? try issuance.authority.publicKey : nil)
                + issuance.files(old), on: nil)
        var commit = try repository.store(
            commit: cast.commit(tree: tree, parents: [], message: "Declare what is in force\n", at: now - .hours(2)))
        try repository.update("refs/heads/main", to: commit, expecting: nil)
        for round in 1...renewals {
            let renewed = try issuance.renewed(all, round: round, withKeys: true)
            try keep(renewed)
            try makeFolder("renewal-\(round)")
            for (index, leaf) in renewed {
                let path = "\(folder)/renewal-\(round)/\(estate.name(index))"
                try Files.write(issuance.authority.chain(leaf), to: path + ".crt", mode: 0o644)
                try Files.write(leaf.key ?? [], to: path + ".key", mode: 0o600)
            }
            tree = try repository.store(issuance.files(renewed), on: tree)
            commit = try repository.store(
                commit: cast.commit(
                    tree: tree, parents: [commit], message: "Renew everything\n",
                    at: now - .hours(1) + .minutes(Int64(round))))
            try repository.update("refs/heads/renewal-\(round)", to: commit, expecting: nil)
        }
        try await BareRepository.pack(bare)
        for device in 0..<devices { print(estate.deviceName(device), estate.address(device)) }
    }

    private func makeFolder(_ name: String) throws {
        guard mkdir("\(folder)/\(name)", 0o700) == 0 else { throw WorkloadError("no folder \(folder)/\(name)") }
    }

    /// Where the gateway finds it: under its own public key's hash.
    private func keep(_ leaves: [(index: Int, leaf: Authority.Leaf)]) throws {
        for (_, leaf) in leaves {
            let spki = try CertificateFacts(der: leaf.der).spki
            try Files.write(leaf.key ?? [], to: "\(folder)/keys/\(spki.hex).key", mode: 0o600)
        }
    }

    private func configuration(_ device: Int, _ estate: Estate) -> String {
        let place = "\(folder)/\(estate.deviceName(device))"
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "    \($0)_temp_path \(place)/\($0);\n" }.joined()
        let servers = (0..<estate.count).filter { estate.device(of: $0) == device }.map { index in
            """
                server {
                    listen \(estate.address(device)):\(port) ssl;
                    server_name \(estate.serverName(index));
                    ssl_certificate \(estate.certificatePath(index));
                    ssl_certificate_key \(estate.keyPath(index));
                }

            """
        }
        return """
            user root;
            worker_processes 1;
            pid \(place)/nginx.pid;
            error_log \(place)/error.log;
            events { worker_connections 128; }
            http {
            \(temporary)    access_log off;
                server_names_hash_max_size 65536;
                server_names_hash_bucket_size 128;
            \(servers.joined())}

            """
    }
}
