// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

extension ObjectShape {
    static let certificate = ObjectShape([
        Field("chain", .text(.repositoryPath), required: true, "A PEM file of this repository, leaf first."),
        Field("privateKey", .object(privateKey), "Where its private key is. Absent: where it is installed."),
        Field(
            "request", .object(request),
            "What `countersign csr` asks for, where the key is made on a device (`privateKey: {endpoint: …}`)."),
        Field("dropsNames", .texts(.dnsName), "Names served today that this chain leaves out on purpose."),
    ])

    private static let request = ObjectShape([
        Field(
            "names", .texts(.dnsPattern, atLeast: 1),
            "DNS names. Absent: those of the chain that is there, else the server names of its connectors' endpoints."),
        Field(
            "keyType", .words(CertificateSpec.Request.KeyType.self),
            "Of the key that is made. Absent: as the chain that is there, else p256."),
        Field(
            "usages", .list(.words(CertificateSpec.Request.Usage.self), count: 1...2),
            default: ["serverAuth"], "The extendedKeyUsage that is asked for."),
    ])

    private static let passphrase = ObjectShape([
        Field("command", .text(.commandName), required: true, "A command of Repository that prints it."),
        Field("argument", .text(.keyArgument), required: true, "What the command is given."),
    ])

    private static let privateKey = ObjectShape(
        [
            Field(
                "file", .text(.keyFilePath),
                "A file on the gateway below the zone's keyRoots; {spki} stands for the SHA-256 of the chain's own key."
            ),
            Field(
                "encrypted", .text(.repositoryPath),
                "A CMS file of this repository, encrypted to the zone's recipients."),
            Field("command", .text(.commandName), "A command of Repository that prints the key."),
            Field("argument", .text(.keyArgument), "What the command is given."),
            Field("endpoint", .text(.name(.device)), "Made on that device; only the certificate travels."),
            Field("installed", .onlyTrue, "It is where it is: good for holding, not for pushing elsewhere."),
            Field(
                "passphrase", .object(passphrase),
                "What opens it, where a `file` or a `command` gives a key that is encrypted with a passphrase."),
        ], oneOf: [["file"], ["encrypted"], ["command", "argument"], ["endpoint"], ["installed"]])

    static let appConnector = ObjectShape([
        Field("device", .text(.name(.device)), required: true, "The Device on which the slot is."),
        Field("slot", .object(slot), required: true, "Where the certificate and its key lie there."),
        Field(
            "endpoints", .list(.object(endpoint), count: 1...1_000), required: true,
            "Everywhere it must then be served; at least one of role gate."),
        Field(
            "whenUnbound", .words(AppConnectorSpec.WhenUnbound.self), default: "leave",
            "What becomes of the slot when no binding names it any more."),
    ])

    private static let slot = ObjectShape(
        [
            Field("certificate", .text(.devicePath), "The certificate and its chain, PEM."),
            Field("privateKey", .text(.devicePath), "The private key, PEM."),
            Field("bundle", .text(.devicePath), "Both in one file."),
            Field("arn", .text(.certificateARN), "A certificate of AWS Certificate Manager that is there already."),
            Field(
                "tag", .text(.name(.appConnector)),
                "The certificate of AWS Certificate Manager whose tag countersign:slot is this; imported with it where there is none."
            ),
            Field("entry", .text(.word), "What only the plugin of a device of kind exec knows, by its name there."),
            Field("owner", .text(.owner), "user or user:group; absent: as the file that is there."),
            Field("mode", .text(.mode), default: "0600", "Of the private key or bundle; nothing for others."),
            Field("certificateMode", .text(.certificateMode), default: "0644", "Of the certificate."),
            Field(
                "switch", .words(Slot.Switch.self), default: "rename",
                "rename: two renames. link: both paths are links and change in one step."),
        ], oneOf: [["certificate", "privateKey"], ["bundle"], ["arn"], ["tag"], ["entry"]])

    private static let endpoint = ObjectShape([
        Field("address", .text(.host), required: true, "IP address or host name."),
        Field("port", .integer(1...65_535), required: true, "TCP port."),
        Field("serverName", .text(.dnsName), "The name sent in the handshake (SNI)."),
        Field("protocol", .words(Endpoint.ServedProtocol.self), default: "tls", "What is spoken before TLS."),
        Field("keyType", .words(Endpoint.KeyType.self), "Where certificates of both types are served: which one."),
        Field(
            "role", .words(Endpoint.Role.self), default: "gate", "gate decides; watch is validated and never decides."),
    ])

    static let binding = ObjectShape(
        [
            Field("certificate", .text(.name(.certificate)), required: true, "The Certificate that belongs there."),
            Field("connectors", .texts(.name(.appConnector), atLeast: 1), "AppConnectors by name."),
            Field(
                "selector",
                .object(ObjectShape([Field("matchLabels", .labels, required: true, "Labels that all must be there.")])),
                "AppConnectors by their labels."),
            .rollout(
                "Who goes first, where the policy that decides has no rollout of its own. It is part of what people sign."),
        ], oneOf: [["connectors"], ["selector"]])
}

extension CertificateSpec: DecodableSpec {
    package init(raw: JSONValue) throws(SpecError) {
        let fields = try RawFields(raw)
        let key = try fields.childIfAny("privateKey").map { (key) throws(SpecError) in try PrivateKeySource(key) }
        self.init(
            chain: try fields.text("chain"), privateKey: key ?? .installed,
            passphrase: try fields.childIfAny("privateKey")?.childIfAny("passphrase").map {
                (fields) throws(SpecError) in
                Passphrase(command: try fields.text("command"), argument: try fields.text("argument"))
            },
            request: try fields.childIfAny("request").map { (fields) throws(SpecError) in try Request(fields) }
                ?? Request(), dropsNames: try fields.texts("dropsNames"))
    }
}

extension CertificateSpec.Request {
    fileprivate init(_ fields: RawFields) throws(SpecError) {
        self.init(
            names: try fields.texts("names"), keyType: try fields.wordIfAny("keyType"),
            usages: fields.has("usages") ? try fields.words("usages") : [.serverAuth])
    }
}

extension CertificateSpec.PrivateKeySource {
    fileprivate init(_ fields: RawFields) throws(SpecError) {
        if let path = try fields.textIfAny("file") {
            self = .file(path)
        } else if let path = try fields.textIfAny("encrypted") {
            self = .encrypted(path)
        } else if let name = try fields.textIfAny("command") {
            self = .command(name: name, argument: try fields.text("argument"))
        } else if fields.has("endpoint") {
            self = .endpoint(try fields.name("endpoint"))
        } else if try fields.bool("installed") {
            self = .installed
        } else {
            throw fields.wrong("file")
        }
    }
}

extension AppConnectorSpec: DecodableSpec {
    package init(raw: JSONValue) throws(SpecError) {
        let fields = try RawFields(raw)
        var endpoints: [Endpoint] = []
        for endpoint in try fields.children("endpoints") {
            endpoints.append(
                Endpoint(
                    address: try endpoint.text("address"), port: try endpoint.integer("port"),
                    serverName: try endpoint.textIfAny("serverName"),
                    servedProtocol: try endpoint.word("protocol", default: .tls),
                    keyType: try endpoint.wordIfAny("keyType"),
                    role: try endpoint.word("role", default: .gate)))
        }
        self.init(
            device: try fields.name("device"), slot: try Slot(try fields.child("slot")), endpoints: endpoints,
            whenUnbound: try fields.word("whenUnbound", default: .leave))
    }
}

extension Slot {
    fileprivate init(_ fields: RawFields) throws(SpecError) {
        let files: Files
        if let bundle = try fields.textIfAny("bundle") {
            files = .bundle(bundle)
        } else if let arn = try fields.textIfAny("arn") {
            files = .entry(arn)
        } else if let tag = try fields.textIfAny("tag") {
            files = .entry("tag:" + tag)
        } else if let entry = try fields.textIfAny("entry") {
            files = .entry(Slot.pluginEntry + entry)
        } else {
            files = .pair(certificate: try fields.text("certificate"), privateKey: try fields.text("privateKey"))
        }
        self.init(
            files: files, owner: try fields.textIfAny("owner"), mode: try fields.modeIfAny("mode"),
            certificateMode: try fields.modeIfAny("certificateMode"),
            switch: try fields.word("switch", default: .rename))
    }
}

extension BindingSpec: DecodableSpec {
    package init(raw: JSONValue) throws(SpecError) {
        let fields = try RawFields(raw)
        let target: Target
        if let selector = try fields.childIfAny("selector") {
            target = .selector(matchLabels: try selector.table("matchLabels"))
        } else {
            target = .connectors(try fields.names("connectors"))
        }
        self.init(certificate: try fields.name("certificate"), target: target, rollout: try RolloutSpec(fields))
    }
}
