// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Processes
import TestKit
import Testing
import Vocabulary

@Suite("examples/monitoring") struct MonitoringTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    private static func file(_ name: String) -> String { root.appending(path: "examples/monitoring/\(name)").path }

    @Test("alerts where something is wrong, and stays quiet where nothing is")
    func rules() async throws {
        for arguments in [
            ["check", "rules", "rules.yml"], ["test", "rules", "rules-test.yml"],
            ["check", "config", "prometheus.yml"],
        ] {
            let result = try await outcome(of: ["promtool"] + arguments, in: Self.file(""), deadline: .seconds(180))
            #expect(result.succeeded, "\(arguments): \(result.outputText)\(result.errorText)")
        }
        let text = try String(contentsOfFile: Self.file("rules.yml"), encoding: .utf8)
        let cases = try String(contentsOfFile: Self.file("rules-test.yml"), encoding: .utf8)
        let alerts = text.matches(of: /alert: ([A-Za-z0-9]+)/).map(\.output.1)
        #expect(alerts.count >= 15)
        for alert in alerts {
            let tried = cases.split(separator: "alertname: \(alert)\n").dropFirst()
            #expect(tried.contains { $0.hasPrefix("        exp_alerts: []") }, "\(alert) is never quiet")
            #expect(tried.contains { $0.hasPrefix("        exp_alerts:\n") }, "\(alert) never fires")
        }
    }

    @Test("asks for no metric that there is not", arguments: ["rules.yml", "rules-test.yml", "grafana-dashboard.json"])
    func known(name: String) async throws {
        let page = try await BuiltBinary.run("reference", "metrics").output
        let known = Set(page.matches(of: /`(countersign_[a-z_]+)`/).map { String($0.output.1) })
        #expect(known.count >= 20)
        let text = try String(contentsOfFile: Self.file(name), encoding: .utf8)
        let asked = Set(text.matches(of: /countersign_[a-z_]+/).map { String($0.output) })
        #expect(asked.count >= 8)
        for metric in asked {
            let base = metric.replacing(/_(bucket|count|sum)$/, with: "")
            #expect(known.contains(metric) || known.contains(base), "\(metric)")
        }
        if name.hasSuffix(".json") {
            let dashboard = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
            #expect((dashboard["panels"] as? [Any])?.count ?? 0 >= 10)
        }
    }
}
