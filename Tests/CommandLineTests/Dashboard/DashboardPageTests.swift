// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Processes
import TestKit
import Testing
import Vocabulary

@Suite("The dashboard's pages") struct DashboardPageTests {
    @Test(
        "say what is pushed, what waits for whom, what is wrong and what to type, and take no name for more than text")
    func told() async throws {
        let window = try await ShopWindow.made()
        let arena = window.arena
        let served = try await Served(arena)
        let (waiting, done, failed) = (
            HandmadeRecord.id(of: window.waiting), HandmadeRecord.id(of: window.completed),
            HandmadeRecord.id(of: window.rolledBack)
        )

        let first = try await served.get("/")
        #expect(first.status == 200)
        #expect(first.body.contains("countersign implement \(waiting)"))
        #expect(first.body.contains("KeyMismatch"))

        let topology = try await served.get("/certificates/\(Arena.certificate)").body
        #expect(topology.contains("edge-1-shop") && topology.contains("Out of Sync") && topology.contains(waiting))
        #expect(topology.contains("127.0.0.1:\(arena.nginx.port) shop.example.com"))
        #expect(topology.contains("Superseded by"))

        let order = try await served.get("/work-orders/\(waiting)").body
        #expect(order.contains("<strong>bob</strong>") && order.contains("SHA256:"))
        #expect(order.contains("countersign implement \(waiting)"))
        #expect(order.contains("<del>www.shop.example.com</del>") && order.contains("<ins>m.shop.example.com</ins>"))
        #expect(order.contains("&lt;img src=x onerror=document.title=&#39;owned&#39;&gt;"))

        let ended = try await served.get("/work-orders/\(done)").body
        #expect(ended.contains("Completed") && ended.contains("<strong>dave</strong>"))
        #expect(try await served.get("/work-orders/\(failed)").body.contains("Rolled Back"))
        #expect(try await served.get("/requests").body.contains("REQ-"))
        let approvals = try await served.get("/approvals?person=bob").body
        #expect(
            approvals.contains("SHA256:") && approvals.contains(waiting) && !approvals.contains("<strong>dave</strong>")
        )
        let report = try await served.get("/report").body
        #expect(report.contains("2 pushes") && report.contains("50 %") && report.contains("<svg class=\"chart\""))
        #expect(try await served.get("/expiry").body.contains("api-example-com"))
        let drift = try await served.get("/drift").body
        #expect(drift.contains("edge-1-mail") && drift.contains("countersign adopt edge-1-mail"))
        #expect(try await served.get("/devices").body.contains("reached"))
        #expect(try await served.get("/audit?q=legacy").body.contains(failed))
        #expect(try await served.get("/search?find=WIKI").body.contains("wiki-example-com"))
        let few = try await served.get("/connectors?sync=OutOfSync").body
        #expect(few.contains("edge-1-mail") && !few.contains("edge-1-api"))

        // Names from a certificate and from a commit are text, wherever they are shown; so are those that a reader asks for.
        for path in [
            "/certificates/evil-example-com", "/", "/work-orders", "/approvals", "/requests",
            "/search?find=%3Cimg%20src=x%3E",
            "/certificates/%3Cscript%3E", "/work-orders/%22onload=x",
            "/connectors?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
        ] {
            let page = try await served.get(path).body
            #expect(!page.contains("<img") && !page.contains("<script>") && !page.contains("<b>now"), "\(path)")
        }
        #expect(try await served.get("/certificates/evil-example-com").body.contains("&lt;img src=x"))
        _ = try await served.running.stop()
    }

    @Test("follow what is done: the next pass is shown without a restart, and the metrics count it")
    func followed() async throws {
        let (arena, renewed, digest) = try await Arena.signed()
        let served = try await Served(arena)
        let id = HandmadeRecord.id(of: digest)
        #expect(try await arena.served() == renewed.leaf)
        #expect(try await served.get("/work-orders/\(id)").body.contains("Completed"))
        let metrics = try await served.get("/metrics")
        #expect(metrics.headers["content-type"]?.hasPrefix("application/openmetrics-text; version=1.0.0") == true)
        #expect(metrics.body.hasSuffix("# EOF\n"))
        for line in [
            "countersign_pushes_total{outcome=\"Completed\"} 1.0", "countersign_ready 1.0", "countersign_live 1.0",
            "countersign_connectors{sync=\"InSync\"} 1.0", "countersign_passes_total{result=\"ok\"} 1.0",
            "countersign_certificates_ending{days=\"90\"} 1.0", "countersign_work_orders{state=\"Requested\"} 0.0",
            "countersign_phase_duration_seconds_count{phase=\"observe\"} 1.0",
        ] { #expect(metrics.body.split(separator: "\n").contains(Substring(line)), "\(line)") }
        #expect(metrics.body.contains("countersign_certificate_days_left{certificate=\"\(Arena.certificate)\"} 46."))
        try await scraped(arena, served, "countersign_pushes_total{outcome=\"Completed\"}", is: "1")
        #expect(try await served.get("/health/ready").status == 200)

        // The git server goes: the pages stay, and say so; readiness falls, the service lives.
        let stamp = try await served.get("/live").body
        try FileManager.default.moveItem(atPath: arena.origin, toPath: arena.origin + ".away")
        try await served.running.wake()
        try await eventually(within: .seconds(90), "that it is not ready") {
            try await served.get("/health/ready").status == 503
        }
        #expect(try await served.get("/health/ready").body.contains("Git"))
        #expect(try await served.get("/health/live").status == 200)
        #expect(try await served.get("/live").body != stamp)
        #expect(try await served.get("/").body.contains("This service is not well"))
        #expect(try await served.get("/work-orders/\(id)").body.contains("Completed"))
        #expect(try await served.get("/metrics").body.contains("countersign_problems_total{kind=\"git\"} 1.0"))
        try FileManager.default.moveItem(atPath: arena.origin + ".away", toPath: arena.origin)
        try await served.running.wake()
        try await eventually(within: .seconds(90), "that it is ready again") {
            try await served.get("/health/ready").status == 200
        }
        let (_, events) = try await served.running.stop()
        let ids = events.compactMap { $0["passID"]?.string }
        #expect(ids.count >= 3 && Set(ids).count == ids.count && ids.allSatisfy { $0.hasPrefix("PASS-") })
    }

    /// A real Prometheus scrapes it, with the format that it asks for, and is asked what it has understood.
    private func scraped(_ arena: Arena, _ served: Served, _ query: String, is value: String) async throws {
        let host = served.url.split(separator: "/").last ?? ""
        try arena.folder.write(
            """
            scrape_configs:
              - {job_name: countersign, scrape_interval: 1s, static_configs: [{targets: ["\(host)"]}]}

            """, to: "prometheus/prometheus.yml")
        let port = try freePort()
        let arguments = [
            "prometheus", "--config.file=\(arena.folder.file("prometheus/prometheus.yml"))",
            "--storage.tsdb.path=\(arena.folder.file("prometheus/data"))", "--web.listen-address=127.0.0.1:\(port)",
        ]
        let prometheus = Task { try await outcome(of: arguments, deadline: .seconds(300)) }
        defer { prometheus.cancel() }
        try await eventually(within: .seconds(120), "that Prometheus has understood it") {
            let answer = try await outcome(of: [
                "curl", "-sS", "-G", "--data-urlencode", "query=\(query)", "http://127.0.0.1:\(port)/api/v1/query",
            ])
            return answer.outputText.contains("\"\(value)\"]") && answer.outputText.contains("countersign")
        }
    }
}
