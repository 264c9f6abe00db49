// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Declarations
import Testing

@Suite("Two devices or slots of one machine") struct SharedMachineTests {
    private func device(
        _ name: String, transport: String, config: String = "/etc/b/nginx.conf", roots: String = "[/srv/tls]"
    ) -> String {
        """
        apiVersion: countersign/v1
        kind: Device
        metadata: {name: \(name)}
        spec:
          kind: nginx
          zone: default
          transport: \(transport)
          nginx: {config: \(config), reload: [nginx, -s, reload]}
          slotRoots: \(roots)

        """
    }
    private let same = "{ssh: {host: 10.0.0.5, knownHosts: devices/known_hosts}}"

    private func connector(_ name: String, device: String, slot: String) -> String {
        """
        apiVersion: countersign/v1
        kind: AppConnector
        metadata: {name: \(name)}
        spec:
          device: \(device)
          slot: \(slot)
          endpoints: [{address: 10.0.0.5, port: 9443}]

        """
    }

    @Test("may not share a configuration")
    func configurations() async throws {
        let good = try await Tree.good()
        #expect(
            good.adding(device("edge-2", transport: same, config: "/etc/nginx/nginx.conf"), at: "devices/edge-2.yaml")
                .lines == [
                    "devices/edge-2.yaml:8:19: error: Device \"edge-1\" of the same address has this configuration: one Device for each [shared-device]"
                ])
    }

    @Test(
        "may not have slot roots that overlap",
        arguments: [("/etc/nginx/tls", 2), ("/etc/nginx", 1), ("/etc/nginx/tls/sub", 2)])
    func roots(root: String, blamed: Int) async throws {
        let good = try await Tree.good()
        let lines = good.adding(
            device("edge-2", transport: same, roots: "[/srv/a, \(root)]"), at: "devices/edge-2.yaml"
        ).lines
        #expect(lines.count == 1)
        #expect(lines.first?.hasPrefix("devices/edge-\(blamed).yaml:") == true)
        #expect(lines.first?.hasSuffix("which has the same address [shared-device]") == true)
    }

    @Test(
        "are two machines where the address differs; roots that only begin alike do not overlap",
        arguments: [
            "{ssh: {host: 10.0.0.6, knownHosts: devices/known_hosts}}",
            "{ssh: {host: 10.0.0.5, port: 2222, knownHosts: devices/known_hosts}}", "{local: {}}",
        ])
    func apart(transport: String) async throws {
        let good = try await Tree.good()
        #expect(
            good.adding(
                device("edge-2", transport: transport, config: "/etc/nginx/nginx.conf", roots: "[/etc/nginx/tls]"),
                at: "devices/edge-2.yaml"
            ).lines == [])
        #expect(
            good.adding(
                device("edge-2", transport: same, roots: "[/etc/nginx/tls2, /etc/nginx/tl]"), at: "devices/edge-2.yaml"
            ).lines == [])
    }

    @Test("are one machine however the address is spelled")
    func spelling() async throws {
        let good = try await Tree.good()
        let tree =
            good
            .adding(
                device("six", transport: "{ssh: {host: \"fd00::5\", knownHosts: devices/known_hosts}}"),
                at: "devices/6.yaml"
            )
            .adding(
                device("seven", transport: "{ssh: {host: \"FD00:0:0::0005\", knownHosts: devices/known_hosts}}"),
                at: "devices/7.yaml"
            )
            .adding(
                device(
                    "mapped", transport: "{ssh: {host: \"::ffff:10.0.0.5\", knownHosts: devices/known_hosts}}",
                    config: "/etc/nginx/nginx.conf"), at: "devices/8.yaml")
        #expect(tree.lines.count == 3)
        #expect(tree.lines.allSatisfy { $0.contains("[shared-device]") })
    }

    @Test(
        "may not have one path in two slots",
        arguments: [
            ("{certificate: /etc/nginx/tls/shop.crt, privateKey: /etc/nginx/tls/b.key}", "6:23", "shop.crt"),
            ("{certificate: /etc/nginx/tls/b.crt, privateKey: /etc/nginx/tls/shop.key}", "6:57", "shop.key"),
            ("{certificate: /etc/nginx/tls/shop.key, privateKey: /etc/nginx/tls/b.key}", "6:23", "shop.key"),
            ("{bundle: /etc/nginx/tls/shop.crt}", "6:18", "shop.crt"),
        ])
    func slots(slot: String, place: String, file: String) async throws {
        let good = try await Tree.good()
        #expect(
            good.adding(connector("z", device: "edge-1", slot: slot), at: "connectors/z.yaml").lines == [
                "connectors/z.yaml:\(place): error: AppConnector \"edge-1-shop\" has \"/etc/nginx/tls/\(file)\" on the same machine: a slot belongs to one [shared-slot]"
            ])
        #expect(
            good.adding(
                connector("z", device: "edge-1", slot: "{bundle: /etc/nginx/tls/z.pem}"), at: "connectors/z.yaml"
            ).lines == [])
    }

    @Test("hold one certificate each: a slot is bound once")
    func bound() async throws {
        let good = try await Tree.good()
        let again =
            "apiVersion: countersign/v1\nkind: Binding\nmetadata: {name: z}\nspec:\n  certificate: shop-example-com\n  "
        let taken =
            "error: AppConnector \"edge-1-shop\" is bound by Binding \"shop-edge\" already: a slot holds one certificate [binding]"
        #expect(
            good.adding(again + "connectors: [edge-1-shop]\n", at: "bindings/z.yaml").lines == [
                "bindings/z.yaml:6:16: \(taken)"
            ])
        #expect(
            good.adding(again + "selector: {matchLabels: {app: shop}}\n", at: "bindings/z.yaml").lines == [
                "bindings/z.yaml:6:27: \(taken)"
            ])
    }
}
