// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

/// The kinds of device that can be pushed to.
package enum DeviceKinds {
    package static let all = [
        "apache", "aws-acm", "dovecot", "exec", "files", "haproxy", "nginx", "postfix", "postgresql",
    ]
}

extension ObjectShape {
    static let device = ObjectShape(
        servers + [
            Field("kind", .word(DeviceKinds.all), required: true, "What kind of server it is."),
            Field("zone", .text(.name(.zone)), required: true, "The Zone whose reconciler reaches it."),
            Field(
                "sync", .words(DeviceSpec.Sync.self), default: "Managed",
                "Managed: pushed to. Monitored: only read. Ignored: left alone."),
            Field("transport", .object(transport), required: true, "How it is reached."),
            Field(
                "slotRoots", .texts(.devicePath, atLeast: 1), default: ["/etc/ssl"],
                "Folders below which its slots must lie."),
            Field(
                "probes", .texts(.probe),
                "Where its endpoints may be: ADDRESS:PORT or NETWORK/BITS:PORT. Default: the transport host's own addresses (local: loopback too)."
            ),
            Field("timeouts", .object(timeouts), "How long each step may take."),
            Field(
                "settle",
                .object(
                    ObjectShape([
                        Field(
                            "handshakes", .integer(1...100), default: 5, "Handshakes in a row with the new certificate."
                        ),
                        Field("quiet", .text(.duration), default: "250ms", "And this long without an old one."),
                    ])), "When a push counts as served."),
            Field("keepPrevious", .text(.wholeSeconds), default: "7d", "How long the former files stay on the device."),
            Field("trustRoots", .texts(.repositoryPath), "Roots in one of which a chain for this device must end."),
        ])

    private static let transport = ObjectShape(
        [
            Field("local", .object(ObjectShape([])), "The device is the machine of the zone's reconciler."),
            Field(
                "ssh",
                .object(
                    ObjectShape([
                        Field("host", .text(.host), required: true, "IP address or host name."),
                        Field("port", .integer(1...65_535), default: 22, "Port of the ssh server."),
                        Field("user", .text(.user), "Who logs in; else what the gateway's ssh says."),
                        Field(
                            "knownHosts", .text(.repositoryPath), required: true,
                            "A known_hosts file of this repository."),
                        Field("become", .boolean, default: false, "Through `sudo -n` on the device."),
                    ])), "Through the gateway's ssh."),
        ], oneOf: [["local"], ["ssh"]])

    private static let timeouts = ObjectShape([
        Field("connect", .text(.duration), default: "5s", "To reach it."),
        Field("check", .text(.duration), default: "30s", "For its own check of the candidate."),
        Field("reload", .text(.duration), default: "60s", "For the reload command."),
        Field("settle", .text(.duration), default: "30s", "Until the new certificate is served."),
    ])
}

extension DeviceSpec: DecodableSpec {
    package init(raw: JSONValue) throws(SpecError) {
        let fields = try RawFields(raw)
        var timeouts = Timeouts.standard
        if let raw = try fields.childIfAny("timeouts") {
            timeouts = Timeouts(
                connect: try raw.duration("connect", default: timeouts.connect),
                check: try raw.duration("check", default: timeouts.check),
                reload: try raw.duration("reload", default: timeouts.reload),
                settle: try raw.duration("settle", default: timeouts.settle))
        }
        var settle = Settle.standard
        if let raw = try fields.childIfAny("settle") {
            settle = Settle(
                handshakes: try raw.integer("handshakes", default: settle.handshakes),
                quiet: try raw.duration("quiet", default: settle.quiet))
        }
        self.init(
            server: try Server(fields), zone: try fields.name("zone"), sync: try fields.word("sync", default: .managed),
            transport: try Transport(try fields.child("transport")),
            slotRoots: try fields.texts("slotRoots", default: ["/etc/ssl"]), probes: try fields.texts("probes"),
            timeouts: timeouts, settle: settle, keepPrevious: try fields.secondsIfAny("keepPrevious") ?? .days(7),
            trustRoots: try fields.texts("trustRoots"))
    }
}

extension DeviceSpec.Transport {
    fileprivate init(_ fields: RawFields) throws(SpecError) {
        guard let ssh = try fields.childIfAny("ssh") else {
            self = .local
            return
        }
        self = .ssh(
            DeviceSpec.SSH(
                host: try ssh.text("host"), port: try ssh.integer("port", default: 22), user: try ssh.textIfAny("user"),
                knownHosts: try ssh.text("knownHosts"), become: try ssh.bool("become")))
    }
}
