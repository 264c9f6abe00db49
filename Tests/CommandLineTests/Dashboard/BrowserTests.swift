// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Processes
import TestKit
import Testing
import Vocabulary

/// The pages in a real browser: headless Chromium, asked by browser.py over WebDriver.
@Suite("The dashboard in a browser") struct BrowserTests {
    @Test("is whole, readable and quiet at 1280 and 390 pixels, light and dark")
    func looks() async throws {
        let window = try await ShopWindow.made()
        let served = try await Served(window.arena)
        let id = HandmadeRecord.id(of: window.waiting)
        let pages = [
            "overview=/", "topology=/certificates/\(Arena.certificate)", "report=/report?days=7",
            "work-order=/work-orders/\(id)",
            "certificates=/certificates", "connectors=/connectors", "work-orders=/work-orders", "requests=/requests",
            "approvals=/approvals", "expiry=/expiry", "drift=/drift", "devices=/devices", "audit=/audit",
            "search=/search?find=shop", "finished=/work-orders/\(HandmadeRecord.id(of: window.rolledBack))",
            "hostile=/certificates/evil-example-com", "missing=/certificates/none",
        ]
        let kept = ProcessInfo.processInfo.environment["COUNTERSIGN_SCREENSHOTS"]
        let folder = kept ?? window.arena.folder.file("pictures")
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "browser.py").path
        let result = try await outcome(
            of: ["python3", script, served.url, folder] + pages, deadline: .seconds(400))
        let report = try JSONValue(parsing: Array(result.outputText.utf8))
        #expect(result.succeeded, "\(result.errorText)")
        let looks = report["looks"]?.array ?? []
        #expect(looks.count == pages.count * 4)
        for look in looks {
            let what =
                "\(look["page"]?.string ?? "") at \(look["width"]?.integer ?? 0), \(look["scheme"]?.string ?? "")"
            #expect(look["violations"] == [], "\(what)")
            #expect(look["console"] == [], "\(what)")
            #expect(look["owned"] == false, "\(what): a name became more than text")
        }
        // Pages follow what happens without being asked again.
        #expect(report["followed"] == true)
        _ = try await served.running.stop()
    }
}
