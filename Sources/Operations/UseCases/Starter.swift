// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

/// The files of a starting repository. What a person must fill in stands there as a comment that would validate.
struct Starter {
    var id: String
    var person: PersonName
    var email: String
    var key: String
    var recorder: String
    var isTeam: Bool
    var branch: String

    var files: [(path: String, text: String)] {
        [
            ("countersign.yaml", countersign), ("people/\(person).yaml", people), ("policies/default.yaml", policy),
            ("devices/example.yaml", device), ("certificates/README.md", certificates),
        ]
    }

    private var countersign: String {
        """
        # What this repository is, and where its reconcilers run. Part of the trust set: it changes only by an approved
        # policy change.
        apiVersion: countersign/v1
        kind: Repository
        metadata: {name: certificates}
        spec:
          id: \(id)  # stands in every signature; never change it
          branch: \(branch)  # what is in force
        ---
        # A zone is a part of your network with a reconciler of its own: its gateway.
        apiVersion: countersign/v1
        kind: Zone
        metadata: {name: default}
        spec:
          # Who signs the status branch: this host's recorder key. On another host `countersign recorder` prints its line.
          recorders: [{ssh: "\(recorder)"}]
          keyRoots: [/etc/countersign/keys]  # private keys lie below, on the gateway only

        """
    }

    private var people: String {
        """
        apiVersion: countersign/v1
        kind: Person
        metadata: {name: \(person)}
        spec:
          emails: ["\(email)"]
          keys: [{ssh: "\(key)"}]

        """
    }

    private var policy: String {
        isTeam
            ? """
            # Two levels: pki approves, netops implements. The same person never signs both, and nobody what they asked for.
            apiVersion: countersign/v1
            kind: Group
            metadata: {name: pki}
            spec: {members: [\(person)]}  # add the others
            ---
            apiVersion: countersign/v1
            kind: Group
            metadata: {name: netops}
            spec: {members: [\(person)]}  # add the others
            ---
            apiVersion: countersign/v1
            kind: ApprovalPolicy
            metadata: {name: default}
            spec:
              levels:
                - {name: approve, approvers: [group:pki], count: 1}
                - {name: implement, approvers: [group:netops], count: 1}
              policyChange: {approvers: [group:pki, group:netops], count: 1, requesterMayApprove: true}  # 2 once you are several

            """
            : """
            # A trial policy: one person decides alone. `countersign plan` and `status` say so until this changes.
            apiVersion: countersign/v1
            kind: ApprovalPolicy
            metadata: {name: default}
            spec:
              levels:
                - {name: implement, approvers: [person:\(person)], count: 1}
              separation: {requesterMayApprove: true}
              policyChange: {approvers: [person:\(person)], count: 1, requesterMayApprove: true}

            """
    }

    private var device: String {
        """
        # A machine that holds certificates. Take the comment marks away and fill in your own:
        #
        # apiVersion: countersign/v1
        # kind: Device
        # metadata: {name: edge-1}
        # spec:
        #   kind: nginx
        #   zone: default
        #   transport: {local: {}}
        #   nginx: {config: /etc/nginx/nginx.conf, reload: [systemctl, reload, nginx]}
        #   slotRoots: [/etc/nginx/tls]  # certificates go below, and nowhere else

        """
    }

    private var certificates: String {
        """
        Chains go here as PEM, leaf first, and beside them what says where they belong:

        ```yaml
        apiVersion: countersign/v1
        kind: Certificate
        metadata: {name: shop-example-com}
        spec:
          chain: certificates/shop.example.com.pem
          privateKey: {file: "/etc/countersign/keys/{spki}.key"}
        ---
        apiVersion: countersign/v1
        kind: AppConnector
        metadata: {name: edge-1-shop}
        spec:
          device: edge-1
          slot: {certificate: /etc/nginx/tls/shop.crt, privateKey: /etc/nginx/tls/shop.key, owner: root, mode: "0640"}
          endpoints: [{address: 127.0.0.1, port: 443, serverName: shop.example.com}]
        ---
        apiVersion: countersign/v1
        kind: Binding
        metadata: {name: shop-edge}
        spec: {certificate: shop-example-com, connectors: [edge-1-shop]}
        ```

        """
    }
}
