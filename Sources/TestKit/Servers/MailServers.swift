// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Glibc

extension OwnServer {
    /// Postfix with `smtp` (STARTTLS) and `tls` (from the first byte); the pair is `tls/shop.crt` and `tls/shop.key`. Further names
    /// are served from the first byte on the ports named after them.
    package static func postfix(in folder: TemporaryFolder, serving names: [String] = []) async throws -> OwnServer {
        let ports = try freePorts(for: ["smtp", "tls"] + names)
        for place in ["postfix/queue", "postfix/data"] { try folder.makeFolder(place) }
        try await run("chown", "postfix", folder.file("postfix/data"))
        try folder.write(
            """
            compatibility_level = 3.6
            queue_directory = \(folder.file("postfix/queue"))
            data_directory = \(folder.file("postfix/data"))
            mail_owner = postfix
            setgid_group = postdrop
            inet_interfaces = loopback-only
            inet_protocols = ipv4
            myhostname = mail.example.com
            mydestination =
            notify_classes =
            maillog_file = \(folder.file("postfix/log"))
            maillog_file_prefixes = /tmp, /var
            smtpd_tls_cert_file = \(folder.file("tls/shop.crt"))
            smtpd_tls_key_file = \(folder.file("tls/shop.key"))
            smtpd_tls_security_level = may

            """, to: "postfix/main.cf")
        let inner =
            ["pickup unix n - n 60 1", "cleanup unix n - n - 0", "qmgr unix n - n 300 1", "tlsmgr unix - - n 1000? 1"]
            + ["rewrite unix - - n - -", "bounce unix - - n - 0", "anvil unix - - n - 1", "proxymap unix - - n - -"]
        let programs = ["rewrite": "trivial-rewrite"]
        try folder.write(
            """
            127.0.0.1:\(ports["smtp"] ?? 0) inet n - n - - smtpd
            127.0.0.1:\(ports["tls"] ?? 0) inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
            \(names.map { postfixService($0, ports[$0] ?? 0, folder) }.joined())\
            postlog unix-dgram n - n - 1 postlogd

            """
                + inner.map { line in
                    let name = String(line.prefix { $0 != " " })
                    return "\(line) \(programs[name] ?? name)\n"
                }.joined(), to: "postfix/master.cf")
        let argv = ["postfix", "-c", folder.file("postfix")]
        let server = try OwnServer(
            in: folder, ports: ports, configuration: folder.file("postfix"),
            pidFile: folder.file("postfix/queue/pid/master.pid"), start: argv + ["start"], reload: argv + ["reload"])
        try await server.begin()
        return server
    }

    package static func postfixService(_ name: String, _ port: UInt16, _ folder: TemporaryFolder) -> String {
        "127.0.0.1:\(port) inet n - n - - smtpd -o smtpd_tls_wrappermode=yes"
            + " -o { smtpd_tls_cert_file = \(folder.file("tls/\(name).crt")) }"
            + " -o { smtpd_tls_key_file = \(folder.file("tls/\(name).key")) }\n"
    }

    /// Dovecot with `imap`, `pop3` (STARTTLS), `imaps` and `pop3s`; the pair is `tls/shop.crt` and `tls/shop.key`. At each address of
    /// `more` it serves the pair of that name.
    package static func dovecot(
        in folder: TemporaryFolder, more: [(address: String, name: String)] = []
    ) async throws -> OwnServer {
        let names = ["imap", "imaps", "pop3", "pop3s"]
        let ports = try freePorts(for: names)
        func listener(_ name: String) -> String {
            "inet_listener \(name) {\n port = \(ports[name] ?? 0)\n \(name.hasSuffix("s") ? "ssl = yes\n" : "")}\n"
        }
        try folder.write(
            """
            base_dir = \(folder.file("dovecot/run"))
            state_dir = \(folder.file("dovecot/state"))
            log_path = \(folder.file("dovecot/log"))
            protocols = imap pop3
            listen = 127.0.0.1, 127.0.0.7, 127.0.0.8
            ssl = required
            ssl_cert = <\(folder.file("tls/shop.crt"))
            ssl_key = <\(folder.file("tls/shop.key"))
            mail_location = maildir:~/Maildir
            passdb {
              driver = static
              args = nopassword=y
            }
            userdb {
              driver = static
              args = uid=65534 gid=65534 home=/nonexistent
            }
            service imap-login {
              \(listener("imap"))\(listener("imaps"))
            }
            service pop3-login {
              \(listener("pop3"))\(listener("pop3s"))
            }

            """ + more.map { dovecotAddress($0.address, $0.name, folder) }.joined(), to: "dovecot/dovecot.conf")
        let configuration = folder.file("dovecot/dovecot.conf")
        let server = try OwnServer(
            in: folder, ports: ports, configuration: configuration, pidFile: folder.file("dovecot/run/master.pid"),
            start: ["dovecot", "-c", configuration], reload: ["doveadm", "-c", configuration, "reload"])
        try await server.begin()
        return server
    }

    package static func dovecotAddress(_ address: String, _ name: String, _ folder: TemporaryFolder) -> String {
        """
        local \(address) {
          ssl_cert = <\(folder.file("tls/\(name).crt"))
          ssl_key = <\(folder.file("tls/\(name).key"))
        }

        """
    }
}

extension OwnServer {
    /// Postfix that takes mail by its own sendmail and puts what is for example.com into `mail/inbox`, one file each. Its sendmail:
    /// `mailer`.
    package static func mailbox(in folder: TemporaryFolder) async throws -> OwnServer {
        for place in ["postfix/queue", "postfix/data", "mail"] { try folder.makeFolder(place) }
        try await run("chown", "postfix", folder.file("postfix/data"))
        try await run("chown", "nobody", folder.file("mail"))
        let port = try freePort()
        try folder.write(
            """
            compatibility_level = 3.6
            queue_directory = \(folder.file("postfix/queue"))
            data_directory = \(folder.file("postfix/data"))
            mail_owner = postfix
            setgid_group = postdrop
            inet_interfaces = loopback-only
            inet_protocols = ipv4
            myhostname = mail.example.org
            mydestination =
            notify_classes =
            maillog_file = \(folder.file("postfix/log"))
            maillog_file_prefixes = /tmp, /var
            virtual_mailbox_domains = example.com
            virtual_mailbox_base = \(folder.file("mail"))
            virtual_mailbox_maps = static:inbox/
            virtual_uid_maps = static:65534
            virtual_gid_maps = static:65534
            virtual_minimum_uid = 1

            """, to: "postfix/main.cf")
        try folder.write(
            """
            127.0.0.1:\(port) inet n - n - - smtpd
            postlog unix-dgram n - n - 1 postlogd
            pickup unix n - n 1 1 pickup
            cleanup unix n - n - 0 cleanup
            qmgr unix n - n 1 1 qmgr
            rewrite unix - - n - - trivial-rewrite
            bounce unix - - n - 0 bounce
            defer unix - - n - 0 bounce
            trace unix - - n - 0 bounce
            proxymap unix - - n - - proxymap
            virtual unix - n n - - virtual
            error unix - - n - - error
            retry unix - - n - - error
            showq unix n - n - - showq
            anvil unix - - n - 1 anvil

            """, to: "postfix/master.cf")
        let argv = ["postfix", "-c", folder.file("postfix")]
        let server = try OwnServer(
            in: folder, ports: ["smtp": port], configuration: folder.file("postfix"),
            pidFile: folder.file("postfix/queue/pid/master.pid"), start: argv + ["start"], reload: argv + ["reload"])
        try await server.begin()
        return server
    }

    /// Argv of a mailbox's own sendmail.
    package var mailer: [String] { ["/usr/sbin/sendmail", "-C", folder.file("postfix")] }

    /// What has arrived in a mailbox.
    package var mails: [String] {
        let place = folder.file("mail/inbox/new")
        return ((try? FileManager.default.contentsOfDirectory(atPath: place)) ?? []).sorted().compactMap {
            try? String(contentsOfFile: "\(place)/\($0)", encoding: .utf8)
        }
    }
}
