// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Synchronization

/// A whole small world, for stories that are told to the built binary: a CA, a real nginx that serves a certificate, a bare
/// origin, a clone and a state directory for each person and for the gateway, and a first commit that the gateway trusts.
///
/// Alice asks; bob (pki) approves; dave (netops) implements; mallory is a stranger with a key of her own. Everything lies in one
/// folder and on loopback, and ends with the last owner.
package final class Arena: Sendable {
    package enum Actor: String, Sendable, CaseIterable { case alice, bob, dave, mallory, gateway }

    /// What a story wants otherwise than usual.
    package struct Setting: Sendable {
        /// argv in place of `nginx -s reload`.
        package var reload: [String]?
        /// argv before `nginx -s reload`, which it is given; the word SLOT stands for the slot's folder.
        package var reloadThrough: [String] = []
        /// The nginx that the Device names.
        package var binary: String?
        /// How the device is reached. Not local: nginx and sshd on another address than the gateway's.
        package var reach = Reach.local
        /// Whether the repository's known hosts have the device's key.
        package var knowsHost = true
        /// More lines of the Device's spec.
        package var device: [String] = []
        /// More lines of the Zone's spec.
        package var zone: [String] = []
        /// More lines of the Repository's spec; FOLDER stands for the world's folder.
        package var repository: [String] = []
        /// More lines of the ApprovalPolicy's spec.
        package var policy: [String] = []
        /// More documents of the trust set; the word ISSUER stands for the SHA-256 of the CA's public key, FOLDER for the
        /// world's folder.
        package var documents: [String] = []
        /// The trusted commit declares the slot, and nothing lies in it yet: nginx serves from files beside it.
        package var slotIsEmpty = false
        /// More lines of the server's block in nginx.conf.
        package var nginx: [String] = []
        package var pki: [Actor] = [.alice, .bob]
        package var netops: [Actor] = [.bob, .dave]
        /// Who signs with gpg instead of SSH: a primary key that certifies, and a subkey that signs.
        package var openpgp: [Actor] = []
        /// What stands beside a person's key, with a comma before it: `, notAfter: 2026-01-01T00:00:00Z`.
        package var validity: [Actor: String] = [:]
        /// What `ssh-keygen -t` takes, for those whose key is no ed25519 one.
        package var keyTypes: [Actor: String] = [:]
        /// Whether the gateway has a key of its own that private keys in git are encrypted to.
        package var hasRecipient = false
        /// Whether the gateway trusts the first commit.
        package var isTrusted = true

        package init() {}
    }

    package enum Reach: Sendable, CaseIterable {
        case local
        /// A real sshd on a loopback address of its own; as root.
        case ssh
        /// The device is in a network of its own.
        case namespace
    }

    package static let host = "shop.example.com"
    package static let certificate = "shop-example-com"
    package static let connector = "edge-1-shop"

    package let folder: TemporaryFolder
    package let setting: Setting
    /// The `countersign` under test.
    package let binary: String
    package let repositoryID = UUID().uuidString.lowercased()
    package let keys: [Actor: SSHKey]
    package let gpg: [Actor: GPGKey]
    package let authority: CertificateAuthority
    package let nginx: NginxServer
    /// The device's, where it is not local.
    package let sshd: SSHServer?
    /// Served, and in the slot, when the story begins.
    package let old: IssuedCertificate
    private let trustedCommit = Mutex("")

    /// The commit that the gateway trusts.
    package var trusted: String { trustedCommit.withLock { $0 } }

    package static func make(
        _ binary: String, _ change: (inout Setting) -> Void = { _ in }
    ) async throws -> Arena {
        var setting = Setting()
        change(&setting)
        let folder = try TemporaryFolder("arena")
        for place in ["home", "slot", "private", "state"] {
            try folder.makeFolder(place)
            try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder.file(place))
        }
        async let keys = Self.keys(in: folder, setting.keyTypes)
        async let gpg = Self.gpgKeys(of: setting.openpgp, in: folder)
        let authority = try await CertificateAuthority(in: folder)
        let old = try await authority.issue("old", days: 20)
        // What an empty slot's server serves until there is something in it.
        let place = setting.slotIsEmpty ? "elsewhere" : "slot"
        try folder.write(old.chain, to: "\(place)/shop.crt")
        try folder.write(old.key, to: "\(place)/shop.key", mode: 0o600)
        let namespace = setting.reach == .namespace ? try await NetworkNamespace() : nil
        let sshd = setting.reach == .local ? nil : try await SSHServer(in: folder, namespace: namespace)
        let nginx = try await NginxServer.start(
            in: folder, host: host, certificate: folder.file("\(place)/shop.crt"),
            key: folder.file("\(place)/shop.key"), lines: setting.nginx, namespace: namespace)
        let arena = Arena(
            binary: binary, folder: folder, setting: setting, keys: try await keys, gpg: try await gpg,
            authority: authority, nginx: nginx, sshd: sshd, old: old)
        try await arena.declare()
        return arena
    }

    private init(
        binary: String, folder: TemporaryFolder, setting: Setting, keys: [Actor: SSHKey], gpg: [Actor: GPGKey],
        authority: CertificateAuthority, nginx: NginxServer, sshd: SSHServer?, old: IssuedCertificate
    ) {
        (self.binary, self.folder, self.setting, self.keys) = (binary, folder, setting, keys)
        (self.gpg, self.authority, self.nginx, self.sshd, self.old) = (gpg, authority, nginx, sshd, old)
    }

    private static func keys(
        in folder: TemporaryFolder, _ types: [Actor: String]
    ) async throws -> [Actor: SSHKey] {
        try await withThrowingTaskGroup { group in
            for actor in Actor.allCases where actor != .gateway {
                let type = types[actor] ?? "ed25519"
                group.addTask { (actor, try await SSHKey(actor.rawValue, in: folder, type: type)) }
            }
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }

    /// Where gpg looks by itself: below each one's home.
    private static func gpgKeys(of actors: [Actor], in folder: TemporaryFolder) async throws -> [Actor: GPGKey] {
        var keys: [Actor: GPGKey] = [:]
        for actor in actors {
            try folder.makeFolder("home/\(actor.rawValue)")
            let key = try await GPGKey(
                "\(actor.rawValue) <\(actor.rawValue)@example.com>", home: folder.file("home/\(actor.rawValue)/.gnupg"),
                usage: "cert")
            try await key.addSubkey()
            try folder.write(try await key.export(), to: "keys/\(actor.rawValue).asc")
            keys[actor] = key
        }
        return keys
    }

    /// The first commit, by alice, and a clone of it for everybody.
    private func declare() async throws {
        for actor in Actor.allCases { try writeGitConfiguration(of: actor) }
        try await run(["git", "init", "-q", "--bare", "-b", "main", origin], environment: environment(of: .gateway))
        try await run(["git", "init", "-q", "-b", "main", clone(of: .alice)], environment: environment(of: .alice))
        try await git(.alice, "remote", "add", "origin", "file://\(origin)")
        // The gateway's key is made before there is any repository.
        let recorder = try await countersign(["recorder", "--state", state(of: .gateway)], as: .gateway, exits: 0).line
        try keep(keyOf: old)
        if setting.hasRecipient {
            let recipient = try await countersign(
                ["recipient", "--state", state(of: .gateway)], as: .gateway, exits: 0)
            try write(recipient.output, to: "zones/default.pem")
        }
        for (path, text) in declarations(recorder: recorder) { try write(text, to: path) }
        let first = try await commit("Declare the shop, its server, and who decides")
        trustedCommit.withLock { $0 = first }
        try await withThrowingTaskGroup { group in
            for actor in Actor.allCases where actor != .alice {
                group.addTask {
                    try await TestKit.run(
                        ["git", "clone", "-q", "file://\(self.origin)", self.clone(of: actor)],
                        environment: self.environment(of: actor))
                }
            }
            try await group.waitForAll()
        }
        if setting.isTrusted { try await trust(first) }
    }

    /// The gateway pins this commit, and people give it with each command.
    package func trust(_ commit: String) async throws {
        trustedCommit.withLock { $0 = commit }
        try await countersign(as: .gateway, "trust", commit, exits: 0)
    }
}

extension Arena {
    package var origin: String { folder.file("origin.git") }
    package func clone(of actor: Actor) -> String { folder.file("clones/\(actor.rawValue)") }
    package func state(of actor: Actor) -> String { folder.file("state/\(actor.rawValue)") }
    package var slot: (certificate: String, key: String) {
        (folder.file("slot/shop.crt"), folder.file("slot/shop.key"))
    }

    /// What a person's shell has: a home and a git configuration of their own, nothing of this machine's.
    package func environment(of actor: Actor) -> [String: String?] {
        let home = folder.file("home/\(actor.rawValue)")
        var environment: [String: String?] = [
            "HOME": home, "XDG_CONFIG_HOME": home + "/.config", "XDG_STATE_HOME": home + "/.state",
            "GIT_CONFIG_GLOBAL": home + "/.gitconfig", "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0",
            "LC_ALL": "C", "TZ": "UTC",
        ]
        // Whose `ssh` is the device's own client; it counts how often it is run.
        if actor == .gateway, let sshd, let path = ProcessInfo.processInfo.environment["PATH"] {
            environment["PATH"] = sshd.clientFolder + ":" + path
        }
        for name in [
            "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_CONFIG_COUNT", "SSH_AUTH_SOCK", "EMAIL", "COLUMNS",
            "GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_AUTHOR_DATE", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL",
            "GIT_COMMITTER_DATE", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH", "http_proxy", "https_proxy", "HTTPS_PROXY",
            "all_proxy", "ALL_PROXY",
        ] {
            environment.updateValue(nil, forKey: name)
        }
        return environment
    }

    private func writeGitConfiguration(of actor: Actor) throws {
        guard let key = keys[actor] else {
            try folder.write("", to: "home/\(actor.rawValue)/.gitconfig")
            return
        }
        let signing = gpg[actor].map { ($0.fingerprint, "openpgp") } ?? ("\(key.path).pub", "ssh")
        try folder.write(
            """
            [user]
            \tname = \(actor.rawValue)
            \temail = \(actor.rawValue)@example.com
            \tsigningKey = \(signing.0)
            [gpg]
            \tformat = \(signing.1)
            [commit]
            \tgpgSign = true
            [gc]
            \tauto = 0

            """, to: "home/\(actor.rawValue)/.gitconfig")
    }

    /// Puts a private key where the gateway finds it: under its own public key's hash.
    package func keep(keyOf certificate: IssuedCertificate) throws {
        try folder.write(certificate.key, to: "private/\(certificate.spki).key", mode: 0o600)
    }
}
