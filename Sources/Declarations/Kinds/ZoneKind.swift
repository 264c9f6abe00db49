// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

extension Field {
    /// When a key counts.
    fileprivate static let validity = [
        Field("notBefore", .text(.timestamp), "The key counts from this time on."),
        Field("notAfter", .text(.timestamp), "The key counts until this time."),
        Field("revokedFrom", .text(.timestamp), "What was first seen from this time on does not count."),
    ]
    fileprivate static let ssh = Field(
        "ssh", .text(.sshKey),
        "An OpenSSH public key line: ssh-ed25519, sk-ssh-ed25519@openssh.com, ecdsa-sha2-nistp256/384, or RSA of 3072 bits and more."
    )
}

extension ObjectShape {
    static let zone = ObjectShape([
        Field(
            "recorders", .list(.object(recorderKey), count: 0...100), required: true,
            "The keys that sign this zone's status branch (`countersign recorder` prints one)."),
        Field("recipients", .texts(.repositoryPath), "Certificates to whom private keys in git are encrypted."),
        Field(
            "keyRoots", .texts(.devicePath), default: ["/etc/countersign/keys"],
            "Folders on the gateway below which `file` keys lie."),
        Field("revocationHosts", .texts(.host), "Hosts in private networks that may be asked for revocation."),
    ])

    static let recorderKey = ObjectShape(
        [Field("ssh", Field.ssh.shape, required: true, Field.ssh.about)] + Field.validity)

    static let personKey = ObjectShape(
        [
            Field.ssh,
            Field("openpgp", .text(.repositoryPath), "A file with one OpenPGP public key."),
            Field("fingerprint", .text(.openpgpFingerprint), "The OpenPGP key's primary fingerprint."),
        ] + Field.validity, oneOf: [["ssh"], ["openpgp", "fingerprint"]])
}

extension ZoneSpec: DecodableSpec {
    package init(raw: JSONValue) throws(SpecError) {
        let fields = try RawFields(raw)
        var recorders: [DeclaredKey] = []
        for key in try fields.children("recorders") { recorders.append(try DeclaredKey(key)) }
        self.init(
            recorders: recorders, recipients: try fields.texts("recipients"),
            keyRoots: try fields.texts("keyRoots", default: ["/etc/countersign/keys"]),
            revocationHosts: try fields.texts("revocationHosts"))
    }
}

extension DeclaredKey {
    init(_ fields: RawFields) throws(SpecError) {
        let material: Material
        if let path = try fields.textIfAny("openpgp") {
            material = .openpgp(path: path, fingerprint: try fields.text("fingerprint").uppercased())
        } else {
            material = .ssh(try fields.text("ssh"))
        }
        self.init(
            material: material, notBefore: try fields.timeIfAny("notBefore"),
            notAfter: try fields.timeIfAny("notAfter"),
            revokedFrom: try fields.timeIfAny("revokedFrom"))
    }
}
