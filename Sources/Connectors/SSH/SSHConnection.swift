// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import Glibc
internal import Synchronization

/// One device's connection through the user's own `ssh`, kept open between calls by its ControlMaster.
///
/// Identity, proxies and names are the user's affair and come from their configuration. Which host key is right is the
/// repository's: options given here come before every configuration file (ssh_config(5): the first value is used).
final class SSHConnection: Sendable {
    let address: DeviceSpec.SSH
    let connectLimit: Duration
    let program: String
    private let knownHosts: [UInt8]
    /// A private folder with the known hosts and the master's socket; made when first needed.
    private let folder = Mutex<String?>(nil)

    init(_ address: DeviceSpec.SSH, knownHosts: [UInt8], connectLimit: Duration, program: String = "ssh") {
        (self.address, self.knownHosts, self.connectLimit) = (address, knownHosts, connectLimit)
        self.program = program
    }

    deinit { drop() }

    /// Forgets the master: the next call makes a new one. That one ends by itself, once nobody has used it for a while.
    func drop() {
        folder.withLock { folder in
            guard let path = folder else { return }
            for name in ["known_hosts", "m"] { unlink(path + "/" + name) }
            rmdir(path)
            folder = nil
        }
    }

    func arguments() throws(DeviceError) -> [String] {
        let folder = try place()
        let seconds = max(connectLimit.components.seconds, 1)
        let options = [
            "BatchMode=yes", "LogLevel=ERROR", "RequestTTY=no", "RemoteCommand=none", "PermitLocalCommand=no",
            // The repository's host keys and no others, whatever the user's configuration or DNS say.
            "StrictHostKeyChecking=yes", "UserKnownHostsFile=\(folder)/known_hosts", "GlobalKnownHostsFile=/dev/null",
            "UpdateHostKeys=no", "VerifyHostKeyDNS=no", "CheckHostIP=no", "NoHostAuthenticationForLocalhost=no",
            "ForwardAgent=no", "ForwardX11=no", "ClearAllForwardings=yes", "Tunnel=no",
            "ControlMaster=auto", "ControlPath=\(folder)/m", "ControlPersist=15",
            "ConnectTimeout=\(seconds)", "ConnectionAttempts=1", "ServerAliveInterval=5", "ServerAliveCountMax=3",
        ]
        return ["-T"] + options.flatMap { ["-o", $0] } + ["-p", String(address.port)]
            + (address.user.map { ["-l", $0] } ?? [])
            + ["--", address.host, RemoteProgram.command(become: address.become)]
    }

    private func place() throws(DeviceError) -> String {
        let made = folder.withLock { folder -> Result<String, DeviceError> in
            if let folder { return .success(folder) }
            // Not under TMPDIR: the socket's path has but 107 bytes, of which ssh(1) needs 17 for itself.
            var template = Array("/tmp/countersign-XXXXXX".utf8CString)
            guard mkdtemp(&template) != nil else { return .failure(.system("connect", "/tmp", errno)) }
            let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            folder = path
            guard let file = Descriptor(path + "/known_hosts", O_WRONLY | O_CREAT | O_EXCL, mode: 0o600),
                knownHosts.withUnsafeBytes({ write(file.raw, $0.baseAddress, $0.count) }) == knownHosts.count
            else { return .failure(.system("connect", path, errno)) }
            return .success(path)
        }
        do { return try made.get() } catch {
            drop()
            throw error
        }
    }
}
