// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

extension Arena {
    /// The files of the first commit.
    func declarations(recorder: String) -> [(path: String, text: String)] {
        gpg.keys.compactMap { actor in
            (try? folder.readText("keys/\(actor.rawValue).asc")).map { ("people/\(actor.rawValue).asc", $0) }
        } + [
            ("countersign.yaml", repository(recorder)), ("devices.yaml", device), ("people.yaml", people),
            ("policy.yaml", policy), ("certificates/shop.pem", old.chain),
            (
                "shop.yaml",
                Self.shop(slot: slot, address: nginx.address, port: nginx.port, keys: folder.file("private"))
            ),
        ]
            + (sshd.map { sshd in
                [
                    (
                        "devices/known_hosts",
                        setting.knowsHost ? sshd.knownHost : "10.0.0.5 " + (keys[.alice]?.key ?? "") + "\n"
                    )
                ]
            } ?? [])
    }

    /// mallory's key as an ACME client's, and the standing approval by which its renewals need nobody.
    ///
    /// - Parameter issuer: the SPKI whose certificates they are.
    package func renewalsByRobot(issuer: String, perHour: Int, perDay: Int) -> String {
        """
        apiVersion: countersign/v1
        kind: Person
        metadata: {name: acme}
        spec: {robot: true, keys: [{ssh: "\(keys[.mallory]?.key ?? "")"}]}
        ---
        apiVersion: countersign/v1
        kind: StandingApproval
        metadata: {name: renewals}
        spec:
          levels: [approve, implement]
          requesters: [person:acme]
          issuers: [{spki: \(issuer)}]
          changes: [renewal]
          maxPerHour: \(perHour)
          maxPerDay: \(perDay)
          notAfter: 2099-01-01T00:00:00Z

        """
    }

    private func repository(_ recorder: String) -> String {
        """
        apiVersion: countersign/v1
        kind: Repository
        metadata: {name: shop}
        spec:
          id: \(repositoryID)
          branch: main
        \(setting.repository.map { "  \($0.replacing("FOLDER", with: folder.path))\n" }.joined())\
        ---
        apiVersion: countersign/v1
        kind: Zone
        metadata: {name: default}
        spec:
          recorders: [{ssh: "\(recorder)"}]
          keyRoots: ["\(folder.file("private"))"]
        \(setting.hasRecipient ? "  recipients: [zones/default.pem]\n" : "")\(setting.zone.map { "  \($0)\n" }.joined())
        """
    }

    private var device: String {
        let wrapper = setting.reloadThrough.map { $0 == "SLOT" ? folder.file("slot") : $0 }
        let reload = (setting.reload ?? wrapper + nginx.reload).map { "\"\($0)\"" }.joined(separator: ", ")
        return """
            apiVersion: countersign/v1
            kind: Device
            metadata: {name: edge-1}
            spec:
              kind: nginx
              zone: default
              transport: \(transport)
              nginx: {config: "\(nginx.configuration)", reload: [\(reload)], binary: "\(setting.binary ?? nginx.binary)"}
              slotRoots: ["\(folder.file("slot"))"]
            \(setting.device.map { "  \($0)\n" }.joined())
            """
    }

    private var transport: String {
        guard let sshd else { return "{local: {}}" }
        return """
            {ssh: {host: \(sshd.host), port: \(sshd.port), user: root, knownHosts: devices/known_hosts}}
              probes: ["\(nginx.address):\(nginx.port)"]
            """
    }

    private var people: String {
        Actor.allCases.filter { ([.alice] + setting.pki + setting.netops).contains($0) }.map { actor in
            """
            apiVersion: countersign/v1
            kind: Person
            metadata: {name: \(actor.rawValue)}
            spec:
              emails: [\(actor.rawValue)@example.com]
              keys: [{\(declaredKey(of: actor))\(setting.validity[actor] ?? "")}]

            """
        }.joined(separator: "---\n")
    }

    private func declaredKey(of actor: Actor) -> String {
        gpg[actor].map { "openpgp: people/\(actor.rawValue).asc, fingerprint: \($0.fingerprint)" }
            ?? "ssh: \"\(keys[actor]?.key ?? "")\""
    }

    private var policy: String {
        """
        apiVersion: countersign/v1
        kind: Group
        metadata: {name: pki}
        spec: {members: [\(setting.pki.map(\.rawValue).joined(separator: ", "))]}
        ---
        apiVersion: countersign/v1
        kind: Group
        metadata: {name: netops}
        spec: {members: [\(setting.netops.map(\.rawValue).joined(separator: ", "))]}
        ---
        apiVersion: countersign/v1
        kind: ApprovalPolicy
        metadata: {name: default}
        spec:
          levels:
            - {name: approve, approvers: [group:pki], count: 1}
            - {name: implement, approvers: [group:netops], count: 1}
        \(setting.policy.map { "  \($0)\n" }.joined())\
        \(setting.documents.map { "---\napiVersion: countersign/v1\n\($0.replacing("ISSUER", with: authority.spki).replacing("FOLDER", with: folder.path))\n" }.joined())
        """
    }

    /// Certificate, connector and binding.
    package static func shop(
        slot: (certificate: String, key: String), address: String = "127.0.0.1", port: UInt16, keys: String
    ) -> String {
        """
        apiVersion: countersign/v1
        kind: Certificate
        metadata: {name: \(certificate)}
        spec:
          chain: certificates/shop.pem
          privateKey: {file: "\(keys)/{spki}.key"}
        ---
        apiVersion: countersign/v1
        kind: AppConnector
        metadata: {name: \(connector)}
        spec:
          device: edge-1
          slot: {certificate: "\(slot.certificate)", privateKey: "\(slot.key)", mode: "0600"}
          endpoints: [{address: \(address), port: \(port), serverName: \(host)}]
        ---
        apiVersion: countersign/v1
        kind: Binding
        metadata: {name: shop-edge}
        spec: {certificate: \(certificate), connectors: [\(connector)]}

        """
    }
}
