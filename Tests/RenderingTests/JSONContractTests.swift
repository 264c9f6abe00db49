// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Approvals
import Declarations
import Operations
import Planning
import Rendering
import Testing
import Vocabulary

@Suite("JSON") struct JSONContractTests {
    func members(_ value: JSONValue?) -> Set<String> { Set(value?.object?.members.map(\.key) ?? []) }
    func reread(_ value: JSONValue) throws -> JSONValue { try JSONValue(parsing: value.prettyBytes) }

    @Test("of a plan has every member of the contract")
    func plan() throws {
        let plan = try reread(PlanJSON.value(Example.report(Example.twoToPush, policyChange: Example.policyChange)))
        #expect(
            members(plan).isSuperset(of: [
                "formatVersion", "repository", "change", "base", "policyDigest", "planDigest", "policyChanges",
                "requests",
                "workOrders", "drift", "refused", "limits", "summary",
            ]))
        #expect(plan["formatVersion"] == "1")
        #expect(plan["base"] == .null)
        #expect(plan["policyDigest"] == .string(Example.report(Example.twoToPush).trust.digest.description))
        #expect(plan["summary"] == ["push": 2, "blocked": 0, "waiting": 2, "unchanged": 296])
        #expect(
            plan["limits"] == [
                "changed": 2, "total": 300, "floor": 10, "maxChanged": 50, "maxChangedPercent": 30, "exceeded": false,
            ])
        let request = plan["requests"]?.array?.first
        #expect(request?["id"] == "REQ-3XCBJ52V")
        #expect(request?["requesters"] == ["alice"])
        #expect(request?["workOrders"] == ["WO-WYPRPAD5", "WO-ZMN2E6TY"])
        let change = plan["policyChanges"]?.array?.first
        #expect(members(change).isSuperset(of: ["id", "digest", "changes", "levels", "refused"]))
    }

    @Test("of a plan digests the sorted work orders, one a line")
    func planDigest() {
        let plan = Example.twoToPush
        let lines = plan.workOrders.compactMap(\.digest).map(\.description).sorted().map { $0 + "\n" }.joined()
        let expected = PlanDigest(hashing: Array("countersign plan v1\n\(lines)".utf8))
        #expect(PlanJSON.value(Example.report(plan))["planDigest"] == .string(expected.description))
    }

    @Test(
        "of a work order has digests with and fingerprints without their algorithm, and what is given with key and time"
    )
    func workOrder() throws {
        let plan = try reread(PlanJSON.value(Example.report(Example.twoToPush)))
        let order = try #require(plan["workOrders"]?.array?.last)
        #expect(
            members(order).isSuperset(of: [
                "id", "digest", "request", "binding", "certificate", "connector", "device", "action", "replaces",
                "installs",
                "state", "reason", "policy", "levels", "refused", "schedule", "comment", "blocks",
            ]))
        #expect(order["state"] == "PushReviewInProgress")
        #expect(order["digest"]?.string?.hasPrefix("sha256:") == true)
        #expect(order["replaces"] == .string(Example.old.hex))
        #expect(order["installs"]?["leaf"] == .string(Example.new.hex))
        #expect(members(order["installs"]) == ["leaf", "spki", "chain"])
        #expect(order["schedule"] == .null)
        #expect(order["reason"] == .null)
        #expect(order["policy"]?["version"] == 3)
        let level = try #require(order["levels"]?.array?.first)
        #expect((level["needed"], level["missing"], level["approvers"]) == (1, 0, ["group:pki"]))
        #expect(
            level["given"] == [
                [
                    "person": "bob", "key": "ssh SHA256:bob", "commit": .string(Example.commit("bob").hex),
                    "at": "2026-11-24T08:58:00Z", "comment": "",
                ]
            ])
    }

    @Test("has null for the ID and digest of what was never observed, and for the time of a record not yet seen")
    func nulls() throws {
        let block = Block(.unobserved, "x"), other = Block(.keyMismatch, "y")
        let plan = Example.plan([
            Example.order("a", state: .blocked(block), blocks: [block, other], isObserved: false),
            Example.order("b", levels: Example.levels([Example.given("bob", seen: nil)])),
        ])
        let orders = try #require(reread(PlanJSON.value(Example.report(plan)))["workOrders"]?.array)
        #expect((orders[0]["id"], orders[0]["digest"], orders[0]["request"]) == (.null, .null, .null))
        #expect(orders[0]["reason"] == ["code": "Unobserved", "message": "x"])
        #expect(orders[0]["blocks"]?.array?.map { $0["code"] } == ["Unobserved", "KeyMismatch"])
        #expect(orders[1]["levels"]?.array?[0]["given"]?.array?[0]["at"] == .null)
    }

    @Test("has the window of what is scheduled")
    func schedule() {
        let window = Window(start: Example.now, end: Example.now + .hours(4))
        let plan = PlanJSON.value(Example.report(Example.plan([Example.order("a", state: .scheduled(window))])))
        #expect(
            plan["workOrders"]?.array?[0]["schedule"]
                == ["notBefore": "2026-11-24T09:00:00Z", "notAfter": "2026-11-24T13:00:00Z"])
    }

    @Test("of drift has what was declared, found and changed")
    func drift() {
        let drift = Drift(
            connector: Example.name("a"), device: Example.name("d"), declared: Example.old, found: .nothing,
            since: Example.now,
            files: ["/x"])
        let plan = PlanJSON.value(Example.report(Example.plan(drift: [drift])))
        let shown = plan["drift"]?.array?[0]
        #expect((shown?["connector"], shown?["declared"]) == ("a", .string(Example.old.hex)))
        #expect((shown?["found"], shown?["since"], shown?["files"]) == (.null, "2026-11-24T09:00:00Z", ["/x"]))
        #expect(shown?["compromised"] == false)
    }

    @Test(
        "of the status has each connector with sync, CERT+ sync and colour, and each certificate with its installations"
    )
    func status() throws {
        let digest = Example.twoToPush.workOrders[0].digest
        var plan = Example.twoToPush
        plan.connectors = [
            Example.view(
                "edge-1-shop", sync: .outOfSync(.notInstalled), colour: .orange,
                holding: .certificate(leaf: Example.old), workOrder: digest),
            Example.view("edge-9-shop", sync: .unknown(since: Example.now), colour: .green),
        ]
        let status = try reread(StatusJSON.value(Example.report(plan), ViewsExample.inventory(plan)))
        let connectors = try #require(status["connectors"]?.array)
        #expect(
            members(connectors[0]).isSuperset(of: [
                "name", "device", "certificate", "sync", "syncReason", "certPlusSync", "colour", "notAfter",
                "observedAt",
                "workOrder", "request", "state", "comment", "since",
            ]))
        #expect((connectors[0]["sync"], connectors[0]["syncReason"]) == ("OutOfSync", "NotInstalled"))
        #expect((connectors[0]["workOrder"], connectors[0]["state"]) == ("WO-WYPRPAD5", "Requested"))
        #expect((connectors[1]["sync"], connectors[1]["certPlusSync"]) == ("Unknown", "OutOfSync"))
        #expect(connectors[1]["since"] == "2026-11-24T09:00:00Z")
        let certificate = try #require(status["certificates"]?.array?.first)
        #expect((certificate["name"], certificate["colour"]) == ("shop-example-com", "orange"))
        #expect(
            certificate["installations"]?.array?.map { $0["leaf"] } == [
                .string(Example.old.hex), .string(Example.new.hex),
            ])
        #expect(status["workOrders"]?.array?.count == 2)
    }

    @Test("of the status has no time of observation where only the status branch was read")
    func statusFromBranch() {
        let source = PlanReport.ObservationSource.statusBranch(commit: Example.commit("s"), at: Example.now)
        let status = StatusJSON.value(
            Example.report(Example.plan(connectors: [Example.view("a")]), observation: source), Inventory())
        #expect(status["connectors"]?.array?[0]["observedAt"] == .null)
    }

    @Test("of a pass has what was pushed and how it ended")
    func pass() {
        let push = PassReport.Push(
            workOrder: Example.digest("a"), connector: Example.name("a"), device: Example.name("d"),
            outcome: .rolledBack(message: "refused"), proof: "")
        let report = PassReport(
            plan: Example.report(Example.plan()), pushes: [push], recovered: [], statusCommit: nil, newRecords: 1,
            problems: [UserError("DeviceTimedOut", "edge-1 did not answer")], dryRun: false)
        let pass = PassJSON.value(report)
        #expect(pass["pushes"]?.array?[0]["outcome"] == "RolledBack")
        #expect(pass["pushes"]?.array?[0]["message"] == "refused")
        #expect(pass["problems"]?.array?[0]["code"] == "DeviceTimedOut")
        #expect(pass["plan"]?["formatVersion"] == "1")
    }

    @Test("of an explanation is the object itself")
    func explain() {
        let order = ExplainJSON.value(.workOrder(Example.twoToPush.workOrders[0]))
        #expect((order["kind"], order["id"], order["formatVersion"]) == ("workOrder", "WO-WYPRPAD5", "1"))
        let request = ExplainJSON.value(.request(Example.twoToPush.requests[0], Example.twoToPush.workOrders))
        #expect((request["id"], request["orders"]?.array?.count) == ("REQ-3XCBJ52V", 2))
        #expect(ExplainJSON.value(.policyChange(Example.policyChange))["id"] == "POL-1YAJ4J53")
    }

    @Test("of an error has code, message and hint, and null where there is no hint")
    func error() {
        #expect(
            ErrorJSON.value(UserError("NotTrusted", "not yet", hint: "countersign trust 3f2c1a9")) == [
                "formatVersion": "1",
                "error": ["code": "NotTrusted", "message": "not yet", "hint": "countersign trust 3f2c1a9"],
            ])
        #expect(ErrorJSON.value(UserError("X", "y"))["error"]?["hint"] == .null)
    }

    @Test("of diagnostics has each with its place")
    func diagnostics() {
        let found = Diagnostic(
            at: SourcePosition(file: "a.yaml", line: 7, column: 16), "no such thing", rule: "reference")
        #expect(
            DiagnosticsJSON.document([found], commit: nil) == [
                "formatVersion": "1", "commit": .null, "valid": false,
                "diagnostics": [
                    [
                        "file": "a.yaml", "line": 7, "column": 16, "severity": "error", "message": "no such thing",
                        "rule": "reference",
                    ]
                ],
            ])
    }
}
