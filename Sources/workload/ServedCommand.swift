// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Git
internal import Glibc
internal import Journal
internal import Operations
internal import Signatures
internal import Vocabulary

/// A whole site on this machine: a bare repository, slots with their keys, nginx's configuration that serves each name from
/// its slot, and a state directory with the recorder that the repository declares.
struct ServedCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "served", abstract: "A repository whose slots are files that an nginx on loopback serves.")

    @Option(help: "Certificates, each in a slot of its own.") var bindings: Int
    @Option(help: "A free port on 127.0.0.1.") var port: Int
    @Option(help: "The program.") var nginx = "/usr/sbin/nginx"
    @Argument(
        help: "An absolute path of a folder that is there: repository.git, state, nginx.conf and slots go into it.")
    var folder: String

    func validate() throws {
        guard folder.hasPrefix("/"), (1...10_000).contains(bindings), (1...65_535).contains(port) else {
            throw ValidationError("an absolute folder, 1 to 10,000 bindings, a port")
        }
    }

    func run() async throws {
        let now = Timestamp.current
        let estate = Estate(count: bindings, place: .here(Estate.Site(folder: folder, port: port, nginx: nginx)))
        let recorder = try Recorder.open(StateDirectory(at: folder + "/state", create: true))
        let cast = try Cast(recorder: recorder.publicKey)
        let issuance = Issuance(authority: try Authority(now: now), estate: estate, now: now)
        let leaves = try issuance.old(Array(0..<bindings), withKeys: true)
        try put(leaves, issuance)

        let bare = folder + "/repository.git"
        let repository = try await BareRepository.make(at: bare)
        let tree = try repository.store(
            estate.files + cast.files(keyRoot: estate.keyRoot) + issuance.files(leaves), on: nil)
        let trusted = try repository.store(
            commit: cast.commit(tree: tree, parents: [], message: "Declare what is in force\n", at: now - .hours(2)))
        try repository.update("refs/heads/main", to: trusted, expecting: nil)
        try await BareRepository.pack(bare)
    }

    private func put(_ leaves: [(index: Int, leaf: Authority.Leaf)], _ issuance: Issuance) throws {
        for name in ["tls", "keys"] {
            guard mkdir("\(folder)/\(name)", 0o700) == 0 else { throw WorkloadError("no folder \(folder)/\(name)") }
        }
        for (index, leaf) in leaves {
            try Files.write(issuance.authority.chain(leaf), to: issuance.estate.certificatePath(index), mode: 0o644)
            try Files.write(leaf.key ?? [], to: issuance.estate.keyPath(index), mode: 0o600)
        }
        try Files.write(Array(configuration(issuance.estate).utf8), to: folder + "/nginx.conf", mode: 0o644)
    }

    private func configuration(_ estate: Estate) -> String {
        let servers = (0..<estate.count).map { index in
            """
                server {
                    listen 127.0.0.1:\(port) ssl;
                    server_name \(estate.serverName(index));
                    ssl_certificate \(estate.certificatePath(index));
                    ssl_certificate_key \(estate.keyPath(index));
                }

            """
        }
        return """
            \(getuid() == 0 ? "user root;\n" : "")pid \(folder)/nginx.pid;
            error_log \(folder)/error.log;
            events { worker_connections 4096; }
            http {
                access_log off;
                server_names_hash_max_size 65536;
                server_names_hash_bucket_size 128;
            \(servers.joined())}

            """
    }
}
