// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

extension ObjectShape {
    /// Fields of a Device of which one stands, that of its kind.
    static let servers: [Field] = [
        Field("nginx", .object(nginx), "What kind nginx needs to know."),
        Field("files", .object(files), "What kind files may know."),
        Field("haproxy", .object(haproxy), "What kind haproxy needs to know."),
        Field("apache", .object(apache), "What kind apache needs to know."),
        Field("postgresql", .object(postgresql), "What kind postgresql needs to know."),
        Field("postfix", .object(postfix), "What kind postfix needs to know."),
        Field("dovecot", .object(dovecot), "What kind dovecot needs to know."),
        Field("aws-acm", .object(awsACM), "What kind aws-acm needs to know."),
        Field("exec", .object(exec), "What kind exec needs to know."),
    ]

    private static let reload = Field(
        "reload", .texts(.word, atLeast: 1), required: true, "The program that makes a change live, as argv.")

    private static let nginx = ObjectShape([
        Field("config", .text(.devicePath), required: true, "The configuration file."),
        reload,
        Field("binary", .text(.binary), default: "nginx", "The nginx that checks a candidate."),
        Field("prefix", .text(.devicePath), "nginx's -p."),
    ])

    private static let files = ObjectShape([
        Field(
            "check", .texts(.word, atLeast: 1),
            "A program, as argv, that reads the slots where they lie and exits 0 if they are good; it sees the candidates there."
        ),
        Field(
            "reload", .texts(.word, atLeast: 1),
            "The program that makes a change live, as argv; absent: the daemon sees by itself that its files have changed."
        ),
        Field(
            "configs", .texts(.devicePath),
            "Files that the check reads besides: a refused candidate is tried again once one of them has changed."),
    ])

    private static let haproxy = ObjectShape([
        Field("config", .text(.devicePath), required: true, "The configuration file, or a folder of *.cfg."),
        reload,
        Field(
            "socket", .text(.devicePath),
            "The runtime socket (stats socket … level admin): certificates are exchanged through it, by socat, without a reload."
        ),
        Field("binary", .text(.binary), default: "haproxy", "The haproxy that checks a candidate."),
    ])

    private static let apache = ObjectShape([
        Field("config", .text(.devicePath), required: true, "The configuration file."),
        reload,
        Field(
            "binary", .text(.binary), default: "apachectl",
            "What starts the server that checks a candidate; on Debian a script that reads envvars first."),
    ])

    private static let postgresql = ObjectShape([
        Field("config", .text(.devicePath), required: true, "postgresql.conf."),
        reload,
        Field(
            "binaries", .text(.devicePath), required: true,
            "The folder of postgres, initdb and pg_ctl (Debian: /usr/lib/postgresql/15/bin)."),
        Field("user", .text(.user), default: "postgres", "The user whom the database runs as."),
    ])

    private static let postfix = ObjectShape([
        Field("config", .text(.devicePath), required: true, "The folder of main.cf and master.cf."), reload,
    ])

    private static let awsACM = ObjectShape([
        Field("region", .text(.region), required: true, "The region, for example eu-central-1."),
        Field(
            "profile", .text(.word), "A profile of the gateway's aws configuration; absent: what its environment says."),
        Field("endpointURL", .text(.any(longest: 1_024)), "Another endpoint than AWS's own, for example inside a VPC."),
        Field("binary", .text(.binary), default: "aws", "The gateway's aws."),
    ])

    private static let exec = ObjectShape([
        Field("command", .text(.commandName), required: true, "The plugin: a command of Repository (docs/plugins.md)."),
        Field(
            "settings", .table(keys: .commandName, values: .text(.word), atMost: 100),
            "What the plugin is told at each call, for example where the device is; nothing secret."),
    ])

    private static let dovecot = ObjectShape([
        Field("config", .text(.devicePath), required: true, "The configuration file."), reload,
    ])
}

extension DeviceSpec.Server {
    init(_ fields: RawFields) throws(SpecError) {
        let kind = try fields.text("kind")
        guard DeviceKinds.all.contains(kind) else {
            throw fields.wrong("kind", "\(kind) is not supported by this version")
        }
        for other in DeviceKinds.all where other != kind && fields.has(other) {
            throw fields.wrong(other, "the device is of kind \(kind): what stands here would not be read")
        }
        func own(_ example: String) throws(SpecError) -> RawFields {
            guard let own = try fields.childIfAny(kind) else {
                throw fields.wrong(kind, "a device of kind \(kind) needs it: \(example)")
            }
            return own
        }
        switch kind {
        case "nginx":
            let nginx = try own("{config: …, reload: […]}")
            self = .nginx(
                DeviceSpec.Nginx(
                    config: try nginx.text("config"), reload: try nginx.texts("reload"),
                    binary: try nginx.textIfAny("binary"), prefix: try nginx.textIfAny("prefix")))
        case "haproxy":
            let haproxy = try own("{config: …, reload: […]}")
            self = .haproxy(
                DeviceSpec.HAProxy(
                    config: try haproxy.text("config"), reload: try haproxy.texts("reload"),
                    socket: try haproxy.textIfAny("socket"), binary: try haproxy.textIfAny("binary")))
        case "apache":
            let apache = try own("{config: …, reload: […]}")
            self = .apache(
                DeviceSpec.Apache(
                    config: try apache.text("config"), reload: try apache.texts("reload"),
                    binary: try apache.textIfAny("binary")))
        case "postgresql":
            let postgresql = try own("{config: …, reload: […], binaries: …}")
            self = .postgresql(
                DeviceSpec.PostgreSQL(
                    config: try postgresql.text("config"), reload: try postgresql.texts("reload"),
                    binaries: try postgresql.text("binaries"), user: try postgresql.textIfAny("user")))
        case "postfix":
            let postfix = try own("{config: …, reload: […]}")
            self = .postfix(DeviceSpec.Postfix(config: try postfix.text("config"), reload: try postfix.texts("reload")))
        case "dovecot":
            let dovecot = try own("{config: …, reload: […]}")
            self = .dovecot(DeviceSpec.Dovecot(config: try dovecot.text("config"), reload: try dovecot.texts("reload")))
        case "exec":
            let exec = try own("{command: NAME}")
            self = .exec(DeviceSpec.Exec(command: try exec.text("command"), settings: try exec.table("settings")))
        case "aws-acm":
            let acm = try own("{region: …}")
            guard case .object(let transport)? = fields["transport"], transport["local"] != nil else {
                throw fields.wrong("transport", "aws-acm is reached by the gateway's own aws: write {local: {}}")
            }
            self = .awsACM(
                DeviceSpec.AWSACM(
                    region: try acm.text("region"), profile: try acm.textIfAny("profile"),
                    endpointURL: try acm.textIfAny("endpointURL"), binary: try acm.textIfAny("binary")))
        default:
            guard let files = try fields.childIfAny("files") else {
                self = .files(DeviceSpec.Files())
                return
            }
            self = .files(
                DeviceSpec.Files(
                    check: files.has("check") ? try files.texts("check") : nil,
                    reload: files.has("reload") ? try files.texts("reload") : nil, configs: try files.texts("configs")))
        }
    }
}
