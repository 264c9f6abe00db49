// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

extension DeviceSpec {
    /// What kind of server it is, and what only that kind needs to know.
    package enum Server: Hashable, Sendable {
        case nginx(Nginx)
        case files(Files)
        case haproxy(HAProxy)
        case apache(Apache)
        case postgresql(PostgreSQL)
        case postfix(Postfix)
        case dovecot(Dovecot)
        case awsACM(AWSACM)
        case exec(Exec)

        package var kind: String {
            switch self {
            case .nginx: "nginx"
            case .files: "files"
            case .haproxy: "haproxy"
            case .apache: "apache"
            case .postgresql: "postgresql"
            case .postfix: "postfix"
            case .dovecot: "dovecot"
            case .awsACM: "aws-acm"
            case .exec: "exec"
            }
        }

        /// Argv that makes a change live; nil: the daemon looks for itself.
        package var reload: [String]? {
            switch self {
            case .nginx(let nginx): nginx.reload
            case .files(let files): files.reload
            case .haproxy(let haproxy): haproxy.reload
            case .apache(let apache): apache.reload
            case .postgresql(let postgresql): postgresql.reload
            case .postfix(let postfix): postfix.reload
            case .dovecot(let dovecot): dovecot.reload
            case .awsACM, .exec: nil
            }
        }

        /// A cloud connector: a store that is asked over the network, without a shell, and that gives no private key back.
        package var isCloud: Bool { if case .awsACM = self { true } else { false } }

        /// Argv that judges a candidate, where the declaration names one.
        package var check: [String]? { if case .files(let files) = self { files.check } else { nil } }

        /// The plugin of the device, by the name of Repository's command.
        package var plugin: Exec? { if case .exec(let exec) = self { exec } else { nil } }

        /// Files and folders of its configuration, with the field that names each.
        package var configurations: [(field: String, path: String)] {
            switch self {
            case .nginx(let nginx): [("config", nginx.config)]
            case .files(let files): files.configs.map { ("configs", $0) }
            case .haproxy(let haproxy): [("config", haproxy.config)]
            case .apache(let apache): [("config", apache.config)]
            case .postgresql(let postgresql): [("config", postgresql.config)]
            case .postfix(let postfix): [("config", postfix.config)]
            case .dovecot(let dovecot): [("config", dovecot.config)]
            case .awsACM, .exec: []
            }
        }
    }

    package struct Nginx: Hashable, Sendable {
        package var config: String
        package var reload: [String]
        package var binary: String?  // default `nginx`
        package var prefix: String?

        package init(config: String, reload: [String], binary: String? = nil, prefix: String? = nil) {
            (self.config, self.reload, self.binary, self.prefix) = (config, reload, binary, prefix)
        }
    }

    /// Any daemon.
    package struct Files: Hashable, Sendable {
        package var check: [String]?
        package var reload: [String]?
        /// What `check` reads besides the slots: a refused candidate is tried again once one of them has changed.
        package var configs: [String]

        package init(check: [String]? = nil, reload: [String]? = nil, configs: [String] = []) {
            (self.check, self.reload, self.configs) = (check, reload, configs)
        }
    }

    package struct HAProxy: Hashable, Sendable {
        package var config: String  // a file, or a folder of *.cfg
        package var reload: [String]
        /// The runtime socket: what it knows is exchanged through it, without a reload.
        package var socket: String?
        package var binary: String?  // default `haproxy`

        package init(config: String, reload: [String], socket: String? = nil, binary: String? = nil) {
            (self.config, self.reload, self.socket, self.binary) = (config, reload, socket, binary)
        }
    }

    package struct Apache: Hashable, Sendable {
        package var config: String
        package var reload: [String]
        package var binary: String?  // default `apachectl`

        package init(config: String, reload: [String], binary: String? = nil) {
            (self.config, self.reload, self.binary) = (config, reload, binary)
        }
    }

    package struct PostgreSQL: Hashable, Sendable {
        package var config: String
        package var reload: [String]
        /// The folder of `postgres`, `initdb` and `pg_ctl`.
        package var binaries: String
        /// The user whom the database runs as.
        package var user: String?  // default `postgres`

        package init(config: String, reload: [String], binaries: String, user: String? = nil) {
            (self.config, self.reload, self.binaries, self.user) = (config, reload, binaries, user)
        }
    }

    package struct Postfix: Hashable, Sendable {
        package var config: String  // the folder of main.cf and master.cf
        package var reload: [String]

        package init(config: String, reload: [String]) { (self.config, self.reload) = (config, reload) }
    }

    /// AWS Certificate Manager of one account and region, by the gateway's own `aws`.
    package struct AWSACM: Hashable, Sendable {
        package var region: String
        package var profile: String?
        package var endpointURL: String?
        package var binary: String?  // default `aws`

        package init(region: String, profile: String? = nil, endpointURL: String? = nil, binary: String? = nil) {
            (self.region, self.profile, self.endpointURL, self.binary) = (region, profile, endpointURL, binary)
        }
    }

    /// Whatever a plugin knows: a program that speaks docs/plugins.md.
    package struct Exec: Hashable, Sendable {
        package var command: String  // of Repository
        package var settings: [String: String]

        package init(command: String, settings: [String: String] = [:]) {
            (self.command, self.settings) = (command, settings)
        }

        /// The command and what it is told, for people.
        package var words: [String] {
            ["command \(command)"] + settings.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        }
    }

    package struct Dovecot: Hashable, Sendable {
        package var config: String
        package var reload: [String]

        package init(config: String, reload: [String]) { (self.config, self.reload) = (config, reload) }
    }
}
