// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Declarations
import Operations
import Planning
import Rendering
import Vocabulary

/// What the views of certificates, endpoints and pushes are made from, by hand.
enum ViewsExample {
    static let connector: ConnectorName = Example.name("edge-1-shop")

    static func replaced() -> Inventory.Replaced {
        var old = Inventory.Replaced(
            connector: connector, leaf: Example.old, supersededBy: Example.new, workOrder: Example.digest("done"),
            at: Example.time("2026-11-24T08:42:00Z"))
        (old.notAfter, old.colour) = (Example.time("2026-12-04T09:00:00Z"), .orange)
        return old
    }

    static func item(_ name: String, connectors: [ConnectorName], replaced: [Inventory.Replaced] = []) -> Inventory.Item
    {
        Inventory.Item(
            name: Example.name(name), isDeclared: true, leaf: Example.new, leafDER: nil,
            notAfter: Example.time("2027-01-09T09:00:00Z"), colour: .blue, connectors: connectors, elsewhere: 0,
            unbound: [],
            replaced: replaced)
    }

    /// The shop on its connectors, and one that nobody has bound.
    static func inventory(_ plan: Plan) -> Inventory {
        var inventory = Inventory()
        var shop = item(
            "shop-example-com", connectors: plan.connectors.map(\.connector),
            replaced: plan.connectors.contains { $0.connector == connector && $0.holding?.leaf != Example.old }
                ? [replaced()] : [])
        shop.colour = plan.connectors.map(\.colour).min()
        inventory.items = [shop, item("spare-example-com", connectors: [])]
        return inventory
    }

    static func served(_ leaf: Fingerprint?, said: String = "connection refused") -> EndpointObservation {
        EndpointObservation(
            endpoint: .init(address: "shop", port: 443, serverName: "shop.example.com"), address: "10.0.0.5",
            answer: leaf.map { .served(leaf: $0, chain: []) } ?? .failed(code: "refused", detail: said))
    }

    static let report: PlanReport = {
        var plan = Example.plan()
        let done: WorkOrderDigest = Example.digest("done")
        plan.connectors = [
            Example.view(
                "edge-1-shop", workOrder: done, served: [served(Example.new), served(nil)], state: "Completed")
        ]
        plan.connectors[0].request = nil
        return Example.report(plan)
    }()

    static func ending(said: String?) -> Ending {
        Ending(
            workOrder: Example.digest("done"), request: Example.request,
            state: said == nil ? "Completed" : "RolledBack",
            at: Example.time("2026-11-24T08:42:00Z"), message: said, by: [Example.name("bob")])
    }

    static func subject(_ report: PlanReport, said: String? = nil) -> TopologyText.Subject {
        TopologyText.Subject(
            report, inventory: inventory(report.plan),
            endings: Dictionary(
                report.plan.connectors.map { ($0.connector, ending(said: said)) },
                uniquingKeysWith: { first, _ in first }))
    }

    static func verified(_ report: PlanReport, said: String = "connection refused") -> VerifyOperation.Report {
        VerifyOperation.Report(
            plan: report,
            endpoints: [served(Example.new), served(Example.old), served(nil, said: said)].map {
                EndpointVerdict(connector: connector, expected: Example.new, $0)
            })
    }

    static func push(_ seed: String, _ state: String, at: String, said: String? = nil) -> PushReport.Push {
        PushReport.Push(
            workOrder: Example.digest(seed), request: Example.request, certificate: Example.name("shop-example-com"),
            connector: connector, slot: SlotKey(device: Example.name("edge-1"), path: "/a"), leaf: Example.new,
            state: state, message: said, at: Example.time(at))
    }

    static func reported(_ report: PlanReport, said: String = "nginx refused the reload") -> ReportOperation.Report {
        ReportOperation.Report(
            plan: report,
            pushes: PushReport(
                since: Example.time("2026-11-23T09:00:00Z"), until: report.now,
                pushes: [
                    push("one", "Completed", at: "2026-11-23T10:00:00Z"),
                    push("two", "RolledBack", at: "2026-11-23T11:00:00Z", said: said),
                    push("three", "Completed", at: "2026-11-24T08:42:00Z"),
                ]
            ) { _ in [served(Example.new), served(Example.new)] })
    }

    static func resource(said: String = "tier") -> ShownResource {
        ShownResource(
            key: ResourceKey(kind: .device, name: "edge-1"),
            position: SourcePosition(file: "devices/edge.yaml", line: 3),
            labels: [said: said], annotations: [:],
            spec: ["kind": "nginx", "nginx": ["config": .string("/etc/nginx/\(said).conf")]],
            refersTo: [.init(ResourceKey(kind: .zone, name: "default"))],
            referredBy: [.init(ResourceKey(kind: .appConnector, name: "edge-1-shop"), said)], isInForce: false)
    }
}
