// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Declarations
import PKI
import Testing
import Vocabulary

@Suite("A good repository") struct WholeRepositoryTests {
    @Test("decodes, of every kind, without a word")
    func good() async throws {
        let checked = try await Tree.good().checked()
        #expect(checked.diagnostics.map(\.description) == [])
        #expect(checked.isValid)
        let set = checked.set
        #expect(set.repository?.spec.commands == ["pass-key": ["pass", "show"]])
        #expect(set.zones.count == 1)
        #expect(set.people.count == 6)
        #expect(set.groups.count == 2)
        #expect(set.certificates.count == 1)
        #expect(set.standingApprovals.values.first?.spec.maxPerDay == 50)
        #expect(checked.chains["certificates/shop.pem"]?.certificates.count == 2)
        #expect(Set(set.files.keys) == ["zones/default.pem", "devices/known_hosts", "certificates/shop.pem"])
    }

    @Test("is typed by its schemas")
    func typed() async throws {
        let set = try await Tree.good().checked().set
        let device = try #require(set.devices.values.first)
        #expect(
            device.spec.timeouts
                == DeviceSpec.Timeouts(
                    connect: .seconds(5), check: .seconds(30), reload: .seconds(60), settle: .seconds(60)))
        #expect(device.spec.settle.quiet == .milliseconds(250))
        #expect(device.spec.keepPrevious == .days(7))
        #expect(device.labels == ["tier": "edge"])
        #expect(device.position == SourcePosition(file: "devices/edge-1.yaml", line: 1, column: 1))
        let connector = try #require(set.connectors.values.first)
        #expect(connector.pushNumber == 2)
        #expect(connector.spec.slot.mode == 0o640)
        #expect(connector.spec.slot.certificateMode == nil)
        #expect(connector.spec.endpoints.map(\.role) == [.gate, .watch])
        #expect(connector.spec.whenUnbound == .leave)
        let policy = try #require(set.policies.values.first)
        #expect(policy.spec.expiresAfter == .hours(72))
        #expect(policy.spec.windows.first?.days == [.sat])
        #expect(policy.spec.emergency?.ignores == [.windows, .limits])
        let person = try #require(set.people.values.first { $0.name.text == "alice" })
        #expect(person.spec.keys.first?.notBefore == Timestamp(rfc3339: "2026-01-01T00:00:00Z"))
    }

    @Test("keeps what it says as it says it: no defaults, texts unchanged, lists in the file's order")
    func raw() async throws {
        let set = try await Tree.good().checked().set
        let connector = try #require(set.connectors.values.first)
        #expect(
            String(decoding: connector.raw.canonicalBytes, as: UTF8.self)
                == #"{"device":"edge-1","endpoints":[{"address":"10.0.0.5","port":443,"serverName":"shop.example.com"},{"address":"fd00::5","port":8443,"role":"watch"}],"slot":{"certificate":"/etc/nginx/tls/shop.crt","mode":"0640","owner":"root","privateKey":"/etc/nginx/tls/shop.key"}}"#
        )
        let device = try #require(set.devices.values.first)
        #expect(device.raw["timeouts"] == ["connect": "5s", "settle": "1m"])
        #expect(device.raw["keepPrevious"] == "7d")
        let policy = try #require(set.policies.values.first)
        #expect(
            policy.raw["windows"] == [["days": ["Sat"], "from": "22:00", "timeZone": "Europe/Berlin", "to": "02:00"]])
        #expect(policy.raw["priority"] == 0)
    }

    @Test("comes back from its raw form alone, as evidence keeps it")
    func evidence() async throws {
        for file in try await Tree.good().decoded().files {
            for resource in file.resources {
                let again = try DeclaredResource(
                    resource.key.kind, name: resource.key.name, raw: resource.raw, position: resource.position)
                #expect(again.raw == resource.raw)
                #expect(again.key == resource.key)
            }
        }
        #expect(throws: SpecError.self) { try BindingSpec(raw: ["certificate": "x", "connectors": "y"]) }
        #expect(throws: SpecError.self) {
            try DeviceSpec(raw: ["kind": "exec", "zone": "z", "transport": ["local": [:]]])
        }
    }

    @Test("is the same whatever the number of threads and the order of files")
    func deterministic() async throws {
        var tree = try await Tree.good()
        for index in 0..<300 {
            tree.files["bindings/b\(index).yaml"] =
                "apiVersion: countersign/v1\nkind: Binding\nmetadata: {name: b\(index % 250)}\nspec: {certificate: x\(index), connectors: [w]}\n"
        }
        let sources = tree.files.filter { TreeRules.declares(path: $0.key) }.map {
            SourceFile(path: $0.key, bytes: Array($0.value.utf8))
        }
        let one = DeclarationReader.decode(sources.sorted { $0.path < $1.path }, width: 1).check(files: [:])
        let four = DeclarationReader.decode(sources.sorted { $0.path > $1.path }, width: 4).check(files: [:])
        #expect(one.diagnostics == four.diagnostics)
        #expect(one.diagnostics.count > 500)
        #expect(one.diagnostics == one.diagnostics.sorted())
    }

    @Test("of one person on trial is valid")
    func trial() async throws {
        let key = try await Fixtures.made().ssh["alice"] ?? ""
        let tree = Tree(files: [
            "countersign.yaml": """
            apiVersion: countersign/v1
            kind: Repository
            metadata: {name: r}
            spec: {id: 6f1c2a0e-1b7d-4c55-9a3e-2f0d8b6c4e11, branch: main}
            ---
            kind: Zone
            metadata: {name: default}
            spec: {recorders: []}
            ---
            kind: Person
            metadata: {name: alice}
            spec: {keys: [{ssh: "\(key)"}]}
            ---
            kind: ApprovalPolicy
            metadata: {name: default}
            spec:
              levels: [{name: implement, approvers: [person:alice]}]
              separation: {requesterMayApprove: true}
              policyChange: {approvers: [person:alice], count: 1, requesterMayApprove: true}

            """
        ])
        #expect(tree.lines == [])
    }
}

extension DeclaredResource {
    var raw: JSONValue {
        switch self {
        case .repository(let it): it.raw
        case .zone(let it): it.raw
        case .device(let it): it.raw
        case .person(let it): it.raw
        case .group(let it): it.raw
        case .approvalPolicy(let it): it.raw
        case .standingApproval(let it): it.raw
        case .alertPolicy(let it): it.raw
        case .certificate(let it): it.raw
        case .appConnector(let it): it.raw
        case .binding(let it): it.raw
        case .policyTest(let it): it.raw
        }
    }
}
